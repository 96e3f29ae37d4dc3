"""A list over the screen, to choose one of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keymap import same_keys
from tui.screens.mode import Host
from tui.widgets.virtual_list import Column, Fetch, Page, Row, VirtualList

_MOST_ROWS = 14


class ListScreen(ModalScreen[Row]):
    """Closes with the chosen row, or hands it to `on_open` and stays."""

    CSS_PATH = "pair_list.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [same_keys("back", "leave")]

    def __init__(
        self,
        heading: str,
        columns: Sequence[Column],
        fetch: Fetch,
        host: Host,
        *,
        opens: str = "chooses",
        on_open: Callable[[Row], None] | None = None,
    ) -> None:
        """`opens` says what enter does; without it there is nothing to open."""
        super().__init__()
        self._heading = heading
        self._fetch = fetch
        self._host = host
        self._opens = opens
        self._on_open = on_open
        self.rows = VirtualList(columns, host.glyphs, empty="nothing here")
        """The list."""

    def compose(self) -> ComposeResult:
        """The heading, the list and the keys."""
        with Vertical():
            yield Static(Content.styled(self._heading, "bold $primary"), markup=False)
            yield self.rows
            keys = f"enter {self._opens}   " * bool(self._opens) + "q back"
            yield Static(Content.styled(keys, "bold $accent"), markup=False)

    async def on_mount(self) -> None:
        """Fetch the rows."""
        self.rows.focus()
        await self.rows.show(self._fetch)
        self.rows.styles.height = min(max(self.rows.n_total, 1), _MOST_ROWS) + 1

    @on(VirtualList.Opened)
    def _opened(self, event: VirtualList.Opened) -> None:
        if event.row is None or not self._opens:
            return
        if self._on_open is not None:
            self._on_open(event.row)
        else:
            self.dismiss(event.row)

    @on(VirtualList.Failed)
    def _page_failed(self, event: VirtualList.Failed) -> None:
        self._host.say(str(event.error), is_warning=True)

    def action_leave(self) -> None:
        """Close without a row."""
        self.dismiss(None)


def held(rows: Sequence[Row]) -> Fetch:
    """Pages of rows that are at hand."""

    async def fetch(offset: int, limit: int) -> Page:
        return Page(rows[offset : offset + limit], len(rows))

    return fetch
