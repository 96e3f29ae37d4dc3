"""Named values, one a line, stepped by arrows or typed over in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.keymap import same_keys
from tui.widgets.cells import Glyphs, fit

_CARET = "_"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Field:
    """One line of plain text, already cleaned."""

    name: str
    label: str
    value: str


class InputList(Widget, can_focus=True):
    """The lines that fit, around the cursor. Enter begins to type, enter or escape ends it."""

    DEFAULT_CSS = """
    InputList { text-wrap: nowrap; text-overflow: clip; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("down", "move(1)"),
        same_keys("up", "move(-1)"),
        same_keys("first", "edge(-1)"),
        same_keys("last", "edge(1)"),
        same_keys("left", "sideways(-1)"),
        same_keys("right", "sideways(1)"),
        same_keys("open", "edit"),
    ]

    @dataclass(frozen=True, slots=True)
    class _Typing:
        before: str
        text: str

    class Stepped(Message):
        """The selected value is to be a little less or more."""

        def __init__(self, name: str, direction: int) -> None:
            super().__init__()
            self.name = name
            self.direction = direction

    class Typed(Message):
        """A value is being written, or was taken back."""

        def __init__(self, name: str, text: str) -> None:
            super().__init__()
            self.name = name
            self.text = text

    class Moved(Message):
        """The cursor is on another line."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._fields: tuple[Field, ...] = ()
        self._at = 0
        self._top = 0
        self._typing: InputList._Typing | None = None

    @property
    def selected(self) -> str:
        """Name of the line with the cursor; empty without lines."""
        return self._fields[self._at].name if self._fields else ""

    def show(self, fields: Sequence[Field]) -> None:
        """Replace the lines; the cursor stays where it is."""
        if tuple(fields) != self._fields:
            self._fields = tuple(fields)
            self._at = min(self._at, max(len(self._fields) - 1, 0))
            self.refresh()

    def action_move(self, n_lines: int) -> None:
        """Go up or down."""
        self._go(self._at + n_lines)

    def action_edge(self, direction: int) -> None:
        """Go to the first or the last."""
        self._go(0 if direction < 0 else len(self._fields) - 1)

    def action_sideways(self, direction: int) -> None:
        """Ask for less or more."""
        if self._fields:
            self.post_message(self.Stepped(self.selected, direction))

    def action_edit(self) -> None:
        """Begin to type over the value."""
        if self._fields:
            self._typing = InputList._Typing(self._fields[self._at].value, "")
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Take what is typed."""
        if self._typing is None:
            return
        event.stop()
        event.prevent_default()
        before, text = self._typing.before, self._typing.text
        if event.key == "enter":
            self._typing = None
        elif event.key == "escape":
            self._typing = None
            self.post_message(self.Typed(self.selected, before))
        elif event.key == "backspace":
            self._type(before, text[:-1])
        elif event.character is not None and event.is_printable and len(text) < _LONGEST:
            self._type(before, text + event.character)
        self.refresh()

    def on_blur(self) -> None:
        """Keep what was typed."""
        self._typing = None

    def render(self) -> Content:
        """The lines that fit."""
        n_lines = self.size.height
        self._top = max(min(self._top, self._at), self._at - n_lines + 1, 0)
        shown = range(self._top, min(self._top + n_lines, len(self._fields)))
        return Content("\n").join([self._line(number) for number in shown])

    def _type(self, before: str, text: str) -> None:
        self._typing = InputList._Typing(before, text)
        self.post_message(self.Typed(self.selected, text))

    def _go(self, at: int) -> None:
        at = max(0, min(at, len(self._fields) - 1))
        if at != self._at:
            self._at, self._typing = at, None
            self.refresh()
            self.post_message(self.Moved())

    def _line(self, number: int) -> Content:
        field, width = self._fields[number], self.size.width
        is_here = number == self._at
        value = field.value
        if is_here and self._typing is not None:
            value = self._typing.text + _CARET
        sign = self._glyphs.next if is_here else " "
        room = max(width - cell_len(field.label) - 5, width - 20, 8)
        value = fit(value, min(cell_len(value), room), self._glyphs.ellipsis)
        label = fit(field.label, max(width - cell_len(value) - 4, 0), self._glyphs.ellipsis)
        style = "bold $accent" if is_here else "$foreground"
        return Content.assemble((f" {sign} {label}", style), (f"{value} ", style))
