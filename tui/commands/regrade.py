"""`gemel rollouts regrade`: the tests of stored patches, once more."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from core.engine import Engine
from core.rollouts.regrade import RegradeReport
from core.text import plural
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, say_next, table


def regrade(
    run_id: str = "latest",
    /,
    *,
    anew: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """Run the tests of a run's stored patches again, without any call to a model.

    Where the verdict is another one it takes the place of the old, which is kept beside it.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    anew
        Begin again, also when an earlier pass was cut off.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.regrade_run(run_id, anew=anew)
        return Answer(report, lambda out: _show(out, report))

    return run(common, work, hint="`gemel rollouts regrade` goes on where it stood.")


def _show(out: Console, report: RegradeReport) -> None:
    say(
        out,
        f"{report.run_id}: {report.n_graded:,} of {plural(report.n_rollouts, 'rollout')} graded "
        f"again, {len(report.changes):,} changed",
    )
    for why, n in report.skipped.items():
        say(out, f"  {n:,} not graded: {why}")
    rows = [
        (c.rollout_id, c.task_id, c.seed, c.old_outcome, c.outcome, f"{c.n_passed} of {c.n_tests}")
        for c in report.changes
    ]
    if rows:
        table(out, ("rollout", "task", "seed", "was", "is", "tests pass"), rows, empty="")
    if report.builds:
        say(out, f"  pairs of {', '.join(report.builds)} rest on the old verdicts")
        say_next(out, f"pairs build {report.run_id}")
