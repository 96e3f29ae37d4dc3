"""Does the step that Plan names, by the operations that its command would use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UsageError
from tui.screens.stages import Step

if TYPE_CHECKING:  # importing it for real loads the database
    from core.engine import Engine


async def perform(step: Step, engine: Engine, directory: Path) -> str:
    """Do a step with the defaults of its command; returns what to say of it.

    Files go to `directory`.
    """
    match step.words:
        case ("demo",):
            return await _demo(engine)
        case ("suite", "forge"):
            await engine.forge()
        case ("suite", "check", suite, *rest):
            await engine.check(suite, again="--again" in rest)
        case ("split", "make", suite):
            await engine.make_split((suite,))
        case ("rollouts", "run"):
            from core.rollouts.operations import RunOptions

            await engine.run_rollouts(RunOptions())
        case ("rollouts", "resume", run_id):
            await engine.resume_run(run_id)
        case ("pairs", "build"):
            await engine.build_pairs()
        case ("pairs", "export", name):
            from core.pairs.formats import PairFormat

            path = directory / name
            await engine.export_pairs("latest", path, PairFormat.TOGETHER)
            return f"wrote {path}"
        case ("train", "start"):
            await engine.train()
        case ("eval", "run", policy):
            await engine.evaluate(policy)
        case _:
            raise UsageError(f"gemel {' '.join(step.words)} is for a shell; y copies it.")
    return f"gemel {' '.join(step.words)}: done"


async def _demo(engine: Engine) -> str:
    stages = await engine.demo()
    verdict = stages.evaluation.judgement.verdict.value
    return f"the demo is done: {verdict}; the screens 2 to 6 show how"
