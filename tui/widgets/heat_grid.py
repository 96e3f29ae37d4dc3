"""A grid of marks, one cell each, under a cursor: rows by columns, of any size.

Only the lines on the screen are made, and a new mark repaints only its own line. Each mark
is a sign first; its colour says nothing that the sign does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keymap import same_keys
from tui.widgets.cells import Glyphs, cut_head, fit
from tui.widgets.marks import BLANK, Axes, Mark, Note, Place, Tone

__all__ = ["BLANK", "Axes", "HeatGrid", "Mark", "Note", "Place", "Tone"]

_TALLY = 7
_NOTE = 9
_LABEL_WIDEST, _LABEL_NARROWEST = 44, 6


class HeatGrid(Widget, can_focus=True):
    """Marks at places; blank where nothing was put."""

    DEFAULT_CSS = """
    HeatGrid { height: 1fr; width: 1fr; }
    HeatGrid > .heat--head { color: $secondary; }
    HeatGrid > .heat--plain { color: $foreground; }
    HeatGrid > .heat--good { color: $state-passed; }
    HeatGrid > .heat--bad { color: $state-failed; }
    HeatGrid > .heat--odd { color: $state-stopped; }
    HeatGrid > .heat--busy { color: $state-running; }
    HeatGrid > .heat--row { background: $panel; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat--head",
        "heat--row",
        *(f"heat--{tone}" for tone in Tone),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        same_keys("down", "move(1, 0)"),
        same_keys("up", "move(-1, 0)"),
        same_keys("left", "move(0, -1)"),
        same_keys("right", "move(0, 1)"),
        same_keys("page-down", "page(1)"),
        same_keys("page-up", "page(-1)"),
        same_keys("first", "edge(0)"),
        same_keys("last", "edge(-1)"),
        same_keys("open", "open"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands elsewhere, or on something new."""

        place: Place

    @dataclass
    class Opened(Message):
        """A cell is to be opened."""

        place: Place

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._axes = Axes()
        self._marks: dict[Place, Mark] = {}
        self._notes: dict[int, Note] = {}
        self._cursor = Place(0, 0)
        self._top = 0

    @property
    def cursor(self) -> Place | None:
        """Where the cursor stands; None in an empty grid."""
        return self._cursor if self._axes.labels and self._axes.n_columns else None

    def show(
        self,
        axes: Axes,
        marks: Mapping[Place, Mark],
        notes: Mapping[int, Note] | None = None,
    ) -> None:
        """Replace everything; the cursor stays on the row of the same label."""
        notes = dict(notes or {})
        if (axes, marks, notes) == (self._axes, self._marks, self._notes):
            return
        row = self._cursor.row
        label = self._axes.labels[row] if row < len(self._axes.labels) else ""
        self._axes, self._marks, self._notes = axes, dict(marks), notes
        self._go(axes.labels.index(label) if label in axes.labels else 0, self._cursor.column)
        self.refresh()

    def put(self, place: Place, mark: Mark) -> None:
        """Set one mark."""
        if self._marks.get(place) != mark:
            self._marks[place] = mark
            self._refresh_cell(place)

    def note(self, row: int, note: Note) -> None:
        """Set the note of one row."""
        if self._notes.get(row) != note:
            self._notes[row] = note
            self._refresh_part(row, self._label_width + 3, self._note_width)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor on the screen."""
        self._go(self._cursor.row, self._cursor.column)

    def on_focus(self) -> None:
        """Show the cursor's cell, too."""
        self._go(self._cursor.row, self._cursor.column)
        self._refresh_row(self._cursor.row)

    def on_blur(self) -> None:
        """Show the cursor's row alone."""
        self._go(self._cursor.row, self._cursor.column)
        self._refresh_row(self._cursor.row)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to what was clicked."""
        if event.y > 0:
            self._go(self._top + event.y - 1, self._column_at(event.x))

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor by so many cells."""
        self._go(self._cursor.row + rows, self._cursor.column + columns)

    def action_page(self, n_pages: int) -> None:
        """Move the cursor by so many screens."""
        self._go(self._cursor.row + n_pages * max(self._n_shown - 1, 1), self._cursor.column)

    def action_edge(self, at: int) -> None:
        """Move to the first (0) or last (-1) row."""
        self._go(0 if at == 0 else len(self._axes.labels) - 1, self._cursor.column)

    def action_open(self) -> None:
        """Ask to open the cell under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Opened(self._cursor))

    def render_line(self, y: int) -> Strip:
        """The heading, or one row."""
        width = self.size.width
        row = self._top + y - 1
        if not self._axes.labels or row >= len(self._axes.labels):
            return Strip.blank(width, self.rich_style)
        head, cells = self._heading() if y == 0 else self._row(row)
        room = width - self._head_width
        shown = Strip(cells).crop(self._left, self._left + room)
        line = Strip([*head, *shown]).adjust_cell_length(width, self.rich_style)
        return line.apply_style(self.rich_style)

    @property
    def _left(self) -> int:
        """Cells of the columns that are out of sight at the left, when not all fit."""
        width = sum(2 * n + _TALLY for _, n in self._axes.blocks)
        room = self.size.width - self._head_width
        if width <= room:
            return 0
        x, column = 2 * self._cursor.column, self._cursor.column
        for _, n in self._axes.blocks:
            if column < n:
                break
            x, column = x + _TALLY, column - n
        return max(min(x - room // 2, width - room), 0)

    @property
    def _n_shown(self) -> int:
        return max(self.size.height - 1, 1)

    @property
    def _label_width(self) -> int:
        widest = max((len(label) for label in self._axes.labels), default=0)
        cells = sum(2 * n + _TALLY for _, n in self._axes.blocks)
        room = self.size.width - cells - self._note_width - 4
        return max(min(widest, room, _LABEL_WIDEST), _LABEL_NARROWEST)

    @property
    def _note_width(self) -> int:
        return _NOTE if self._axes.notes else 0

    @property
    def _head_width(self) -> int:
        """Pointer, label and note."""
        return self._label_width + 3 + self._note_width

    def _go(self, row: int, column: int) -> None:
        axes = self._axes
        row = max(min(row, len(axes.labels) - 1), 0)
        column = max(min(column, axes.n_columns - 1), 0)
        old, window = self._cursor, (self._top, self._left)
        self._cursor = Place(row, column)
        self._top = max(min(self._top, row), row - self._n_shown + 1, 0)
        if window != (self._top, self._left):
            self.refresh()
        elif old != self._cursor:
            self._refresh_row(old.row)
            self._refresh_row(row)
            self.refresh(Region(0, 0, self.size.width, 1))
        if axes.labels:
            self.post_message(self.Moved(self._cursor))

    def _refresh_row(self, row: int) -> None:
        if self._top <= row < self._top + self._n_shown:
            self.refresh(Region(0, row - self._top + 1, self.size.width, 1))

    def _refresh_cell(self, place: Place) -> None:
        """Paint one mark and the tally of its block: a row of many marks takes many bytes."""
        x, column = self._head_width - self._left, place.column
        for _, n in self._axes.blocks:
            if column < n:
                self._refresh_part(place.row, x + 2 * column, 1, self._head_width)
                self._refresh_part(place.row, x + 2 * n, _TALLY, self._head_width)
                return
            x, column = x + 2 * n + _TALLY, column - n

    def _refresh_part(self, row: int, x: int, width: int, floor: int = 0) -> None:
        """Paint some cells of a row, as far as they can be seen: from `floor` on."""
        start, end = max(x, floor), min(x + width, self.size.width)
        if start < end and self._top <= row < self._top + self._n_shown:
            self.refresh(Region(start, row - self._top + 1, end - start, 1))

    def _heading(self) -> tuple[list[Segment], list[Segment]]:
        """What stays at the left, and what may be scrolled."""
        head = self._style("head")
        at = f"{self._cursor.row + 1}/{len(self._axes.labels)}"
        text = fit(f"  {at}", self._label_width + 3, "")
        end = self._glyphs.ellipsis
        blocks = [fit(name, 2 * n + _TALLY - 1, end) + " " for name, n in self._axes.blocks]
        left = Segment(text + fit(self._axes.notes, self._note_width, ""), head)
        return [left], [Segment(block, head) for block in blocks]

    def _row(self, row: int) -> tuple[list[Segment], list[Segment]]:
        is_here = row == self._cursor.row
        ground = self._style("row") if is_here else Style()
        pointer = self._glyphs.next if is_here else " "
        label = cut_head(self._axes.labels[row], self._label_width, self._glyphs.ellipsis)
        note = self._notes.get(row, Note(""))
        style = self._style(note.tone) + ground
        head = [
            Segment(f"{pointer} {fit(label, self._label_width, '')} ", ground),
            Segment(fit(note.text, self._note_width, ""), style),
        ]
        parts: list[Segment] = []
        column = 0
        for _, n in self._axes.blocks:
            marks = [self._marks.get(Place(row, at)) for at in range(column, column + n)]
            for at, mark in enumerate(marks, column):
                parts.append(
                    self._cell(mark, ground, is_cursor=is_here and at == self._cursor.column)
                )
                parts.append(Segment(" ", ground))
            parts.append(Segment(_tally(marks), ground))
            column += n
        return head, parts

    def _cell(self, mark: Mark | None, ground: Style, *, is_cursor: bool) -> Segment:
        style = ground if mark is None else self._style(mark.tone) + ground
        if is_cursor and self.has_focus:
            style += Style(reverse=True)
        return Segment(mark.sign if mark else " ", style)

    def _column_at(self, x: int) -> int:
        x += self._left - self._head_width
        column = 0
        for _, n in self._axes.blocks:
            if x < 2 * n + _TALLY:
                return column + max(min(x // 2, n - 1), 0)
            x, column = x - 2 * n - _TALLY, column + n
        return column

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"heat--{name}", partial=True)


def _tally(marks: Sequence[Mark | None]) -> str:
    """How many of the counted marks are good."""
    counted = [mark for mark in marks if mark is not None and mark.is_counted]
    n_good = sum(mark.tone is Tone.GOOD for mark in counted)
    return fit(f" {n_good}/{len(counted)}" if counted else "", _TALLY, "")
