"""The rows of a list, and how a row becomes one line as wide as the list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip
from textual.style import Style

from tui.widgets.cells import Glyphs, fit, plain

_SIGN = 2
_FREE_WIDEST = 80

Cell = str | tuple[str, str]
"""Text, or text and its style such as `$state-passed`."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; text that is too long ends in an ellipsis."""

    heading: str
    width: int
    """In cells; those with 0 share what the other columns leave."""
    is_right: bool = False
    from_width: int = 0
    """The narrowest list that shows the column."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, a cell per column."""

    row_id: str
    cells: tuple[Cell, ...]
    item: object = None
    """What the row stands for."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and how many there are in all."""

    rows: Sequence[Row]
    n_total: int


Fetch = Callable[[int, int], Awaitable[Page]]
"""Rows from an offset, at most so many."""


class ListLines:
    """Paints headings and rows; keeps the styles it has parsed."""

    def __init__(self, columns: tuple[Column, ...], glyphs: Glyphs) -> None:
        self._columns = columns
        self._glyphs = glyphs
        self._styles: dict[str, RichStyle] = {}

    def forget_styles(self) -> None:
        """Another theme: names mean other colours."""
        self._styles.clear()

    def as_text(self, row: Row) -> str:
        """All cells, also those that have no room, a line each."""
        texts = [cell if isinstance(cell, str) else cell[0] for cell in row.cells]
        named = zip(self._columns, texts, strict=True)
        return "\n".join(f"{column.heading or '-'}: {text}" for column, text in named)

    def heading(self, width: int, place: tuple[int, int], style: RichStyle) -> Strip:
        """The names of the columns, and at the right end the cursor's place among all rows."""
        cursor, n_total = place
        where = f" {cursor + 1:,}/{n_total:,}" if n_total else ""
        room = max(width - cell_len(where), 0)
        text = " " * _SIGN
        for column, cells in self._widths(width):
            name = _cell(column.heading, cells, column, "")
            # A heading that the place would cut gives way to it as a whole.
            text += f"{name} " if cell_len(f"{text}{name}".rstrip()) <= room else ""
        return Strip([Segment(fit(fit(text, room, "") + where, width, ""), style)])

    def row(
        self, row: Row | None, width: int, base: RichStyle, variables: Mapping[str, str] | None
    ) -> Strip:
        """One row, an ellipsis while it is on its way; without variables, the cursor's."""
        end = self._glyphs.ellipsis
        sign = self._glyphs.next if variables is None else " "
        segments = [Segment(f"{sign} ", base)]
        cells = dict(zip(self._columns, row.cells, strict=True)) if row is not None else {}
        for column, cell_width in self._widths(width) if cells else ():
            cell = cells[column]
            text, name = cell if isinstance(cell, tuple) else (cell, "")
            style = base + self._style(name, variables) if name and variables else base
            segments.append(Segment(_cell(text, cell_width, column, end), style))
            segments.append(Segment(" ", base))
        if row is None:
            segments.append(Segment(end, base))
        return Strip(segments).adjust_cell_length(width, base)

    def _widths(self, width: int) -> list[tuple[Column, int]]:
        shown = [column for column in self._columns if column.from_width <= width]
        fixed = _SIGN + sum(column.width + 1 for column in shown)
        n_free = sum(not column.width for column in shown)
        free = max((width - fixed) // max(n_free, 1), 1)
        # A wide gap before the next column would part the figures of a row from its name.
        between = min(free, _FREE_WIDEST)
        return [
            (column, column.width or (free if column is shown[-1] else between)) for column in shown
        ]

    def _style(self, name: str, variables: Mapping[str, str]) -> RichStyle:
        if name not in self._styles:
            self._styles[name] = Style.parse(name, dict(variables)).rich_style
        return self._styles[name]


def _cell(text: str, width: int, column: Column, end: str) -> str:
    text = plain(text)
    if column.is_right:
        text = " " * (width - cell_len(text)) + text
    return fit(text, width, end)
