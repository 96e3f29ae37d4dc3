"""What the Pairs screen says of pairs: rows, titles, details, counts, the funnel."""

from __future__ import annotations

from dataclasses import replace

from textual.content import Content

from core.pairs.imports import CheckReport
from core.pairs.queue import Funnel, PairSide, PairView
from core.store.decisions import Choice, Decision
from core.store.pair_pages import EVERY_PAIR, PairItem, PairSort
from core.text import clean, one_line
from tui.screens.outcomes import mark_of, style_of
from tui.screens.pair_filter import Wish
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

COLUMNS = (
    Column("decision", 11),
    Column("task", 0),
    Column("kind", 8),
    Column("changed", 7, is_right=True),
    Column("calls", 5, is_right=True),
    Column("rejected", 10, from_width=64),
    Column("marks", 12, from_width=100),
    Column("margin", 6, is_right=True, from_width=110),
    Column("pair", 8, from_width=120),
)
FUNNEL_COLUMNS = (Column("", 9, is_right=True), Column("", 0))
NO_PAIRS = "No pairs yet: b builds them from a run, I reads a file; 3 shows the runs."
NO_MATCH = "No pair fits: c shows all, / changes the filter, o what is shown."

_STYLES = {
    Choice.KEEP: "$state-passed",
    Choice.DROP: "$state-failed",
    Choice.FLAG: "$state-stopped",
    Choice.UNDECIDED: "$secondary",
}
_LONGEST = 200


def row_of(item: PairItem, glyphs: Glyphs) -> Row:
    """A pair as a line of the queue."""
    calls = f"{item.chosen_iterations}/{item.rejected_iterations}"
    outcome = item.rejected_outcome
    marks = " ".join(["swapped"] * item.is_swapped + ["note"] * item.has_note)
    cells = (
        (f"{sign_of(item.decision, glyphs)} {item.decision}", _STYLES[item.decision]),
        one_line(clean(item.task_id), _LONGEST),
        item.kind,
        f"{100 * item.changed_share:.1f} %",
        calls,
        (f"{mark_of(outcome, glyphs).sign} {outcome}", style_of(outcome)) if outcome else "",
        marks,
        "" if item.margin is None else f"{100 * item.margin:+.0f} %",
        item.pair_id[:8],
    )
    return Row(item.pair_id, cells, item)


def decided(item: PairItem, state: Decision) -> PairItem:
    """The item with another decision; only an exchange of sides changes its other figures."""
    return replace(item, decision=state.choice, has_note=bool(state.note))


def sign_of(choice: Choice, glyphs: Glyphs) -> str:
    """One cell."""
    signs = {Choice.KEEP: glyphs.done, Choice.DROP: glyphs.failed, Choice.FLAG: "!"}
    return signs.get(choice, glyphs.idle)


def summary(view: PairView, glyphs: Glyphs) -> Content:
    """The pair in one line."""
    state = view.decision
    word = f"{sign_of(state.choice, glyphs)} {state.choice}{', swapped' * state.is_swapped}"
    note = f"   note: {one_line(clean(state.note), _LONGEST)}" if state.note else ""
    task = one_line(clean(view.task_id), _LONGEST)
    return Content.assemble(
        (f" {word}", f"bold {_STYLES[state.choice]}"),
        (f"   {task}", "$foreground"),
        (f"   {view.kind}, {100 * view.changed_share:.1f} % changed{note}", "$secondary"),
    )


def titles(view: PairView, glyphs: Glyphs) -> tuple[str, str]:
    """What stands above the two programs."""
    return title("chosen", view.chosen, glyphs), title("rejected", view.rejected, glyphs)


def texts(view: PairView) -> tuple[str, str]:
    """The programs after each edit; the bare answers where the program is not known."""
    chosen, rejected = view.chosen, view.rejected
    if chosen.program is None or rejected.program is None:
        return clean(chosen.answer), clean(rejected.answer)
    return clean(chosen.program), clean(rejected.program)


def is_python(view: PairView) -> bool:
    """Whether what is compared are programs in Python."""
    programs = (view.chosen.program, view.rejected.program)
    return view.path.endswith(".py") and None not in programs


