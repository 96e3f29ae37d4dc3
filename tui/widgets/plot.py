"""Lines as characters: which part of the axes is shown, and the cells that lines run through.

A cell holds 2 x 4 dots of braille, or one sign where only ASCII can be shown. A value that is
no number is a gap: nothing is drawn across it. So is a value that a logarithm does not have.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter

Points = Sequence[tuple[int, float | None]]
"""Steps and values, in order; None where there was no number."""
Spot = tuple[float, float]
"""A step and a height, as drawn."""
Run = list[Spot]
"""Neighbours without a gap between them."""
Cell = tuple[str, int]
"""A sign, and the number of the line it belongs to; -1 of none."""

MARK = 8
"""Cells that a tick of the scale takes at most."""
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille cell by column and row."""
_NOBODY = -1
_MARK_EVERY = 16
"""Cells from one letter on a line to the next."""
_FARTHEST = sys.float_info.max
_FARTHEST_POWER = sys.float_info.max_10_exp
_FLAT = 0.1
"""Of a level line's height: so much of the axis is shown above and below it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The steps that are shown, from the left edge to the right one."""

    first: float
    last: float

    @property
    def reach(self) -> float:
        """How many steps wide."""
        return self.last - self.first

    def cell(self, step: float, width: int) -> int:
        """The column of a step; outside of 0 to width - 1 when it is not shown."""
        return round((step - self.first) / (self.reach or 1.0) * (width - 1))

    def step(self, cell: int, width: int) -> float:
        """The step of a column."""
        return self.first + self.reach * cell / max(width - 1, 1)


def runs_of(points: Points, window: Window, *, is_log: bool) -> list[Run]:
    """What of a line is seen through the window, cut at gaps and at its edges.

    Heights are as drawn: decimal logarithms when `is_log`.
    """
    found: list[Run] = []
    run: Run = []
    for step, value in points:
        if not can_show(value, is_log=is_log):
            found.append(run)
            run = []
        elif value is not None:
            run.append((float(step), math.log10(value) if is_log else value))
    found.append(run)
    return [seen for run in found if (seen := _clipped(run, window))]


