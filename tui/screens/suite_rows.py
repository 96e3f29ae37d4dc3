"""Suites as rows of lists; all text is cleaned here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.text import clean, one_line
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Cell, Column, Page, Row

if TYPE_CHECKING:  # importing these for real loads the database
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
        line(suite.suite),
        f"{suite.n_tasks:,}",
        f"{suite.n_programs:,}",
        f"{suite.n_admitted:,}",
        (bad, "$state-failed") if suite.n_quarantined else bad,
        (f"{n_open:,}", "$warning") if n_open else "0",
        (line(suite.origin), "$secondary"),
    )
    return Row(suite.suite, cells)


def state(task: TaskItem, glyphs: Glyphs) -> tuple[str, str]:
    """Sign and word of an oracle result, and their style."""
    signs = {"admitted": glyphs.done, "quarantined": glyphs.failed}
    word = task.status.value
    return f"{signs.get(word, glyphs.idle)} {word}", _STYLES.get(word, "$secondary")


def page_of(rows: Sequence[Row], offset: int, limit: int) -> Page:
    """Some of the rows at hand."""
    return Page(rows[offset : offset + limit], len(rows))


def line(text: str) -> str:
    """Foreign text on one line."""
    return one_line(clean(text), _LONGEST)
