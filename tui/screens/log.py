"""Everything the app has said since it started."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.messages import Message, Messages
from tui.offer import Offer
from tui.widgets.cells import Glyphs
from tui.widgets.frame import frame

_NOTHING = "Nothing was said yet. q goes back."


class LogScreen(Screen[None]):
    """The messages, the newest last."""

    DEFAULT_CSS = """
    LogScreen #messages { padding: 1 1 0 1; scrollbar-size-vertical: 1; }
    LogScreen #messages Static { height: auto; }
    """

    def __init__(self, messages: Messages, glyphs: Glyphs) -> None:
        super().__init__()
        self._messages = messages
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The frame, and a line or more for each message."""
        yield from frame("messages", self._glyphs)
        with VerticalScroll(id="messages"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        """Begin at the end."""
        self.show_messages()
        self.query_one(VerticalScroll).scroll_end(animate=False)

    def show_messages(self) -> None:
        """Show them as they are now."""
        lines = [_line(message) for message in self._messages.all]
        content = Content("\n").join(lines) if lines else Content(_NOTHING)
        self.query_one("#messages Static", Static).update(content)

    def offer(self) -> Offer:
        """All messages."""
        return Offer("the messages", self._messages.as_text)


def _line(message: Message) -> Content:
    style = "$warning" if message.is_warning else "$foreground"
    sign = "!" if message.is_warning else " "
    return Content.assemble((f"{message.at:%H:%M:%S} {sign} ", "$secondary"), (message.text, style))
