"""`gemel rollouts find`: the finished rollouts of a run that fit, one a line."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.agent.limits import Outcome
from core.engine import Engine
from core.money import usd
from core.store.rollout_pages import RolloutFilter, RolloutPage, RolloutSort
from core.text import one_line, plural
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, table

_LONGEST = 60


def hang_on(rollouts: App) -> None:
    """Make it a command of `gemel rollouts`."""
    rollouts.command(find)


def find(
    run_id: str = "latest",
    /,
    *,
    task: str = "",
    outcome: Annotated[tuple[Outcome, ...], Parameter(negative="")] = (),
    why: str = "",
    sort: RolloutSort = RolloutSort.TASK,
    limit: int = 50,
    offset: int = 0,
    common: Common = Common(),
) -> int:
    """List finished rollouts of a run, by task, outcome or why they ended so.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    task
        A part of the task's id.
    outcome
        One of these; repeat it for more.
    why
        A part of the reason: the limit that was hit, or what infrastructure said.
    sort
        The order.
    limit
        At most so many.
    offset
        Leave out so many at first.
    """
    wanted = RolloutFilter(task, tuple(each.value for each in outcome), why)

    async def work(engine: Engine) -> Answer:
        page = await engine.rollouts_page(run_id, wanted, sort, offset, limit)
        return Answer(page, lambda out: _show(out, page))

    return run(common, work)


def _show(out: Console, page: RolloutPage) -> None:
    heads = ("rollout", "task", "seed", "outcome", "calls", "tokens", "cost", "why")
    rows = [
        (
            item.rollout_id, item.task_id, item.seed, item.outcome, item.n_iterations,
            item.n_tokens, usd(item.cost_microusd), one_line(item.reason, _LONGEST),
        )
        for item in page.rows
    ]  # fmt: skip
    table(out, heads, rows, empty="No finished rollout fits.")
    if len(page.rows) < page.n_total:
        say(out, f"{len(page.rows):,} of {plural(page.n_total, 'rollout')}; --limit shows more")