def details(view: PairView, glyphs: Glyphs) -> Content:
    """Failing tests, where both sides come from, and everything that was decided."""
    parts: list[Content | tuple[str, str]] = []
    for name, side in (("rejected", view.rejected), ("chosen", view.chosen)):
        parts.append((f"{title(name, side, glyphs)}\n", f"bold {style_of(side.outcome)}"))
        parts.append((f"{_origin(side)}\n", "$secondary"))
        parts.append((f"{clean(side.failures).strip() or 'no failing test output'}\n\n", ""))
    family = f"family {one_line(clean(view.family), _LONGEST)}   " if view.family else ""
    parts.append((f"{family}state {view.state[:12]}   pair {view.pair_id}\n", "$secondary"))
    if view.decision.note:
        parts.append((f"note: {clean(view.decision.note)}\n", ""))
    for change in view.history:
        when = f"{change.decided_at:%Y-%m-%d %H:%M}"
        parts.append((f"{when} {change.action}: {state(change.after)}\n", "$secondary"))
    return Content.assemble(*parts)


def bar(funnel: Funnel, wish: Wish, n_shown: int, build: str) -> Content:
    """What is shown of the build, named when it is not the newest, and how far it is decided."""
    counts = funnel.decisions
    shown = [wish.words] if wish.words else []
    shown += [f"only {wish.only}"] if wish.only else []
    shown += [wish.sort.value] if wish.sort is not PairSort.TASK else []
    n_decided = counts.n_kept + counts.n_dropped
    text = (
        f" {n_decided:,} of {funnel.n_pairs:,} decided: {counts.n_kept:,} kept, "
        f"{counts.n_dropped:,} dropped, {counts.n_flagged:,} flagged, "
        f"{counts.n_undecided:,} undecided"
    )
    is_part = wish.filter != EVERY_PAIR
    return Content.assemble(
        (f" {clean(build)}  " if build else "", "$secondary"),
        (f" {n_shown:,} of {funnel.n_pairs:,} pairs" if is_part else "", "$foreground"),
        (f" ({', '.join(shown)})" if shown else "", "$accent"),
        ("; c shows all  " if is_part else " " * bool(shown), "$accent"),
        (text, "$foreground"),
        ("" if counts.n_undecided else "; x exports them", "$accent"),
    )


def funnel_rows(funnel: Funnel) -> list[Row]:
    """From candidates to a dataset, with every reason for a loss; the ids say what opens."""
    counts = funnel.decisions
    bold, quiet = "bold $foreground", "$secondary"
    lines = [
        ("candidates", funnel.n_candidates, "candidates", bold),
        *(
            (f"reason:{reason}", -n, clean(reason).replace("_", " "), quiet)
            for reason, n in funnel.dropped.items()
        ),
        ("pairs", funnel.n_pairs, f"pairs of {funnel.n_pair_tasks:,} tasks", bold),
        ("choice:drop", -counts.n_dropped, "dropped by a person", quiet),
        ("choice:flag", -counts.n_flagged, "flagged: they wait for a decision", quiet),
        ("dataset", funnel.n_dataset, f"for a dataset, of {funnel.n_dataset_tasks:,} tasks", bold),
        ("choice:keep", counts.n_kept, "of them kept by a person", quiet),
        ("choice:undecided", counts.n_undecided, "of them undecided", quiet),
    ]
    return [Row(name, ((f"{n:,}", style), (text, style))) for name, n, text, style in lines]


def file_report(report: CheckReport) -> str:
    """What a file holds, in one sentence without its stop."""
    form = f" in {report.format}'s form" if report.format else ""
    name = one_line(clean(report.path.rsplit("/", 1)[-1]), 40)
    unnamed = f", {report.n_unnamed:,} without a task" if report.n_unnamed else ""
    return f"{name}: {report.n_pairs:,} pairs{form} on {report.n_prompts:,} prompts{unnamed}"


def title(name: str, side: PairSide, glyphs: Glyphs) -> str:
    """How a side ended, in a few words."""
    if not side.outcome:
        return name
    reason = f" ({one_line(clean(side.reason), 40)})" if side.reason else ""
    sign = mark_of(side.outcome, glyphs).sign
    return f"{name} {sign} {side.outcome}{reason}, {side.n_passed} of {side.n_tests} tests"


def _origin(side: PairSide) -> str:
    if not side.rollout_id:
        return "made by no rollout"
    where = f"rollout {side.rollout_id}, iteration {side.iteration}"
    return clean(f"{where}, {side.policy}" if side.policy else f"{where}, no longer stored")


def state(decision: Decision) -> str:
    """A decision in words."""
    note = f" ({one_line(clean(decision.note), _LONGEST)})" if decision.note else ""
    return f"{decision.choice}{', swapped' * decision.is_swapped}{note}"
