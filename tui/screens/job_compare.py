"""Jobs beside each other: only the settings in which they differ, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from core.text import clean, one_line
from tui.offer import Offer
from tui.screens.job_curves import short_id
from tui.screens.mode import Host
from tui.screens.page import PageScreen
from tui.widgets.frame import frame
from tui.widgets.plot import letter
from tui.widgets.virtual_list import Cell, Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing it for real loads the database
    from core.training.compare import ComparedRow, JobComparison

_NAME = 22
_LONGEST = 200
_SECTION = "$primary"


class CompareScreen(Screen[None]):
    """A row for each setting and result, a column for each job; enter shows a row in full."""

    DEFAULT_CSS = """
    CompareScreen #summary { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, mode: str, found: JobComparison, host: Host) -> None:
        super().__init__()
        self._mode = mode
        self._found = found
        self._host = host
        self._rows = list(_rows(found))

    def compose(self) -> ComposeResult:
        """What it is, and the table."""
        jobs = [
            Column(f"{letter(n)} {short_id(job.job_id)}", 0)
            for n, job in enumerate(self._found.jobs)
        ]
        yield from frame(self._mode, self._host.glyphs)
        yield Static(self._summary(), id="summary", markup=False)
        yield VirtualList((Column("", _NAME), *jobs), self._host.glyphs)

    async def on_mount(self) -> None:
        """Fill the table."""
        self._host.show_frame()
        rows = self.query_one(VirtualList)
        await rows.show(self._page)
        rows.focus()

    def offer(self) -> Offer | None:
        """The whole comparison as text, columns parted by tabs."""
        lines = ["\t".join(["", *(clean(job.job_id) for job in self._found.jobs)])]
        for row in (*self._found.settings, *self._found.results):
            lines.append("\t".join([clean(row.name), *(clean(value) for value in row.values)]))
        return Offer("the comparison", "\n".join(lines))

    @on(VirtualList.Opened)
    def _open(self, opened: VirtualList.Opened) -> None:
        row = opened.row.item if opened.row is not None else None
        if row is not None:
            content = Content("\n").join(_in_full(row, self._found))
            self.app.push_screen(PageScreen(self._mode, "the row", content, self._host))

    def _summary(self) -> Content:
        differing, equal = len(self._found.settings), self._found.n_equal
        return Content.assemble(
            (f"{len(self._found.jobs)} jobs  ", "bold $primary"),
            (f"{differing} settings differ, {equal} are the same", "$foreground"),
        )

    async def _page(self, offset: int, limit: int) -> Page:
        return Page(self._rows[offset : offset + limit], len(self._rows))


def _rows(found: JobComparison) -> Iterator[Row]:
    blank: tuple[Cell, ...] = ("",) * len(found.jobs)
    parts = (("settings", found.settings), ("results", found.results))
    for heading, rows in parts:
        yield Row(heading, ((heading, _SECTION), *blank))
        for row in rows:
            yield _row(heading, row)
        if not rows:
            yield Row(f"{heading}-none", ("none differs", *blank))


def _row(heading: str, row: ComparedRow) -> Row:
    cells = (one_line(clean(text), _LONGEST) for text in (row.name.replace("_", " "), *row.values))
    return Row(f"{heading}-{row.name}", tuple(cells), row)


def _in_full(row: object, found: JobComparison) -> Iterator[Content]:
    name, values = getattr(row, "name", ""), getattr(row, "values", ())
    yield Content.styled(clean(name), "bold $primary")
    for job, value in zip(found.jobs, values, strict=True):
        yield Content("")
        yield Content.styled(f"{clean(job.job_id)}, {clean(job.trainer)}", "$secondary")
        yield Content.styled(clean(value), "$foreground")
