"""Suites, tasks and splits as rows of lists; all text is cleaned here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from core.text import clean, one_line
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Cell, Column, Page, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.splits.operations import ColumnFamily, SplitColumn, SplitColumns
    from core.store.suites import SuiteSummary
    from core.store.task_pages import TaskItem

SUITE_COLUMNS = (
    Column("suite", 18),
    Column("tasks", 6, is_right=True),
    Column("programs", 8, is_right=True),
    Column("admitted", 8, is_right=True),
    Column("quarantined", 11, is_right=True),
    Column("unchecked", 9, is_right=True),
    Column("origin", 0, from_width=100),
)
TASK_COLUMNS = (
    Column("state", 14),
    Column("task", 30),
    Column("side", 10),
    Column("family", 26, from_width=100),
    Column("reason", 0),
)
SPLIT_COLUMNS = (
    Column("train", 0),
    Column("validation", 0),
    Column("test", 0),
    Column("heldout", 0),
)

_STYLES = {"admitted": "$state-passed", "quarantined": "$state-failed"}
_LONGEST = 400


def n_unchecked(suite: SuiteSummary) -> int:
    """Tasks without a valid check."""
    return suite.n_tasks - suite.n_admitted - suite.n_quarantined


def suite_row(suite: SuiteSummary) -> Row:
    """A suite with its counts."""
    n_open = n_unchecked(suite)
    bad = f"{suite.n_quarantined:,}"
    cells: tuple[Cell, ...] = (
        _line(suite.suite),
        f"{suite.n_tasks:,}",
        f"{suite.n_programs:,}",
        f"{suite.n_admitted:,}",
        (bad, "$state-failed") if suite.n_quarantined else bad,
        (f"{n_open:,}", "$warning") if n_open else "0",
        (_line(suite.origin), "$secondary"),
    )
    return Row(suite.suite, cells)


def task_row(task: TaskItem, glyphs: Glyphs) -> Row:
    """A task with its oracle result and its place."""
    word, style = state(task, glyphs)
    cells: tuple[Cell, ...] = (
        (word, style),
        _line(task.task_id),
        _line(task.side),
        (_line(task.family), "$secondary"),
        (_line(task.reason), "$secondary"),
    )
    return Row(task.task_id, cells)


def state(task: TaskItem, glyphs: Glyphs) -> tuple[str, str]:
    """Sign and word of an oracle result, and their style."""
    signs = {"admitted": glyphs.done, "quarantined": glyphs.failed}
    word = task.status.value
    return f"{signs.get(word, glyphs.idle)} {word}", _STYLES.get(word, "$secondary")


def split_rows(view: SplitColumns) -> tuple[Row, ...]:
    """Sums first, then the families of each side, one under the other."""
    names = view.report.suites.split(",")
    sums = tuple((_sum(column), "bold $primary") for column in view.columns)
    listed = ([_family(family, names) for family in column.families] for column in view.columns)
    rows = [Row(str(n), cells) for n, cells in enumerate(zip_longest(*listed, fillvalue=""), 1)]
    return (Row("0", sums), *rows)


def page_of(rows: Sequence[Row], offset: int, limit: int) -> Page:
    """Some of the rows at hand."""
    return Page(rows[offset : offset + limit], len(rows))


def _sum(column: SplitColumn) -> str:
    return f"{column.n_tasks:,} in {len(column.families):,} fam."


def _family(family: ColumnFamily, suites: Sequence[str]) -> str:
    # Of one suite, its name before every family would say nothing.
    is_plain = len(suites) == 1 and family.name.startswith(f"{suites[0]}/")
    name = family.name.removeprefix(f"{suites[0]}/") if is_plain else family.name
    return f"{len(family.task_ids):>3,} {_line(name)}"


def _line(text: str) -> str:
    return one_line(clean(text), _LONGEST)
