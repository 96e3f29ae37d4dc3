"""The demo: every stage in turn on the built-ins, owned by the engine and not by who asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.agent.limits import Limits
from core.doors.evaluation import EvaluationDoor
from core.doors.pairs import PairsDoor
from core.doors.rollouts import RolloutsDoor
from core.doors.splits import SplitsDoor
from core.doors.suites import SuitesDoor
from core.doors.training import TrainingDoor
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.operation import operation
from core.pairs.operations import BuildReport
from core.rollouts.operations import RunOptions, RunReport
from core.splits.operations import SplitReport
from core.suites.operations import BUILTIN_SUITE, CheckReport
from core.training.operations import TrainOptions, TrainReport

_RATIOS = (0.6, 0.1, 0.3)
_HELDOUT = "quixbugs"


@dataclass(frozen=True, slots=True)
class DemoScale:
    """How much of everything a demo does."""

    n_per_program: int = 5
    n_train_tasks: int = 72
    n_train_seeds: int = 4
    n_test_tasks: int = 60
    n_test_seeds: int = 2
    budgets: tuple[int, int] = (5, 20)
    """Iterations; a rollout ends after the greater."""


QUICK = DemoScale(n_per_program=2, n_train_tasks=48, n_test_tasks=48, budgets=(3, 8))
"""Done in a third of the time, with wider intervals."""


@dataclass(frozen=True, slots=True)
class DemoStages:
    """What each stage of a demo reported."""

    check: CheckReport
    heldout_check: CheckReport | None
    split: SplitReport
    run: RunReport
    build: BuildReport
    job: TrainReport
    evaluation: EvaluationReport


class DemoDoor(SuitesDoor, SplitsDoor, RolloutsDoor, PairsDoor, TrainingDoor, EvaluationDoor):
    """The stages as one operation."""

    @operation(is_long=True)
    async def demo(
        self,
        seed: int = 1,
        scale: DemoScale = DemoScale(),
        *,
        sabotage: bool = False,
        quixbugs: Path | None = None,
    ) -> DemoStages:
        """Run the whole loop; `sabotage` exchanges chosen and rejected, to see the verdict notice.

        Tasks of the checkout `quixbugs`, if one is given, are held out.
        """
        with self.context.live.claim("The demo"):
            check, heldout_check = await self._make_suites(seed, scale, quixbugs)
            split = await self.make_split((BUILTIN_SUITE,), _RATIOS, seed)
            run = await self.run_rollouts(_run_options(seed, scale), split.split_id)
            build = await self.build_pairs(run.run_id)
            job = await self.train(build.build_id, TrainOptions(is_exchanged=sabotage))
            heldout = "" if heldout_check is None else _HELDOUT
            options = _evaluation_options(seed, scale)
            judged = await self.evaluate(job.policy, options, split.split_id, heldout)
            return DemoStages(check, heldout_check, split, run, build, job, judged)

    async def _make_suites(
        self, seed: int, scale: DemoScale, quixbugs: Path | None
    ) -> tuple[CheckReport, CheckReport | None]:
        if quixbugs is not None:
            await self.import_suite("quixbugs", quixbugs)
        await self.forge(seed, scale.n_per_program)
        check = await self.check(BUILTIN_SUITE)
        return check, None if quixbugs is None else await self.check(_HELDOUT)


def _run_options(seed: int, scale: DemoScale) -> RunOptions:
    return RunOptions(
        n_seeds=scale.n_train_seeds,
        first_seed=1000 * seed,
        n_tasks=scale.n_train_tasks,
        limits=Limits(n_iterations=scale.budgets[1]),
    )


def _evaluation_options(seed: int, scale: DemoScale) -> EvaluationOptions:
    return EvaluationOptions(
        n_seeds=scale.n_test_seeds,
        first_seed=1000 * seed + 500,
        n_tasks=scale.n_test_tasks,
        budgets=scale.budgets,
    )
