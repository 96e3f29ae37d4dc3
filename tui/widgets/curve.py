"""Series as lines of dots, one panel below the other: each has its own name, scale and colour.

A cell holds 2 x 4 dots of braille, or one star where only ASCII can be shown. With the focus,
left and right read the values of one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tui.keymap import same_keys
from tui.widgets.cells import ASCII, Glyphs, fit

_SCALE = 8
_NAME = 10
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille cell by column and row."""
_STYLES = ("$series-1", "$series-2", "$series-3")


@dataclass(frozen=True, slots=True)
class Series:
    """A named line; the points are steps and values, in order."""

    name: str
    points: tuple[tuple[int, float], ...]
    remark: str = ""
    """What a good course looks like, in a few words."""


class Curves(Widget, can_focus=True):
    """Up to three panels that share the axis of steps; repainted only when a dot moved."""

    DEFAULT_CSS = """
    Curves { height: 1fr; text-wrap: nowrap; text-overflow: clip; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("left", "read(-1)"),
        same_keys("right", "read(1)"),
        same_keys("first", "read_edge(-1)"),
        same_keys("last", "read_edge(1)"),
    ]

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._series: tuple[Series, ...] = ()
        self._n_steps = 0
        self._at: int | None = None

    @property
    def at(self) -> int | None:
        """The step whose values are read; None for the newest."""
        return self._at

    def show(self, series: Sequence[Series], n_steps: int) -> None:
        """Replace the lines; the axis goes to `n_steps`."""
        if (tuple(series), n_steps) != (self._series, self._n_steps):
            self._series, self._n_steps = tuple(series), n_steps
            self.refresh()

    def action_read(self, n: int) -> None:
        """Read the values some steps on."""
        last = max((series.points[-1][0] for series in self._series if series.points), default=0)
        self._at = min(max((self._at or last) + n, 1), max(last, 1))
        self.refresh()

    def action_read_edge(self, direction: int) -> None:
        """Read the first step, or the newest again."""
        self._at = 1 if direction < 0 else None
        self.refresh()

    def on_focus(self) -> None:
        """Show that the keys are here."""
        self.refresh()

    def on_blur(self) -> None:
        """Back to the newest values."""
        self._at = None
        self.refresh()

    def render(self) -> Content:
        """All panels."""
        if not self._series:
            return Content("")
        height = max(self.size.height // len(self._series), 2)
        panels = [
            self._panel(series, style, height - 1)
            for series, style in zip(self._series, _STYLES, strict=False)
        ]
        return Content("\n").join(line for panel in panels for line in panel)

    def _panel(self, series: Series, style: str, height: int) -> list[Content]:
        name_width = max(_NAME, *(len(each.name) for each in self._series))
        values = [value for _, value in series.points]
        if not values:
            blank = [Content("")] * height
            return [Content.styled(f"{series.name}  no value yet", "$secondary"), *blank]
        step, value = series.points[-1]
        if self._at is not None:
            step, value = min(series.points, key=lambda point: abs(point[0] - (self._at or 0)))
        focus = "underline " if self.has_focus else ""
        heading = Content.assemble(
            (fit(series.name, name_width, self._glyphs.ellipsis), f"bold {focus}{style}"),
            (f"{value:>{_SCALE}.4f}", f"bold {style}"),
            (f"  from {values[0]:.4f}, step {step} of {self._n_steps}", "$foreground"),
            (f"  {series.remark}", "$secondary"),
        )
        low, high = min(values), max(values)
        width = max(self.size.width - _SCALE - 2, 1)
        rows = plot(series.points, (width, height), self._n_steps, is_ascii=self._glyphs is ASCII)
        scale = _scale(low, high, height)
        return [
            heading,
            *(
                Content.assemble((f"{mark:>{_SCALE}} ", "$secondary"), (row, style))
                for mark, row in zip(scale, rows, strict=True)
            ),
        ]


def plot(
    points: Sequence[tuple[int, float]], size: tuple[int, int], n_steps: int, *, is_ascii: bool
) -> list[str]:
    """The line as rows of characters; the lowest value stands in the last row."""
    width, height = size
    across, down = (1, 1) if is_ascii else (2, 4)
    values = [value for _, value in points]
    low, reach = min(values), (max(values) - min(values)) or 1.0
    last = max(n_steps, points[-1][0], 2)
    cells = [[0] * width for _ in range(height)]
    dots = [
        (
            round((step - 1) / (last - 1) * (width * across - 1)),
            round((1 - (value - low) / reach) * (height * down - 1)),
        )
        for step, value in points
    ]
    for x, y in _joined(dots):
        cells[y // down][x // across] |= _DOTS[x % across][y % down]
    return ["".join(_character(bits, is_ascii) for bits in row) for row in cells]


def _joined(dots: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The dots with those between neighbours, so that a steep line has no gap."""
    found = [dots[0]]
    for (x0, y0), (x1, y1) in pairwise(dots):
        n = max(abs(x1 - x0), abs(y1 - y0), 1)
        found += [
            (round(x0 + (x1 - x0) * at / n), round(y0 + (y1 - y0) * at / n))
            for at in range(1, n + 1)
        ]
    return found


def _character(bits: int, is_ascii: bool) -> str:
    if is_ascii:
        return "*" if bits else " "
    return chr(0x2800 + bits) if bits else " "


def _scale(low: float, high: float, height: int) -> list[str]:
    if height == 1:
        return [f"{high:.3g}"]
    return [f"{high:.3g}", *[""] * (height - 2), f"{low:.3g}"]
