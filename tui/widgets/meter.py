"""A few lines of figures with a bar: repainted in place, and only when a character changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from tui.widgets.cells import ASCII, Glyphs

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Meter(Widget):
    """Lines of fixed number; what is too long is cut."""

    DEFAULT_CSS = """
    Meter { height: 3; padding: 0 1; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Content] = []

    def show(self, lines: Sequence[Content]) -> None:
        """Replace the lines; those that stay are not painted again."""
        old, self._lines = self._lines, list(lines)
        for y, (one, other) in enumerate(zip_longest(old, lines)):
            if one is None or other is None or not one.is_same(other):
                self.refresh(Region(0, y, self.size.width, 1))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines)


def bar(n_done: int, n_total: int, width: int, glyphs: Glyphs) -> str:
    """So much of `width` cells, to an eighth of a cell; full only when all is done."""
    share = min(n_done / n_total, 1.0) if n_total > 0 else 0.0
    if glyphs is ASCII:
        n_full = int(share * width)
        return "#" * n_full + "." * (width - n_full)
    n_full, n_eighths = divmod(int(share * width * 8), 8)
    part = _EIGHTHS[n_eighths] if n_full < width else ""
    return (
        ("█" * n_full + part).ljust(width, "░")
        if n_eighths
        else "█" * n_full + "░" * (width - n_full)
    )
