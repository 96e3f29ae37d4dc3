"""`gemel pairs queue|show|decide|undo|redo|funnel|dropped`: a person's verdict on pairs."""

from __future__ import annotations

import difflib
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.pairs.decisions import Action, Change
from core.pairs.queue import Funnel, PairSide, PairView
from core.store.decisions import Choice, Decision
from core.store.dropped import DroppedPage
from core.store.pair_pages import PairFilter, PairPage, PairSort
from core.text import one_line
from tui.commands.host import Answer, Common, run
from tui.commands.show import counts, decisions, percent, say, say_next, table

_ID_CHARS = 8
"""Enough of an id to name a pair, so that a row fits 80 columns."""
_NOTE_CHARS = 200


def hang_on(pairs: App) -> None:
    """Add the commands of curation to the group of pairs."""
    for command in (queue, show, decide, undo, redo, funnel, dropped):
        pairs.command(command)


def queue(
    *,
    build: str = "latest",
    task: str = "",
    family: str = "",
    kind: str = "",
    decision: tuple[Choice, ...] = (),
    swapped: bool | None = None,
    note: bool | None = None,
    text: str = "",
    sort: PairSort = PairSort.TASK,
    offset: int = 0,
    limit: Annotated[int, Parameter(alias="-n")] = 50,
    common: Common = Common(),
) -> int:
    """List the pairs of a build, with what was decided on each.

    Parameters
    ----------
    build
        Id of the build or its beginning.
    task
        Only tasks whose id has this in it.
    family
        Only this family.
    kind
        patch, fork, graded or imported.
    decision
        Only pairs with this decision; give it again for another one.
    swapped
        Only pairs that are exchanged, or with --no-swapped the others.
    note
        Only pairs with a note, or with --no-note the others.
    text
        Only pairs with this text in an answer.
    sort
        Order of the list.
    offset
        Skip so many pairs.
    limit
        Show at most so many, 1000 at the most.
    """
    wanted = PairFilter(task, family, kind, decision, swapped, text, note)

    async def work(engine: Engine) -> Answer:
        page = await engine.pairs_page(build, wanted, sort, offset, limit)
        return Answer(page, lambda out: _show_page(out, page, offset))

    return run(common, work)


def show(pair: str, /, *, build: str = "latest", common: Common = Common()) -> int:
    """Show one pair: both edits as diffs, how the tests went, what was decided.

    Parameters
    ----------
    pair
        Id of the pair or its beginning.
    build
        Id of the build or its beginning.
    """

    async def work(engine: Engine) -> Answer:
        view = await engine.show_pair(pair, build)
        return Answer(view, lambda out: _show_pair(out, view))

    return run(common, work)


def decide(
    pair: str, action: Action, /, *, note: str | None = None, common: Common = Common()
) -> int:
    """Decide on a pair; it holds in every build that has the pair, and can be undone.

    Parameters
    ----------
    pair
        Id of the pair or its beginning.
    action
        keep, drop, flag, unflag, swap, note or clear.
    note
        A note to go with it; an empty one removes the note.
    """

    async def work(engine: Engine) -> Answer:
        change = await engine.decide(pair, action, note)
        return Answer(change, lambda out: _show_changes(out, [change], ""))

    return run(common, work)


def undo(n: int = 1, /, *, common: Common = Common()) -> int:
    """Take back the newest decisions, whenever they were made.

    Parameters
    ----------
    n
        How many.
    """

    async def work(engine: Engine) -> Answer:
        changes = await engine.undo(n)
        return Answer(changes, lambda out: _show_changes(out, changes, "Nothing to undo."))

    return run(common, work)


def redo(n: int = 1, /, *, common: Common = Common()) -> int:
    """Do again what was undone, until a new decision is made.

    Parameters
    ----------
    n
        How many.
    """

    async def work(engine: Engine) -> Answer:
        changes = await engine.redo(n)
        return Answer(changes, lambda out: _show_changes(out, changes, "Nothing to redo."))

    return run(common, work)


