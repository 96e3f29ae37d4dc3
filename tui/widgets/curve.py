"""Series as lines of dots, one panel below the other, over one axis of steps.

A panel has its own scale, linear or logarithmic, and one line or several; each line has a
letter beside its colour. With the focus, keys move a cursor that reads the values of a step,
and zoom and pan the axis.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from tui.keymap import Group, bindings, same_keys
from tui.widgets.cells import ASCII, Glyphs, fit
from tui.widgets.panels import STYLES, Panel, Readout
from tui.widgets.plot import (
    MARK,
    Cell,
    Window,
    bounds,
    can_show,
    plot,
    runs_of,
    step_axis,
    thinned,
    ticks,
)

_LEAST_ROWS = 4
"""Of a panel: its heading and three rows to draw in."""
_LEAST_STEPS = 4
_PARTS_PER_CELL = 2
"""Of a long line: as fine as the dots."""
_N_DRAWN = 24


class Curves(Widget, can_focus=True):
    """As many panels as have room, the others by `turn`; painted anew only when a dot moved."""

    DEFAULT_CSS = """
    Curves { height: 1fr; text-wrap: nowrap; text-overflow: clip; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Group.CURVES),
        same_keys("left", "read(-1)"),
        same_keys("right", "read(1)"),
        same_keys("first", "read_edge(-1)"),
        same_keys("last", "read_edge(1)"),
    ]

    def __init__(self, glyphs: Glyphs, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = empty
        """What stands in place of panels while there are steps to come, but no value yet."""
        self._glyphs = glyphs
        self._panels: tuple[Panel, ...] = ()
        self._steps: list[int] = []
        self._n_steps = 0
        self._top = 0
        self._at: int | None = None
        self._window: Window | None = None
        self._is_log = False
        self._drawn: dict[object, tuple[list[str], list[list[Cell]]]] = {}

    @property
    def at(self) -> int | None:
        """The step whose values are read; None for the newest."""
        return self._at

    @property
    def window(self) -> Window:
        """The steps that are shown."""
        return self._window or self._whole

    @property
    def is_log(self) -> bool:
        """Whether heights are logarithms."""
        return self._is_log

    def show(self, panels: Sequence[Panel], n_steps: int) -> None:
        """Replace the lines; the whole axis goes to `n_steps`."""
        if (tuple(panels), n_steps) == (self._panels, self._n_steps):
            return
        self._panels, self._n_steps = tuple(panels), n_steps
        lines = [series.points for panel in panels for series in panel.series]
        self._steps = sorted({step for points in lines for step, _ in points})
        if self._top >= len(self._panels):
            self._top = 0
        self._drawn.clear()
        self.refresh()

    def forget(self) -> None:
        """Other lines come: show all of them again, and the newest values."""
        self._window, self._at = None, None

    def turn(self) -> None:
        """Go on to the panels that had no room."""
        following = self._top + self._n_shown
        self._top = following if following < len(self._panels) else 0
        self.refresh()

    def action_read(self, direction: int) -> None:
        """Read the values some steps on: the next that were measured, or a column's worth."""
        if not self._steps:
            return
        pace = max(round(self.window.reach / max(self._width, 1)), 1)
        at = self._at if self._at is not None else self._steps[-1]
        place = bisect_left(self._steps, at + pace)
        if direction < 0:
            place = bisect_right(self._steps, at - pace) - 1
        self._read(self._steps[min(max(place, 0), len(self._steps) - 1)])

    def action_read_edge(self, direction: int) -> None:
        """Read the first step, or the newest again."""
        if direction > 0 or not self._steps:
            self._at, self._window = None, self._moved(self._whole.last)
            self.refresh()
        else:
            self._read(self._steps[0])

    def action_zoom(self, direction: int) -> None:
        """Show half as many steps or twice as many; the cursor, or the newest, stays in place."""
        now, whole = self.window, self._whole
        newest = self._steps[-1] if self._steps else whole.last
        fixed = min(max(newest if self._at is None else self._at, now.first), now.last)
        reach = max(now.reach * 2.0**-direction, min(_LEAST_STEPS, whole.reach))
        share = (fixed - now.first) / (now.reach or 1.0)
        self._look(fixed - share * reach, reach)

    def action_pan(self, direction: int) -> None:
        """Half a window on."""
        now = self.window
        self._look(now.first + direction * now.reach / 2, now.reach)

    def action_whole(self) -> None:
        """All steps again."""
        self._window = None
        self.refresh()

    def action_scale(self) -> None:
        """Logarithmic heights, or linear ones again."""
        self._is_log = not self._is_log
        self.refresh()

    def on_focus(self) -> None:
        """Show that the keys are here."""
        self.refresh()

    def on_blur(self) -> None:
        """Back to the newest values."""
        self._at = None
        self.refresh()

    def render(self) -> Content:
        """The panels that have room, and the axis below them."""
        if not self._panels:
            return Content.styled(self.empty if self._n_steps else "", "$secondary")
        height = max((self.size.height - 1) // self._n_shown, 2)
        shown = enumerate(self._panels[self._top : self._top + self._n_shown], self._top)
        lines = [line for number, panel in shown for line in self._panel(number, panel, height - 1)]
        return Content("\n").join([*lines, self._axis()])

    @property
    def _whole(self) -> Window:
        first = min(self._steps[0] if self._steps else 1, 1)
        return Window(first, max(self._n_steps, self._steps[-1] if self._steps else 0, first + 1))

    @property
    def _n_shown(self) -> int:
        room = max((self.size.height - 1) // _LEAST_ROWS, 1)
        return min(room, max(len(self._panels), 1))

    @property
    def _width(self) -> int:
        return max(self.size.width - MARK - 1, 2)

    def _read(self, step: int) -> None:
        self._at = step
        now = self.window
        if not now.first <= step <= now.last:
            self._window = self._moved(step)
        self.refresh()

    def _moved(self, step: float) -> Window | None:
        """The window as wide as it is, so that a step is in it."""
        if self._window is None:
            return None
        first = min(max(self._window.first, step - self._window.reach), step)
        return replace(self._window, first=first, last=first + self._window.reach)

    def _look(self, first: float, reach: float) -> None:
        whole = self._whole
        if reach >= whole.reach:
            self._window = None
        else:
            first = min(max(first, whole.first), whole.last - reach)
            self._window = Window(first, first + reach)
        self.refresh()

    def _panel(self, number: int, panel: Panel, height: int) -> list[Content]:
        heading = self._readout().heading(panel)
        values = (value for series in panel.series for _, value in series.points)
        if not any(can_show(value, is_log=self._is_log) for value in values):
            why = "no value above 0" if self._is_log and _has_points(panel) else "no value yet"
            return [heading + Content.styled(f"  {why}", "$secondary"), *[Content("")] * height]
        scale, rows = self._draw(number, panel, height)
        return [heading, *map(self._row, scale, rows)]

    def _draw(self, number: int, panel: Panel, height: int) -> tuple[list[str], list[list[Cell]]]:
        """Scale and rows; kept, since a cursor that moves changes neither."""
        window, size = self.window, (self._width, height)
        key = (number, window, size, self._is_log)
        if key not in self._drawn:
            if len(self._drawn) >= _N_DRAWN:
                self._drawn.clear()
            parts = _PARTS_PER_CELL * self._width
            lines = [thinned(series.points, window, parts) for series in panel.series]
            runs = [runs_of(points, window, is_log=self._is_log) for points in lines]
            is_there = any(runs)
            scale = ticks(*bounds(runs), height, is_log=self._is_log) if is_there else [""] * height
            rows = plot(runs, window, size, is_ascii=self._glyphs is ASCII)
            self._drawn[key] = scale, rows
        return self._drawn[key]

    def _readout(self) -> Readout:
        widest = max(len(each.name) for each in self._panels)
        return Readout(
            at=self._at,
            n_steps=self._n_steps,
            name_width=widest,
            glyphs=self._glyphs,
            is_log=self._is_log,
            is_here=self.has_focus,
        )

    def _row(self, mark: str, cells: Sequence[Cell]) -> Content:
        at = self.window.cell(self._at, self._width) if self._at is not None else -1
        line = "|" if self._glyphs is ASCII else "│"
        drawn = [
            (line, -1) if x == at and sign == " " else (sign, owner)
            for x, (sign, owner) in enumerate(cells)
        ]
        return Content.assemble((f"{mark:>{MARK}} ", "$secondary"), *_spans(drawn))

    def _axis(self) -> Content:
        word = ("zoom " if self._window else "") + ("log" if self._is_log else "")
        gutter = fit(f"{word or 'step':>{MARK}} ", MARK + 1, "")
        return Content.styled(f"{gutter}{step_axis(self.window, self._width)}", "$secondary")


def _has_points(panel: Panel) -> bool:
    return any(series.points for series in panel.series)


def _spans(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """Neighbours of one line together."""
    for owner, group in groupby(cells, key=lambda cell: cell[1]):
        text = "".join(sign for sign, _ in group)
        yield text, STYLES[owner] if owner >= 0 else "$secondary"
