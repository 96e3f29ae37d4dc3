"""A list of any length that holds only the pages around what it shows.

Rows come by page from an async fetcher. The cursor belongs to a row's id, so that it stays
on its row when the rows are fetched again. Only lines that changed are painted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from tui.keymap import same_keys
from tui.offer import Offer
from tui.widgets.cells import Glyphs, fit
from tui.widgets.list_lines import Cell, Column, Fetch, ListLines, Page, Row
from tui.widgets.row_pages import MOST_PAGES, PAGE_ROWS, RowPages

__all__ = ["Cell", "Column", "Fetch", "Page", "Row", "VirtualList"]

_WHEEL = 3


class VirtualList(Widget, can_focus=True):
    """A heading and rows; the place of the cursor stands at the heading's right end."""

    DEFAULT_CSS = """
    VirtualList { height: 1fr; background: $background; color: $foreground; }
    VirtualList > .list--heading { color: $secondary; }
    VirtualList > .list--cursor { color: $foreground; text-style: bold; }
    VirtualList:focus > .list--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground;
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--heading", "list--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("down", "move(1)"),
        same_keys("up", "move(-1)"),
        same_keys("page-down", "page(1)"),
        same_keys("page-up", "page(-1)"),
        same_keys("first", "edge(-1)"),
        same_keys("last", "edge(1)"),
        same_keys("open", "open"),
    ]

    class Highlighted(Message):
        """The cursor is on another row; None when there are no rows."""

        def __init__(self, source: VirtualList, row: Row | None) -> None:
            super().__init__()
            self.source = source
            self.row = row

        @property
        def control(self) -> VirtualList:
            """The list."""
            return self.source

    class Opened(Highlighted):
        """Enter or a second click on a row."""

    class Failed(Message):
        """A page could not be fetched while scrolling."""

        def __init__(self, error: BaseException) -> None:
            super().__init__()
            self.error = error

    def __init__(
        self, columns: Sequence[Column], glyphs: Glyphs, *, empty: str = "", id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.empty = empty
        """What stands in place of rows when there are none: names the next key."""
        self._lines = ListLines(tuple(columns), glyphs)
        self._fetch: Fetch | None = None
        self._at_hand: RowPages[Row] = RowPages()
        self._wanted: set[int] = set()
        self._n_total = 0
        self._cursor = 0
        self._top = 0
        self._told: str | None = None

    @property
    def n_total(self) -> int:
        """Rows in all."""
        return self._n_total

    @property
    def cursor(self) -> int:
        """The cursor's place, from 0."""
        return self._cursor

    @property
    def row(self) -> Row | None:
        """The row under the cursor; None without rows, or while its page is on its way."""
        return self._at_hand.at(self._cursor)

    @property
    def loaded(self) -> list[Row]:
        """The rows at hand, in order."""
        return self._at_hand.rows

    def offer(self) -> Offer | None:
        """The row under the cursor: its id to copy, all its cells to read."""
        row = self.row
        if row is None:
            return None
        return Offer(row.row_id, row.row_id, f"{row.row_id}\n{self._lines.as_text(row)}")

    async def show(self, fetch: Fetch) -> None:
        """Begin anew with other rows, the cursor on the first."""
        self._fetch = fetch
        self._at_hand = RowPages()
        self._cursor = self._top = self._n_total = 0
        self._told = None
        await self.reload()

    async def reload(self) -> None:
        """Fetch again what is around the cursor; the cursor follows its row."""
        fetch, held = self._fetch, self.row
        if fetch is None:
            return
        near = self._cursor // PAGE_ROWS
        fresh: RowPages[Row] = RowPages()
        for number in sorted({max(near - 1, 0), near, self._last_visible() // PAGE_ROWS}):
            page = await fetch(number * PAGE_ROWS, PAGE_ROWS)
            if fetch is not self._fetch:
                return
            fresh.pages[number], self._n_total = page.rows, page.n_total
            if (number + 1) * PAGE_ROWS >= page.n_total > 0:
                break
        self._at_hand = fresh
        self._wanted.clear()
        self._follow(held.row_id if held is not None else self._told)
        self._settle()
        self.refresh()

    def put(self, row: Row) -> None:
        """Replace a row that is at hand, and paint its line."""
        index = self._at_hand.find(row.row_id)
        if index is None or self._at_hand.at(index) == row:
            return
        self._at_hand.put(index, row)
        self._paint(index)

    def select(self, row_id: str) -> bool:
        """Put the cursor on a row if it is at hand."""
        index = self._at_hand.find(row_id)
        if index is not None:
            self.move_to(index)
        return index is not None

    def step_to(self, is_wanted: Callable[[Row], bool]) -> bool:
        """Put the cursor on the next such row, once around, as far as rows are at hand."""
        for step in range(1, self._n_total):
            index = (self._cursor + step) % self._n_total
            row = self._at_hand.at(index)
            if row is None:
                return False
            if is_wanted(row):
                self.move_to(index)
                return True
        return False

    async def seek(self, is_wanted: Callable[[Row], bool]) -> bool:
        """The same, fetching some pages ahead at most."""
        n_ahead = min(self._n_total, MOST_PAGES * PAGE_ROWS)
        start, fetch = self._cursor, self._fetch
        for step in range(1, n_ahead):
            index = (start + step) % self._n_total
            if index // PAGE_ROWS not in self._at_hand.pages:
                await self._load(index // PAGE_ROWS)
            if fetch is not self._fetch or not self._n_total or self._cursor != start:
                return False
            row = self._at_hand.at(index)
            if row is not None and is_wanted(row):
                self.move_to(index)
                return True
        return False

    def move_to(self, index: int) -> None:
        """Put the cursor on a place, or as near as there are rows."""
        old, old_top = self._cursor, self._top
        self._cursor = index
        self._settle()
        if self._top != old_top:
            self.refresh()
        elif self._cursor != old:
            self._paint(old)
            self._paint(self._cursor)
            self.refresh(Region(0, 0, self.size.width, 1))

    def action_move(self, n: int) -> None:
        """Some rows on."""
        self.move_to(self._cursor + n)

    def action_page(self, n: int) -> None:
        """Some pages on; what was the last row becomes the first."""
        step = n * max(self._height - 1, 1)
        self._top = min(max(self._top + step, 0), self._highest_top)
        self.move_to(self._cursor + step)
        self.refresh()

    def action_edge(self, direction: int) -> None:
        """To the first or the last row."""
        self.move_to(self._n_total - 1 if direction > 0 else 0)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Opened(self, self.row))

    def render_line(self, y: int) -> Strip:
        """The heading, a row, or what stands there without rows."""
        if y == 0:
            style = self.get_component_rich_style("list--heading")
            return self._lines.heading(self.size.width, (self._cursor, self._n_total), style)
        index = self._top + y - 1
        if index >= self._n_total:
            is_here = y == 2 and not self._n_total and self._fetch is not None
            text = fit(f"  {self.empty}" if is_here else "", self.size.width, "")
            return Strip([Segment(text, self.rich_style)])
        is_cursor = index == self._cursor
        base = self.get_component_rich_style("list--cursor") if is_cursor else self.rich_style
        row, variables = self._at_hand.at(index), self.app.theme_variables
        return self._lines.row(row, self.size.width, base, None if is_cursor else variables)

    def notify_style_update(self) -> None:
        """Another theme: forget the colours."""
        super().notify_style_update()
        self._lines.forget_styles()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._settle()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; on the cursor, open."""
        index = self._top + event.y - 1
        if event.y > 0 and index < self._n_total:
            if index == self._cursor:
                self.action_open()
            self.move_to(index)

    def on_mouse_scroll_down(self) -> None:
        """Some rows on."""
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self) -> None:
        """Some rows back."""
        self.action_move(-_WHEEL)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell that a page did not come; the next move asks again."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._wanted.clear()
            self.post_message(self.Failed(event.worker.error))

    @property
    def _height(self) -> int:
        return max(self.size.height - 1, 1)

    @property
    def _highest_top(self) -> int:
        return max(self._n_total - self._height, 0)

    def _last_visible(self) -> int:
        return min(self._top + self._height, max(self._n_total, 1)) - 1

    def _follow(self, row_id: str | None) -> None:
        index = self._at_hand.find(row_id) if row_id is not None else None
        if index is not None:
            self._top += index - self._cursor
            self._cursor = index

    def _settle(self) -> None:
        """Bring cursor and window into bounds, ask for missing pages, tell of a new row."""
        self._cursor = min(max(self._cursor, 0), max(self._n_total - 1, 0))
        lowest = self._cursor - self._height + 1
        self._top = min(max(self._top, lowest), self._cursor)
        self._top = min(max(self._top, 0), self._highest_top)
        for number in range(self._top // PAGE_ROWS, self._last_visible() // PAGE_ROWS + 1):
            if not self._at_hand.look(number) and self._n_total and number not in self._wanted:
                self._wanted.add(number)
                self.run_worker(self._load(number), exit_on_error=False)
        self._at_hand.forget()
        row = self.row
        if row is not None and row.row_id != self._told:
            self._told = row.row_id
            self.post_message(self.Highlighted(self, row))
        elif not self._n_total and self._told is not None:
            self._told = None
            self.post_message(self.Highlighted(self, None))

    async def _load(self, number: int) -> None:
        fetch = self._fetch
        if fetch is None:
            return
        page = await fetch(number * PAGE_ROWS, PAGE_ROWS)
        if fetch is not self._fetch:
            return
        self._wanted.discard(number)
        self._at_hand.pages[number], self._n_total = page.rows, page.n_total
        self._settle()
        self.refresh()

    def _paint(self, index: int) -> None:
        y = index - self._top + 1
        if 0 < y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))
