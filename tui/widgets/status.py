"""One line of figures that is repainted in place, and only when its text changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tui.widgets.cells import Glyphs, fit

_GAP = "  "

Part = tuple[str, str]
"""A text and its style; cleaned."""


class StatusBar(Widget):
    """Parts from left to right; when the line is too short, the last are left out."""

    DEFAULT_CSS = """
    StatusBar { dock: bottom; height: 1; margin-bottom: 1; background: $panel; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._parts: tuple[Part, ...] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Replace the line."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self.refresh()

    def render(self) -> Content:
        """As many parts as there is room for; the first is cut rather than left out."""
        room = self.size.width - 1
        line: list[Part] = [(" ", "")]
        for number, (text, style) in enumerate(self._parts):
            gap = _GAP if number else ""
            if number and cell_len(text) + len(gap) > room:
                break
            shown = text if cell_len(text) <= room else fit(text, room, self._glyphs.ellipsis)
            line.append((gap + shown, style))
            room -= cell_len(gap + shown)
        return Content.assemble(*line)