def thinned(points: Points, window: Window, n_parts: int) -> Points:
    """What of a long line can be seen: of each part the ends, the lowest and the highest.

    One point is kept beyond either edge; parts with gaps are kept whole.
    """
    start = max(bisect_left(points, window.first, key=_step) - 1, 0)
    seen = points[start : bisect_right(points, window.last, key=_step) + 1]
    if len(seen) <= 4 * n_parts:
        return seen
    kept: list[tuple[int, float | None]] = []
    ends = [len(seen) * n // n_parts for n in range(n_parts + 1)]
    for begin, end in pairwise(ends):
        part = seen[begin:end]
        try:
            low, high = min(part, key=_value), max(part, key=_value)
        except TypeError:  # there is a gap in it
            kept += part
        else:
            kept += sorted({part[0], low, high, part[-1]})
    return kept


def nearest(points: Points, step: int) -> tuple[int, float | None]:
    """The point whose step is nearest; of two, the earlier."""
    after = bisect_left(points, step, key=_step)
    return min(points[max(after - 1, 0) : after + 1], key=lambda point: abs(point[0] - step))


def can_show(value: float | None, *, is_log: bool) -> bool:
    """Whether a value has a place on the axis."""
    return value is not None and math.isfinite(value) and not (is_log and value <= 0.0)


def bounds(runs: Sequence[Sequence[Run]]) -> tuple[float, float]:
    """The lowest and the highest point of several lines; never equal."""
    heights = [height for line in runs for run in line for _, height in run]
    if not heights:
        return 0.0, 1.0
    low, high = min(heights), max(heights)
    if low == high:
        pad = abs(low) * _FLAT or 1.0
        return max(low - pad, -_FARTHEST), min(high + pad, _FARTHEST)
    return low, high


def plot(
    lines: Sequence[Sequence[Run]], window: Window, size: tuple[int, int], *, is_ascii: bool
) -> list[list[Cell]]:
    """All lines as rows of cells; the lowest value stands in the last row.

    Where lines meet the later one has the cell. Several lines carry their letters.
    """
    width, height = size
    across, down = (1, 1) if is_ascii else (2, 4)
    low, high = bounds(lines)
    bits = [[0] * width for _ in range(height)]
    owner = [[_NOBODY] * width for _ in range(height)]
    for number, line in enumerate(lines):
        for run in line:
            for x, y in _dots(run, window, (low, high), (width * across, height * down)):
                bits[y // down][x // across] |= _DOTS[x % across][y % down]
                owner[y // down][x // across] = number
    rows = [
        [(_sign(bits[y][x], owner[y][x], len(lines), is_ascii), owner[y][x]) for x in range(width)]
        for y in range(height)
    ]
    if len(lines) > 1 and not is_ascii:
        _mark(rows, len(lines))
    return rows


def letter(number: int) -> str:
    """The sign of one of several lines."""
    return chr(ord("a") + number)


def ticks(low: float, high: float, height: int, *, is_log: bool) -> list[str]:
    """What stands left of each row: the ends, and the middle where there is room."""
    marks = [""] * height
    marks[-1] = _figure(low, is_log)
    if height > 4:
        share = (height // 2) / (height - 1)
        marks[height // 2] = _figure(high * (1 - share) + low * share, is_log)
    marks[0] = _figure(high, is_log)
    return marks


def step_axis(window: Window, width: int) -> str:
    """Steps below their columns, as many as fit without touching."""
    line = [" "] * width
    n_marks = max(min(width // 12, 8), 1)
    for number in range(n_marks + 1):
        column = round(number * (width - 1) / n_marks)
        text = f"{round(window.step(column, width)):,}"
        start = min(max(column - len(text) // 2, 0), max(width - len(text), 0))
        before = "".join(line[max(start - 1, 0) : start + len(text) + 1])
        if not before.strip():
            line[start : start + len(text)] = text
    return "".join(line)[:width]


def _figure(height: float, is_log: bool) -> str:
    if is_log and abs(height) > _FARTHEST_POWER:
        return f"1e{height:+.0f}"
    value = 10**height if is_log else height
    texts = [f"{value:.{n}g}" for n in (3, 2, 1)]
    return next((text for text in texts if len(text) <= MARK), texts[-1])


_step = itemgetter(0)
_value = itemgetter(1)


def _clipped(run: Run, window: Window) -> Run:
    """The part of a run inside the window; where it crosses an edge, a point on the edge."""
    begin = bisect_left(run, window.first, key=_step)
    end = bisect_right(run, window.last, key=_step)
    seen = run[begin:end]
    if 0 < begin < len(run) and run[begin][0] > window.first:
        seen.insert(0, _on_edge(run[begin - 1], run[begin], window))
    if 0 < end < len(run) and run[end - 1][0] < window.last:
        seen.append(_on_edge(run[end], run[end - 1], window))
    return seen


def _on_edge(point: Spot, other: Spot, window: Window) -> Spot:
    step = min(max(point[0], window.first), window.last)
    if step == point[0]:
        return point
    share = (step - point[0]) / (other[0] - point[0])
    return step, point[1] + share * (other[1] - point[1])


def _dots(
    run: Run, window: Window, ends: tuple[float, float], size: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """The dots of a run with those between neighbours, so that a steep line has no gap."""
    low, high = ends
    width, height = size
    places = [
        (window.cell(step, width), round(_share(high, value, low) * (height - 1)))
        for step, value in run
    ]
    thinned = list(_thinned(places))
    yield thinned[0]
    for (x0, y0), (x1, y1) in pairwise(thinned):
        n = max(abs(x1 - x0), abs(y1 - y0), 1)
        for at in range(1, n + 1):
            yield round(x0 + (x1 - x0) * at / n), round(y0 + (y1 - y0) * at / n)


def _share(high: float, value: float, low: float) -> float:
    """How far below the highest, 0 to 1; in halves where the distance is beyond all numbers."""
    reach = high - low
    if math.isinf(reach):
        return (high / 2 - value / 2) / (high / 2 - low / 2)
    return (high - value) / reach


def _thinned(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """First, lowest, highest and last of each column: what is between changes no dot."""
    for x, group in groupby(places, key=lambda place: place[0]):
        heights = [y for _, y in group]
        yield x, heights[0]
        if len(heights) > 1:
            yield x, min(heights)
            yield x, max(heights)
            yield x, heights[-1]


def _sign(bits: int, owner: int, n_lines: int, is_ascii: bool) -> str:
    if not bits:
        return " "
    if is_ascii:
        return letter(owner) if n_lines > 1 else "*"
    return chr(0x2800 + bits)


def _mark(rows: list[list[Cell]], n_lines: int) -> None:
    """Put each line's letter on it here and there, so that colour is not needed."""
    width = len(rows[0])
    for number in range(n_lines):
        wanted = set(range(2 + number * (_MARK_EVERY // n_lines), width, _MARK_EVERY))
        places = [
            (x, next(row for row in rows if row[x][1] == number))
            for x in range(width)
            if any(row[x][1] == number for row in rows)
        ]
        chosen = [place for place in places if place[0] in wanted] or places[-1:]
        for x, row in chosen:
            row[x] = (letter(number), number)
