"""What the Pairs screen says of pairs: rows, titles, details, the funnel, and its filters."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from textual.content import Content

from core.errors import UsageError
from core.pairs.queue import Funnel, PairSide, PairView
from core.store.decisions import Choice, Decision
from core.store.pair_pages import EVERY_PAIR, PairFilter, PairItem, PairSort
from core.text import clean, one_line
from tui.screens.outcomes import mark_of, style_of
from tui.widgets.cells import ASCII, Glyphs
from tui.widgets.virtual_list import Column, Row

COLUMNS = (
    Column("decision", 11),
    Column("task", 0),
    Column("kind", 6),
    Column("changed", 7, is_right=True),
    Column("calls", 5, is_right=True),
    Column("rejected", 10, from_width=64),
    Column("marks", 12, from_width=100),
    Column("pair", 8, from_width=120),
)
ORDERS = tuple(PairSort)
CHOICES: tuple[Choice | None, ...] = (None, *Choice)
"""What `only some` goes through; None shows all."""
FILTER_HELP = "words of the task, or family: kind: text: is:flag is:swapped"

_STYLES = {
    Choice.KEEP: "$state-passed",
    Choice.DROP: "$state-failed",
    Choice.FLAG: "$state-stopped",
    Choice.UNDECIDED: "$secondary",
}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """Which pairs are shown, and in what order."""

    words: str = ""
    """The filter as it was typed; `read_filter` understands it."""
    only: Choice | None = None
    """The one decision that is shown, unless the words name another."""
    sort: PairSort = PairSort.TASK

    @property
    def filter(self) -> PairFilter:
        """Both together."""
        return read_filter(self.words, self.only)

    def with_words(self, words: str) -> Wish:
        """Another filter; raises `UsageError` when it cannot be understood."""
        read_filter(words, self.only)
        return replace(self, words=words)


def read_filter(words: str, only: Choice | None) -> PairFilter:
    """The filter that words name; raises `UsageError` with what can be said instead."""
    wanted = PairFilter(decisions=(only,) if only else ())
    free: list[str] = []
    for word in words.split():
        match word.partition(":"):
            case (_, "", _):
                free.append(word)
            case ("task", _, value):
                wanted = replace(wanted, task=value)
            case ("family", _, value):
                wanted = replace(wanted, family=value)
            case ("kind", _, value):
                wanted = replace(wanted, kind=value)
            case ("text", _, value):
                wanted = replace(wanted, text=value)
            case ("is", _, "swapped"):
                wanted = replace(wanted, is_swapped=True)
            case ("is", _, value) if value in tuple(Choice):
                wanted = replace(wanted, decisions=(Choice(value),))
            case _:
                raise UsageError(f"{word} is no filter; there are {FILTER_HELP}")
    if len(free) > 1:
        raise UsageError("one word of the task at a time; text: looks in the answers")
    return replace(wanted, task=free[0]) if free else wanted


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
    return _title("chosen", view.chosen, glyphs), _title("rejected", view.rejected, glyphs)


def texts(view: PairView) -> tuple[str, str]:
    """The programs after each edit; the bare answers where the program is not known."""
    chosen, rejected = view.chosen, view.rejected
    if chosen.program is None or rejected.program is None:
        return clean(chosen.answer), clean(rejected.answer)
    return clean(chosen.program), clean(rejected.program)


def details(view: PairView, glyphs: Glyphs) -> Content:
    """Failing tests, where both sides come from, and everything that was decided."""
    parts: list[Content | tuple[str, str]] = []
    for name, side in (("rejected", view.rejected), ("chosen", view.chosen)):
        parts.append((f"{_title(name, side, glyphs)}\n", f"bold {style_of(side.outcome)}"))
        parts.append((f"{_origin(side)}\n", "$secondary"))
        parts.append((f"{clean(side.failures).strip() or 'no failing test output'}\n\n", ""))
    family = one_line(clean(view.family), _LONGEST)
    parts.append(
        (f"family {family}   state {view.state[:12]}   pair {view.pair_id}\n", "$secondary")
    )
    if view.decision.note:
        parts.append((f"note: {clean(view.decision.note)}\n", ""))
    for change in view.history:
        when = f"{change.decided_at:%Y-%m-%d %H:%M}"
        parts.append((f"{when} {change.action}: {state(change.after)}\n", "$secondary"))
    return Content.assemble(*parts)


def bar(funnel: Funnel, wish: Wish, n_shown: int) -> Content:
    """What is shown of the build, and how the whole of it is decided."""
    counts = funnel.decisions
    shown = [wish.words] if wish.words else []
    shown += [f"only {wish.only}"] if wish.only else []
    shown += [wish.sort.value] if wish.sort is not PairSort.TASK else []
    part = f" {n_shown:,} of" if wish.filter != EVERY_PAIR else ""
    text = (
        f": {counts.n_kept:,} kept, {counts.n_dropped:,} dropped, "
        f"{counts.n_flagged:,} flagged, {counts.n_undecided:,} undecided"
    )
    return Content.assemble(
        (f"{part} {funnel.n_pairs:,} pairs", "$foreground"),
        (f" ({', '.join(shown)})" if shown else "", "$accent"),
        (text, "$foreground"),
        ("" if counts.n_undecided else "; x exports them", "$accent"),
    )


def funnel_text(funnel: Funnel) -> Content:
    """From candidates to a dataset, with every reason for a loss."""
    lines = [
        (f"{funnel.n_candidates:>8,}  candidates of build {funnel.build_id}", "bold $foreground"),
        *((f"{-n:>8,}  {clean(reason)}", "$secondary") for reason, n in funnel.dropped.items()),
        (f"{funnel.n_pairs:>8,}  pairs of {funnel.n_pair_tasks:,} tasks", "bold $foreground"),
        (f"{-funnel.decisions.n_dropped:>8,}  dropped by a person", "$secondary"),
        (f"{-funnel.decisions.n_flagged:>8,}  flagged: they wait for a decision", "$secondary"),
        (
            f"{funnel.n_dataset:>8,}  for a dataset, of {funnel.n_dataset_tasks:,} tasks "
            f"({funnel.decisions.n_undecided:,} of them undecided)",
            "bold $foreground",
        ),
    ]
    return Content("\n").join([Content.styled(text, style) for text, style in lines])


def as_text(view: PairView) -> str:
    """The pair as a file: what leads from the rejected program to the chosen one."""
    return "\n".join(_file_lines(view)) + "\n"


def _file_lines(view: PairView) -> Iterator[str]:
    yield f"{clean(view.task_id)}  {view.kind}  pair {view.pair_id}"
    for name, side in (("chosen", view.chosen), ("rejected", view.rejected)):
        yield _title(name, side, ASCII)
    chosen, rejected = (text.splitlines() for text in texts(view))
    yield from difflib.unified_diff(rejected, chosen, "rejected", "chosen", lineterm="")
    for name, side in (("chosen", view.chosen), ("rejected", view.rejected)):
        if side.failures:
            yield from ("", f"failing tests of {name}", *clean(side.failures).splitlines())


def _title(name: str, side: PairSide, glyphs: Glyphs) -> str:
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
