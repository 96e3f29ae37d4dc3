"""A small table of named stages: sign, name, state, figure, remark, and the command to see more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from tui.widgets.cells import Glyphs, fit

_NAME, _STATE, _COUNT, _UNIT, _COMMAND = 12, 9, 9, 10, 26
_FIXED = 4 + _NAME + _STATE + _COUNT + 1 + _UNIT
_REMARK_WIDEST = 52
_WIDE = 110
"""From here on there is room for the commands."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """One row of plain text, already cleaned."""

    glyph: str
    name: str
    state: str
    count: str
    unit: str
    remark: str
    command: str
    style: str
    """For glyph and state, e.g. `$state-passed`; they say the same without it."""


class StageTable(Widget):
    """Rows that are only ever repainted in place."""

    DEFAULT_CSS = """
    StageTable { height: auto; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._lines: tuple[StageLine, ...] = ()

    def show(self, lines: Sequence[StageLine]) -> None:
        """Replace the rows."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.refresh()

    def render(self) -> Content:
        """A heading and one line per row, as wide as the widget."""
        heading = StageLine("", "stage", "state", "count", "", "", "shown by", "")
        rows = [self._row(line, "$foreground") for line in self._lines]
        return Content("\n").join([self._row(heading, "$secondary"), *rows])

    def _row(self, line: StageLine, style: str) -> Content:
        width, end = self.size.width, self._glyphs.ellipsis
        is_wide = width >= _WIDE
        room = min(width - _FIXED - (_COMMAND if is_wide else 1), _REMARK_WIDEST)
        parts = [
            (f" {fit(line.glyph, 1, end)}  ", line.style or style),
            (fit(line.name, _NAME, end), style),
            (fit(line.state, _STATE, end), line.style or style),
            (f"{line.count:>{_COUNT}} ", style),
            (fit(line.unit, _UNIT, end), style),
            (fit(line.remark, max(room, 0), end), "$secondary"),
        ]
        if is_wide:
            parts.append((fit(line.command, _COMMAND, end), "$secondary"))
        return Content.assemble(*parts)
