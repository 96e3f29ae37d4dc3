"""`gemel suite show`: tasks one by one."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.selection import Selection
from core.store.task_pages import TaskPage, TaskStatus
from core.store.task_tree import Folds, TreeLine, TreePage
from core.suites.browse import TaskView
from core.task import Case
from tui.commands.host import Answer, Common, run
from tui.commands.pick import Pick
from tui.commands.show import say, say_next, table
from tui.proof import claims

_ALL = 1 << 30


def hang_on(suite: App) -> None:
    """Add the command to the group of suites."""
    suite.command(show)


def show(
    name: str,
    /,
    *,
    text: str = "",
    offset: int = 0,
    limit: Annotated[int, Parameter(alias="-n")] = 50,
    families: Annotated[bool, Parameter(negative="")] = False,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Show the tasks of a suite, or one task as an agent will see it.

    Parameters
    ----------
    name
        A suite, or a task as `suite/task`.
    text
        Only tasks with this in their id, state, reason, family or side.
    offset
        Skip so many tasks.
    limit
        Show at most so many.
    families
        One line for each family of several tasks, instead of its tasks.
    """

    async def work(engine: Engine) -> Answer:
        if "/" in name:
            view = await engine.task_view(name)
            return Answer(view, lambda out: _show_task(out, view))
        if families:
            tree = await engine.suite_tree(name, offset, limit, text, Folds(all_closed=True))
            return Answer(tree, lambda out: _show_tree(out, tree, offset))
        if pick.selection == Selection():
            page = await engine.suite_tasks(name, offset, limit, text)
        else:
            page = await _picked(engine, name, pick.selection, text)
            page = TaskPage(page.rows[offset : offset + limit], page.n_total)
        return Answer(page, lambda out: _show_page(out, page, offset))

    return run(common, work)


async def _picked(engine: Engine, suite: str, selection: Selection, text: str) -> TaskPage:
    """The chosen tasks among those with a text."""
    chosen = set(await engine.pick_tasks(suite, selection))
    everything = await engine.suite_tasks(suite, 0, _ALL, text)
    rows = tuple(row for row in everything.rows if row.task_id in chosen)
    return TaskPage(rows, len(rows))


def _show_page(out: Console, page: TaskPage, offset: int) -> None:
    heads = ("task", "state", "side", "family", "reason")
    cells = [(r.task_id, r.status.value, r.side, r.family, r.reason) for r in page.rows]
    table(out, heads, cells, empty=f"No task here; {page.n_total} fit the filter.")
    if page.rows:
        say(out, f"{offset + 1} to {offset + len(page.rows)} of {page.n_total}")
        say_next(out, f"suite show {page.rows[0].task_id}")


def _show_tree(out: Console, page: TreePage, offset: int) -> None:
    heads = ("family or task", "tasks", "admitted", "quarantined", "unsteady", "passed", "side")
    cells = [_tree_cells(found) for found in page.lines]
    table(out, heads, cells, empty=f"No family here; {page.n_tasks} tasks fit the filter.")
    if page.lines:
        last = offset + len(page.lines)
        say(out, f"{offset + 1} to {last} of {page.n_total}, {page.n_tasks} tasks in all")


def _tree_cells(found: TreeLine) -> tuple[object, ...]:
    if (family := found.family) is not None:
        counts = (family.n_tasks, family.n_admitted, family.n_quarantined, family.n_unsteady)
        return (family.family, *counts, _rate(family.n_passed, family.n_rollouts), family.side)
    assert found.task is not None
    task = found.task
    is_bad = task.status is TaskStatus.QUARANTINED
    counts = (1, int(task.status is TaskStatus.ADMITTED), int(is_bad), int(task.is_unsteady))
    return (task.task_id, *counts, _rate(task.n_passed, task.n_rollouts), task.side)


def _rate(n_passed: int, n_rollouts: int) -> str:
    return f"{n_passed}/{n_rollouts}" if n_rollouts else ""


def _show_task(out: Console, view: TaskView) -> None:
    item = view.item
    place = f"{item.side} side, family {item.family}" if item.family else item.side or "no side"
    say(out, f"{item.task_id}: {item.status.value}, {place}")
    if item.reason:
        say(out, f"  {item.reason}")
    limit = f"{view.cpu_limit_s:.2g} CPU s a run" if view.cpu_limit_s else ""
    about = (view.path, view.origin, f"judged by {view.oracle}", view.licence, limit)
    say(out, f"  {'; '.join(part for part in about if part)}")
    for message in view.messages:
        say(out, f"\n=== {message.role.value}, as the agent sees it\n{message.content}")
    if not view.messages:
        say(out, f"What the agent will see is known after `gemel suite check {item.suite}`.")
    say(out, f"\n=== shown cases\n{_cases(view.shown)}")
    proof = "\n".join(claim.text for claim in claims(view))
    say(out, f"\n=== what the agent will not see\n{proof}")


def _cases(cases: tuple[Case, ...]) -> str:
    return "\n".join(f"{case.args} -> {case.expected}" for case in cases) or "none"
