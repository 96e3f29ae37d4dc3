"""The keys of the screen below, as they are in force."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.keymap import Key
from tui.widgets.cells import Glyphs
from tui.widgets.frame import frame


class HelpScreen(Screen[None]):
    """A list of keys by group; its own keys are those that work everywhere."""

    CSS_PATH = "help.tcss"

    def __init__(self, keys: Sequence[Key], keys_file: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._keys = keys
        self._keys_file = keys_file
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The frame, and one line per action."""
        yield from frame("keys", self._glyphs)
        with VerticalScroll(id="keys"):
            yield Static(self._content(), markup=False)

    def _content(self) -> Content:
        lines: list[Content] = []
        for group in dict.fromkeys(key.group for key in self._keys):
            lines.append(Content.styled(group.value, "bold $primary"))
            lines += [_line(key) for key in self._keys if key.group is group]
            lines.append(Content(""))
        lines.append(Content(f"other keys, by the names at the right: {self._keys_file}"))
        return Content("\n").join(lines)


def _line(key: Key) -> Content:
    return Content.assemble(
        (f"  {key.shown:<14}", "$accent"),
        (f"{key.description:<24}", "$foreground"),
        (key.key_id, "$secondary"),
    )