def funnel(build: str = "latest", /, *, common: Common = Common()) -> int:
    """Show how candidates became pairs and pairs a dataset.

    Parameters
    ----------
    build
        Id of the build or its beginning.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.funnel(build)
        return Answer(report, lambda out: _show_funnel(out, report))

    return run(common, work)


def dropped(
    build: str = "latest",
    /,
    *,
    reason: str = "",
    offset: int = 0,
    limit: Annotated[int, Parameter(alias="-n")] = 50,
    common: Common = Common(),
) -> int:
    """List the candidates that became no pair, with their reason.

    Parameters
    ----------
    build
        Id of the build or its beginning.
    reason
        Only those with this reason; `gemel pairs funnel` counts them all.
    offset
        Skip so many.
    limit
        Show at most so many, 1000 at the most.
    """

    async def work(engine: Engine) -> Answer:
        page = await engine.dropped_candidates(build, reason, offset, limit)
        return Answer(page, lambda out: _show_dropped(out, page, offset))

    return run(common, work)


def _show_dropped(out: Console, page: DroppedPage, offset: int) -> None:
    heads = ("reason", "task", "rollout", "outcome", "instead of")
    cells = [
        (row.reason, row.task_id, row.rejected_rollout, row.rejected_outcome, row.chosen_rollout)
        for row in page.rows
    ]
    table(out, heads, cells, empty=f"No candidate here; {page.n_total} were dropped so.")
    if page.rows:
        say(out, f"{offset + 1} to {offset + len(page.rows)} of {page.n_total}")


def _show_page(out: Console, page: PairPage, offset: int) -> None:
    heads = ("pair", "task", "kind", "decision", "changed", "calls", "outcome")
    cells = [
        (
            row.pair_id[:_ID_CHARS],
            row.task_id,
            row.kind,
            _marks(row.decision, is_swapped=row.is_swapped, has_note=row.has_note),
            percent(row.changed_share),
            f"{row.chosen_iterations}/{row.rejected_iterations}",
            row.rejected_outcome,
        )
        for row in page.rows
    ]
    table(out, heads, cells, empty=f"No pair here; {page.n_total} fit the filter.")
    if page.rows:
        say(out, f"{offset + 1} to {offset + len(page.rows)} of {page.n_total}")


def _show_pair(out: Console, view: PairView) -> None:
    say(out, f"{view.pair_id}: {view.task_id}, {view.kind}, family {view.family}")
    say(out, f"  {percent(view.changed_share)} of the tokens differ; {_decided(view.decision)}")
    for name, side in (("chosen", view.chosen), ("rejected", view.rejected)):
        origin = f"rollout {side.rollout_id}, iteration {side.iteration}, {side.policy}"
        say(out, f"\n=== {name}: {side.outcome} {side.reason}".rstrip())
        say(out, f"{side.n_passed} of {side.n_tests} tests pass; {origin.rstrip(', ')}\n")
        say(out, _diff(view, name, side))
        if side.failures:
            say(out, f"\n--- failing tests\n{side.failures}")
    if view.history:
        say(out, "\n=== history")
    for change in view.history:
        say(out, f"{change.decided_at:%Y-%m-%d %H:%M} {change.action}: {_decided(change.after)}")


def _diff(view: PairView, name: str, side: PairSide) -> str:
    """What the side does to the program, or its bare answer when the program is not known."""
    if view.program is None or side.program is None:
        return side.answer
    before, after = view.program.splitlines(), side.program.splitlines()
    paths = (f"{view.path} as it was", f"{view.path} {name}")
    return "\n".join(difflib.unified_diff(before, after, *paths, lineterm=""))


def _show_changes(out: Console, changes: list[Change], empty: str) -> None:
    for change in changes:
        if change.seq is None:
            say(out, f"{change.pair_id}: unchanged, {_decided(change.after)}")
        else:
            verb = change.action
            say(
                out,
                f"{change.pair_id}: {verb}, {_decided(change.before)} -> {_decided(change.after)}",
            )
    if not changes:
        say(out, empty)


def _show_funnel(out: Console, report: Funnel) -> None:
    say(out, f"{report.build_id}: {report.n_candidates} candidates")
    say(out, f"  dropped: {counts(report.dropped)}")
    say(out, f"{report.n_pairs} pairs of {report.n_pair_tasks} tasks")
    say(out, f"  {decisions(report.decisions)}")
    say(out, f"{report.n_dataset} pairs of {report.n_dataset_tasks} tasks for a dataset")
    if report.dropped:
        say(out, "`gemel pairs dropped` lists the candidates with their reasons")
    if report.decisions.n_flagged:
        say_next(out, "pairs queue --decision flag")


def _decided(state: Decision) -> str:
    marks = _marks(state.choice, is_swapped=state.is_swapped, has_note=False)
    return f"{marks} ({one_line(state.note, _NOTE_CHARS)})" if state.note else marks


def _marks(choice: Choice, *, is_swapped: bool, has_note: bool) -> str:
    return choice.value + ", swapped" * is_swapped + ", note" * has_note
