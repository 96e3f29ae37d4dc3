"""The tasks of a suite as a tree below their families: its lines, and how it is folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tui.screens.suite_rows import line, state
from tui.screens.suite_words import about_family, about_task
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Cell, Column, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.store.task_pages import TaskItem
    from core.store.task_tree import FamilyItem, Folds, TreeLine

TREE_COLUMNS = (
    Column("state", 14),
    Column("family, task", 0),
    Column("oracle", 8),
    Column("steady", 6),
    Column("passed", 14, is_right=True),
    Column("side", 10),
    Column("hangs", 5, is_right=True, from_width=100),
    Column("reason", 24, from_width=120),
)
_FAMILY = "family "
_HARD, _EASY = 1 / 3, 2 / 3
"""As splits by difficulty have it."""


@dataclass(slots=True)
class Folding:
    """Which families are folded: all or none, but for some."""

    are_closed: bool = False
    unlike: frozenset[str] = frozenset()

    def toggle(self, family: str) -> None:
        """Fold one, or unfold it."""
        self.unlike ^= {family}

    def toggle_all(self) -> None:
        """Fold all, or none."""
        self.are_closed, self.unlike = not self.are_closed, frozenset()

    def folds(self, text: str) -> Folds:
        """As the engine takes it; what a filter finds is never folded away."""
        from core.store.task_tree import Folds

        return Folds() if text else Folds(self.are_closed, tuple(sorted(self.unlike)))


def tree_row(found: TreeLine, glyphs: Glyphs, folds: Folds) -> Row:
    """A family with its counts, or a task with its oracle result and its place."""
    if found.family is not None:
        is_closed = folds.all_closed != (found.family.family in folds.others)
        return _family_row(found.family, is_closed=is_closed)
    assert found.task is not None
    return _task_row(found.task, glyphs, is_inside=found.is_inside)


def _family_row(family: FamilyItem, *, is_closed: bool) -> Row:
    n_bad = family.n_quarantined
    sign = "+" if is_closed else "-"
    cells: tuple[Cell, ...] = (
        (f"{sign} {family.n_admitted:,}/{family.n_tasks:,} ok", _worst(family)),
        (_short(family.family), "bold"),
        "",
        (f"{family.n_unsteady:,} not", "$state-failed") if family.n_unsteady else "",
        passed(family.n_passed, family.n_rollouts),
        line(family.side),
        f"{family.n_hung:,}" if family.n_hung else "",
        (f"{n_bad:,} quarantined" if n_bad else "", "$secondary"),
    )
    return Row(f"{_FAMILY}{family.family}", cells, family)


def _worst(family: FamilyItem) -> str:
    if family.n_quarantined:
        return "$state-failed"
    return "$state-passed" if family.n_admitted == family.n_tasks else "$secondary"


def _task_row(task: TaskItem, glyphs: Glyphs, *, is_inside: bool) -> Row:
    word, style = state(task, glyphs)
    cells: tuple[Cell, ...] = (
        (word, style),
        f"{'  ' if is_inside else ''}{_short(task.task_id)}",
        line(task.oracle),
        ("no", "$state-failed") if task.is_unsteady else steady(task),
        passed(task.n_passed, task.n_rollouts),
        line(task.side),
        f"{task.n_hung:,}" if task.n_hung else "",
        (line(task.reason), "$secondary"),
    )
    return Row(task.task_id, cells, task)


def steady(task: TaskItem) -> str:
    """`2 runs`: as many runs of each side agreed; one run alone proves nothing of it."""
    return f"{task.n_rounds} runs" if task.n_rounds > 1 else ""


def passed(n_passed: int, n_rollouts: int) -> str:
    """`1/4 hard`: how the newest run fared, and how hard that makes it."""
    if not n_rollouts:
        return ""
    rate = n_passed / n_rollouts
    word = "hard" if rate < _HARD else "easy" if rate > _EASY else "middling"
    return f"{n_passed:,}/{n_rollouts:,} {word}"


def family_of(row: Row | None) -> str:
    """The family that a row is the line of; empty for a task's."""
    name = row.row_id if row is not None else ""
    return name.removeprefix(_FAMILY) if name.startswith(_FAMILY) else ""


def _short(name: str) -> str:
    """Without the suite, which stands above all of them, and without a file's folders."""
    own = name.partition("/")[2] or name
    project, colon, path = own.partition(":")
    return line(f"{project}:{path.rpartition('/')[2]}" if colon else own)


def about_line(row: Row | None) -> str:
    """What there is to say of the line under the cursor."""
    if row is None or row.item is None:
        return ""
    if family_of(row):
        return about_family(cast("FamilyItem", row.item))
    return about_task(cast("TaskItem", row.item))
