"""A page of text to read, with its own heading; its keys are those that work everywhere."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.offer import Offer
from tui.screens.mode import Host
from tui.widgets.frame import frame


class PageScreen(Screen[None]):
    """Lines that came cleaned, each in its style."""

    AUTO_FOCUS = "VerticalScroll"
    DEFAULT_CSS = """
    PageScreen #page { padding: 0 1; scrollbar-size-vertical: 1; }
    PageScreen #page Static { height: auto; }
    """

    def __init__(self, mode: str, name: str, content: Content, host: Host) -> None:
        """`name` is what a copied page is called."""
        super().__init__()
        self._mode = mode
        self._name_of = name
        self._content = content
        self._host = host

    def compose(self) -> ComposeResult:
        """The frame, and the page."""
        yield from frame(self._mode, self._host.glyphs)
        with VerticalScroll(id="page"):
            yield Static(self._content, markup=False)

    def on_mount(self) -> None:
        """Fill the frame, too."""
        self._host.show_frame()

    def offer(self) -> Offer | None:
        """The whole page."""
        return Offer(self._name_of, self._content.plain)
