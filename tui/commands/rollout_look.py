"""`gemel rollouts find|compare|patch`: looks at rollouts that are finished."""

from __future__ import annotations

from difflib import unified_diff
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.money import usd
from core.outcome import Outcome
from core.rollouts.divergence import Comparison
from core.rollouts.patch import RolloutPatch
from core.rollouts.record import ending_text
from core.store.rollout_pages import RolloutFilter, RolloutPage, RolloutSort
from core.text import one_line, plural
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, table

_LONGEST = 60


def hang_on(rollouts: App) -> None:
    """Make them commands of `gemel rollouts`."""
    rollouts.command(find)
    rollouts.command(compare)
    rollouts.command(patch)


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


def compare(one: str, other: str, /, *, common: Common = Common()) -> int:
    """Say where two rollouts of one task part: their first step that is another.

    Parameters
    ----------
    one
        Id of a finished rollout or its beginning.
    other
        That of another rollout of the same task.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.compare_rollouts(one, other)
        return Answer(found, lambda out: _show_comparison(out, found))

    return run(common, work)


def patch(rollout_id: str, /, *, common: Common = Common()) -> int:
    """Print what a rollout changed in the end, as a unified diff.

    Parameters
    ----------
    rollout_id
        Its id or the beginning of it.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.show_patch(rollout_id)
        return Answer(found, lambda out: _show_patch(out, found))

    return run(common, work)


def _show_comparison(out: Console, found: Comparison) -> None:
    parts = found.divergence
    say(out, f"{found.one.rollout.task_id}: {plural(parts.n_same, 'first step')} alike")
    if parts.is_same:
        say(out, "both rollouts are the same, step by step")
        return
    state = " on the same state" if parts.has_same_state else ""
    say(out, f"they part at step {parts.n_same + 1}{state}")
    for trace in (found.one, found.other):
        say(out, f"\n--- {trace.rollout.rollout_id}, seed {trace.rollout.seed} ---")
        if parts.n_same < len(trace.calls):
            call = trace.calls[parts.n_same]
            say(out, call.reply or call.tool_calls or call.outcome)
        else:
            say(out, f"ended before: {ending_text(trace)}")


def _show_patch(out: Console, found: RolloutPatch) -> None:
    if found.problem:
        say(out, found.problem)
    for file in found.files:
        lines = unified_diff(
            file.before.splitlines(), file.after.splitlines(), file.path, file.path, lineterm=""
        )
        say(out, "\n".join(lines))


def _show(out: Console, page: RolloutPage) -> None:
    heads = ("rollout", "task", "seed", "outcome", "iterations", "tokens", "cost", "why")
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
