"""Estimates with their intervals, drawn to one scale around zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from tui.widgets.cells import ASCII, Glyphs, fit

_NAME = 22
_FIGURES = 24
_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference and where the true one may be, as shares of 1."""

    name: str
    value: float
    low: float
    high: float
    style: str = "$foreground"


class Intervals(Widget):
    """One line per estimate below a scale."""

    DEFAULT_CSS = """
    Intervals { height: auto; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._estimates: tuple[Estimate, ...] = ()

    def show(self, estimates: Sequence[Estimate]) -> None:
        """Replace the lines."""
        if tuple(estimates) != self._estimates:
            self._estimates = tuple(estimates)
            self.refresh(layout=True)

    def render(self) -> Content:
        """The scale, then the lines."""
        if not self._estimates:
            return Content("")
        reach = reach_of(self._estimates)
        width = max(self.size.width - _NAME - _FIGURES - 2, 11)
        lines = [Content.styled(" " * (_NAME + 1) + scale(reach, width), "$secondary")]
        lines += [self._line(estimate, reach, width) for estimate in self._estimates]
        return Content("\n").join(lines)

    def _line(self, estimate: Estimate, reach: float, width: int) -> Content:
        low, high = 100 * estimate.low, 100 * estimate.high
        return Content.assemble(
            (fit(f" {estimate.name}", _NAME, self._glyphs.ellipsis) + " ", "$foreground"),
            (draw(estimate, reach, width, is_ascii=self._glyphs is ASCII), estimate.style),
            (f" {100 * estimate.value:+6.1f}", f"bold {estimate.style}"),
            (f" [{low:+.1f}, {high:+.1f}]", "$foreground"),
        )


def reach_of(estimates: Sequence[Estimate]) -> float:
    """The round number that all ends stay within, on both sides of zero."""
    widest = max(max(abs(e.low), abs(e.high), abs(e.value)) for e in estimates)
    return next((step for step in _STEPS if widest <= step), 1.0)


def scale(reach: float, width: int) -> str:
    """The ends and the zero of the axis, in points."""
    left, right = f"{-100 * reach:+.0f}", f"{100 * reach:+.0f}"
    cells = [" "] * width
    cells[: len(left)] = left
    cells[width - len(right) :] = right
    cells[(width - 1) // 2] = "0"
    return "".join(cells)


def draw(estimate: Estimate, reach: float, width: int, *, is_ascii: bool) -> str:
    """The interval as a bar from low to high with the estimate on it, and the zero."""
    line, zero, left, right, point = "-|[]o" if is_ascii else "─│├┤●"

    def cell(value: float) -> int:
        middle = (width - 1) // 2
        return min(max(middle + round(value / reach * middle), 0), width - 1)

    cells = [" "] * width
    low, high = cell(estimate.low), cell(estimate.high)
    cells[low : high + 1] = line * (high - low + 1)
    cells[low], cells[high] = left, right
    cells[cell(0.0)] = zero
    cells[cell(estimate.value)] = point
    return "".join(cells)
