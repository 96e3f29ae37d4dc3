"""`gemel eval`: base against tuned, with an interval and a verdict."""

from __future__ import annotations

from cyclopts import App

from core.engine import Engine
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.evaluation.verdict import Verdict
from tui.commands.host import Answer, Common, run
from tui.commands.show import evaluation, table

evaluate = App(name="eval", help="Evaluations: run, list, show.")

EXIT_CODES = {Verdict.KEEP: 0, Verdict.ROLLBACK: 4, Verdict.INCONCLUSIVE: 5}


@evaluate.command(name="run")
def run_evaluation(
    tuned: str,
    /,
    *,
    base: str = "builtin",
    split: str = "latest",
    heldout: str = "",
    seeds: int = 4,
    first_seed: int = 0,
    tasks: int | None = None,
    budgets: tuple[int, ...] = (5, 20),
    common: Common = Common(),
) -> int:
    """Compare a tuned policy with its base on the test side of a split.

    Exit code 0: keep the tuned policy. 4: roll back. 5: inconclusive.

    Parameters
    ----------
    tuned
        The policy, `builtin:ARTIFACT`.
    base
        What it is compared with.
    split
        Id of the split or its beginning.
    heldout
        A second suite that nobody trains on.
    seeds
        Runs per task and arm.
    first_seed
        The first of them.
    tasks
        Only so many tasks of the test side, families in turn [default: all].
    budgets
        Iterations at which success is counted; the largest decides.
    """
    options = EvaluationOptions(
        n_seeds=seeds, first_seed=first_seed, n_tasks=tasks, budgets=budgets
    )

    async def work(engine: Engine) -> Answer:
        report = await engine.evaluate(tuned, options, split, heldout, base)
        return _answer(report)

    hint = "`gemel rollouts list` names the run, `gemel rollouts resume RUN` finishes it."
    return run(common, work, hint=hint)


@evaluate.command(name="list")
def list_evaluations(*, common: Common = Common()) -> int:
    """List evaluations with their verdicts, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_evaluations()
        heads = ("evaluation", "run", "verdict")
        cells = [(row.evaluation_id, row.run_id, row.verdict or "unfinished") for row in rows]
        empty = "No evaluation yet: `gemel eval run` starts one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@evaluate.command
def show(evaluation_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Show a finished evaluation; exits with its verdict's code.

    Parameters
    ----------
    evaluation_id
        The evaluation, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        return _answer(await engine.show_evaluation(evaluation_id))

    return run(common, work)


def _answer(report: EvaluationReport) -> Answer:
    code = EXIT_CODES[report.judgement.verdict]
    return Answer(report, lambda out: evaluation(out, report), code)
