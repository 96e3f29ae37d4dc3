"""A short list to choose one thing from; enter takes it, escape leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keymap import same_keys
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

_MOST_LINES = 14


class ChoiceScreen(ModalScreen[str]):
    """Closes with the id of the row that was chosen."""

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; background: $background 0%; }
    ChoiceScreen Vertical {
        width: 90%; max-width: 110; height: auto; padding: 1 2;
        background: $panel; border-left: outer $primary;
    }
    .-ascii ChoiceScreen Vertical { border-left: ascii $primary; }
    ChoiceScreen VirtualList { background: $panel; margin: 1 0; }
    ChoiceScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [same_keys("back", "leave")]

    def __init__(
        self, heading: str, columns: Sequence[Column], rows: Sequence[Row], glyphs: Glyphs
    ) -> None:
        super().__init__()
        self._heading = heading
        self._columns = columns
        self._rows = rows
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The heading, the list, and the keys."""
        with Vertical():
            yield Static(Content.styled(self._heading, "bold $primary"))
            choices = VirtualList(self._columns, self._glyphs)
            choices.styles.height = min(len(self._rows), _MOST_LINES) + 1
            yield choices
            yield Static(Content.styled("enter takes it   esc leaves", "bold $accent"))

    async def on_mount(self) -> None:
        """Fill the list."""
        choices = self.query_one(VirtualList)
        await choices.show(self._fetch)
        choices.focus()

    def action_leave(self) -> None:
        """Close without a choice."""
        self.dismiss(None)

    @on(VirtualList.Opened)
    def _take(self, event: VirtualList.Opened) -> None:
        self.dismiss(event.row.row_id if event.row is not None else None)

    async def _fetch(self, offset: int, limit: int) -> Page:
        return Page(self._rows[offset : offset + limit], len(self._rows))
