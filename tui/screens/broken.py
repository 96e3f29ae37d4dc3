"""Stands in for a screen that fails as soon as it is opened, so that the others can be used."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.keymap import Group
from tui.screens.mode import ModeScreen
from tui.widgets.frame import frame

_WAY_ON = "r tries it again; the other screens and every command work as before."


class BrokenScreen(ModeScreen):
    """What failed, and how to go on."""

    DEFAULT_CSS = """
    BrokenScreen #failure { height: auto; padding: 1 2; max-width: 100; }
    """

    def __init__(self, instead_of: Group, message: str) -> None:
        super().__init__()
        self.instead_of = instead_of
        self._message = message

    def compose(self) -> ComposeResult:
        """The frame of the screen that failed, and its failure."""
        yield from frame(self.instead_of, self.glyphs)
        yield Static(Content(f"{self._message}\n\n{_WAY_ON}"), id="failure", markup=False)
