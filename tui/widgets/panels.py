"""Lines that share a scale, and the heading that reads their values at a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from textual.content import Content

from tui.widgets.cells import Glyphs, fit
from tui.widgets.plot import Points, letter, nearest

STYLES = ("$series-1", "$series-2", "$series-3", "$success", "$foreground", "$warning")
MOST_LINES = len(STYLES)
"""Of one panel."""
_NAME = 8
_SMALL, _LARGE = 1e-3, 1e4
"""Beyond these four decimals say too little or too much."""


@dataclass(frozen=True, slots=True)
class Series:
    """A named line; the points are steps and values, in order."""

    name: str
    points: Points


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that share a scale."""

    name: str
    series: tuple[Series, ...]
    remark: str = ""
    """What a good course looks like, in a few words."""
    counts: tuple[int, int] = field(init=False, compare=False)
    """Values that are no number, and values that no logarithm has."""

    def __post_init__(self) -> None:
        values = [value for series in self.series for _, value in series.points]
        n_gaps = values.count(None)
        n_below = sum(value <= 0 for value in values if value is not None)
        object.__setattr__(self, "counts", (n_gaps, n_below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """Where values are read, and what has to be known to write them."""

    at: int | None
    """The step; None for the newest of each line."""
    n_steps: int
    name_width: int
    glyphs: Glyphs
    is_log: bool
    is_here: bool
    """Whether the keys are here."""

    def heading(self, panel: Panel) -> Content:
        """The panel's name, the value of each of its lines, and what to know of them."""
        is_alone = len(panel.series) == 1
        focus = "underline " if self.is_here else ""
        style = f"bold {focus}{STYLES[0] if is_alone else '$foreground'}"
        width = max(_NAME, self.name_width)
        parts = [(fit(panel.name, width, self.glyphs.ellipsis), style)]
        for number, series in enumerate(panel.series):
            name = "" if is_alone else f" {letter(number)} {series.name}"
            parts.append((f"{name} {self._value(series)}", f"bold {STYLES[number]}"))
            parts.append((" ", ""))
        return Content.assemble(*parts, *self._notes(panel))

    def _notes(self, panel: Panel) -> Iterator[tuple[str, str]]:
        lines = [series.points for series in panel.series if series.points]
        if not lines:
            return
        first = next((value for _, value in lines[0] if value is not None), None)
        began = f"from {first:.4g}, " if first is not None and len(panel.series) == 1 else ""
        step = self.at if self.at is not None else max(points[-1][0] for points in lines)
        yield f" {began}step {step:,} of {self.n_steps:,}", "$foreground"
        n_gaps, n_below = panel.counts
        if n_gaps:
            yield f"  {n_gaps:,} not a number", "$warning"
        if n_below and self.is_log:
            yield f"  {n_below:,} not above 0", "$warning"
        yield f"  {panel.remark}", "$secondary"

    def _value(self, series: Series) -> str:
        """Read at the cursor: of the step nearest to it."""
        if not series.points:
            return "-"
        _, value = series.points[-1] if self.at is None else nearest(series.points, self.at)
        return "no number" if value is None else _figure(value)


def _figure(value: float) -> str:
    is_common = value == 0 or _SMALL <= abs(value) < _LARGE
    return f"{value:.4f}" if is_common else f"{value:.3g}"
