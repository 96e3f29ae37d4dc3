"""Two texts beside or below each other, scrolled as one, their differences marked in words.

The left text is the wanted one and has the sign +, the right one has -. Lines are painted
when they come into sight; nothing here depends on colour alone.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keymap import Group, bindings, same_keys
from tui.widgets.cells import ASCII, Glyphs, plain
from tui.widgets.diff_layout import DiffLine, Layout, heading, lay_out, line_of
from tui.widgets.diff_lines import Diff, Side
from tui.widgets.diff_paint import CHANGED, FOUND, TOKENS, Brushes, Marks, brushes, paint
from tui.widgets.diff_search import Search
from tui.widgets.diff_syntax import Tokens

SPLIT_FROM = 100
"""The narrowest view that puts the texts beside each other by itself."""

_SIDEWAYS = 8
_WHEEL = 3
Syntax = dict[Side, tuple[Tokens, ...]]
"""By side and line, from `tokens_of`; empty for texts that are no programs."""
_NOTHING = Layout((), ())


class DiffView(Widget, can_focus=True):
    """A heading with both titles, then the lines; opens at the first difference."""

    DEFAULT_CSS = """
    DiffView { height: 1fr; background: $background; color: $foreground; }
    DiffView > .diff--heading { background: $panel; color: $foreground; }
    DiffView:focus > .diff--heading { color: $primary; text-style: bold; }
    DiffView > .diff--quiet { color: $secondary; }
    DiffView > .diff--add { background: $diff-add; color: $foreground; }
    DiffView > .diff--del { background: $diff-del; color: $foreground; }
    DiffView > .diff--add-word {
        background: $diff-add-word; color: auto 100%; text-style: underline;
    }
    DiffView > .diff--del-word {
        background: $diff-del-word; color: auto 100%; text-style: underline;
    }
    DiffView > .diff--found { background: $background; text-style: reverse; }
    DiffView > .diff--keyword { color: $primary; text-style: bold; }
    DiffView > .diff--text { color: $success; }
    DiffView > .diff--number { color: $accent; }
    DiffView > .diff--comment { color: $secondary; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--heading",
        "diff--quiet",
        FOUND,
        *CHANGED,
        *TOKENS.values(),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Group.DIFF),
        same_keys("down", "move(1)"),
        same_keys("up", "move(-1)"),
        same_keys("page-down", "page(1)"),
        same_keys("page-up", "page(-1)"),
        same_keys("first", "edge(-1)"),
        same_keys("last", "edge(1)"),
        same_keys("right", "sideways(1)"),
        same_keys("left", "sideways(-1)"),
    ]

    class Moved(Message):
        """Another difference is the current one."""

    class SearchAsked(Message):
        """The key of the search was pressed here."""

    def __init__(self, glyphs: Glyphs, *, old: Side = Side.RIGHT, id: str | None = None) -> None:
        """`old` is the side whose lines go; the other one's come."""
        super().__init__(id=id)
        self._signs = {side: "-" if side is old else "+" for side in Side}
        self._old = old
        self._glyphs = glyphs
        self._diff: Diff | None = None
        self._titles = ("", "")
        self._layout = _NOTHING
        self._top = self._x = self._current = 0
        self._wish: bool | None = None
        self._is_wrapped = False
        self._syntax: Syntax = {}
        self._search = Search()
        self._brushes: Brushes | None = None

    @property
    def is_split(self) -> bool:
        """Whether the texts stand beside each other: as wished, else by the width."""
        return self.size.width >= SPLIT_FROM if self._wish is None else self._wish

    @property
    def is_wrapped(self) -> bool:
        """Whether long lines go on below; otherwise they are scrolled sideways."""
        return self._is_wrapped

    @property
    def place(self) -> tuple[int, int]:
        """The current difference from 1, and how many there are."""
        n = len(self._diff.starts) if self._diff else 0
        return (self._current + 1 if n else 0), n

    @property
    def searched(self) -> str:
        """The text that is searched; empty without a search."""
        return self._search.text

    @property
    def found(self) -> tuple[int, int]:
        """The current place of what is searched from 1, and how many there are."""
        return self._search.place

    def show(
        self, diff: Diff | None, left: str = "", right: str = "", syntax: Syntax | None = None
    ) -> None:
        """Replace the texts; `left` and `right` are their titles. A search goes on in them."""
        self._diff = diff
        self._titles = (left, right)
        self._syntax = syntax or {}
        self._x = self._current = 0
        self._search.begin(diff, self._search.text)
        self._lay_out()
        self._centre()

    def search(self, text: str) -> int:
        """Mark all places of a text and go to the first from here on; returns how many."""
        row = self._layout.lines[self._top].row if self._layout.lines else 0
        self._search.begin(self._diff, text, row)
        self._show_hit()
        return self._search.place[1]

    def action_search(self) -> None:
        """Have somebody ask for a text."""
        self.post_message(self.SearchAsked())

    def action_hit(self, n: int) -> None:
        """To a later or an earlier place, round about."""
        self._search.step(n)
        self._show_hit()

    def retitle(self, left: str, right: str) -> None:
        """Replace the titles alone."""
        if self._titles != (left, right):
            self._titles = (left, right)
            self.refresh()

    def action_difference(self, n: int) -> None:
        """To a later or an earlier difference."""
        _, n_all = self.place
        current = min(max(self._current + n, 0), max(n_all - 1, 0))
        self._current = current
        self._centre()

    def action_toggle_split(self) -> None:
        """Beside each other or below, whatever the width."""
        self._wish = not self.is_split
        self._keep_place()

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or scroll them sideways."""
        self._is_wrapped = not self._is_wrapped
        self._x = 0
        self._keep_place()

    def action_move(self, n: int) -> None:
        """Scroll by lines."""
        self._scroll(self._top + n)

    def action_page(self, n: int) -> None:
        """Scroll by pages."""
        self._scroll(self._top + n * max(self._height - 1, 1))

    def action_edge(self, direction: int) -> None:
        """To the beginning or the end."""
        self._scroll(self._highest_top if direction > 0 else 0)

    def action_sideways(self, n: int) -> None:
        """Scroll both texts sideways."""
        longest = 0 if self._diff is None else max(map(len, self._diff.left + self._diff.right))
        x = min(max(self._x + n * _SIDEWAYS, 0), longest)
        if not self._is_wrapped and x != self._x:
            self._x = x
            self.refresh()

    def on_mouse_scroll_down(self) -> None:
        """Scroll on."""
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self) -> None:
        """Scroll back."""
        self.action_move(-_WHEEL)

    def on_resize(self) -> None:
        """Another width is another layout."""
        self._keep_place()

    def notify_style_update(self) -> None:
        """Another theme has other styles."""
        super().notify_style_update()
        self._brushes = None

    def render_line(self, y: int) -> Strip:
        """The heading or a line of the texts."""
        width = self.size.width
        if y == 0:
            return self._heading()
        index = self._top + y - 1
        if self._diff is None or index >= len(self._layout.lines):
            return Strip([Segment(" " * width, self.rich_style)])
        line = self._layout.lines[index]
        if line.side is None and self.is_split:
            left = self._side(line, Side.LEFT, self._half)
            bar = Segment(self._bar, self.get_component_rich_style("diff--quiet"))
            right = self._side(line, Side.RIGHT, width - self._half - 1)
            return Strip.join([left, Strip([bar]), right])
        return self._side(line, line.side or Side.LEFT, width)

    @property
    def _height(self) -> int:
        return max(self.size.height - 1, 1)

    @property
    def _highest_top(self) -> int:
        return max(len(self._layout.lines) - self._height, 0)

    @property
    def _half(self) -> int:
        return (self.size.width - 1) // 2

    @property
    def _digits(self) -> int:
        diff = self._diff
        return len(str(max(len(diff.left), len(diff.right), 1))) if diff else 1

    @property
    def _room(self) -> int:
        """Cells for the text of a side; the left half is never the wider one."""
        return max((self._half if self.is_split else self.size.width) - self._digits - 4, 1)

    @property
    def _bar(self) -> str:
        return "|" if self._glyphs is ASCII else "│"

    def _lay_out(self) -> None:
        if self._diff is None or not self.size.width:
            self._layout = _NOTHING
            return
        wrap_at = self._room if self._is_wrapped else None
        self._layout = lay_out(self._diff, is_split=self.is_split, wrap_at=wrap_at, old=self._old)

    def _keep_place(self) -> None:
        row = self._layout.lines[self._top].row if self._top < len(self._layout.lines) else None
        is_fresh = not self._layout.lines
        self._lay_out()
        if is_fresh or row is None:
            self._centre()
        else:
            self._scroll(self._layout.first_lines[row])
            self.refresh()

    def _centre(self) -> None:
        if self._diff is not None and self._diff.starts and self._layout.lines:
            line = self._layout.first_lines[self._diff.starts[self._current]]
            self._scroll(line - self._height // 2)
        else:
            self._scroll(0)
        self.refresh()
        self.post_message(self.Moved())

    def _scroll(self, top: int) -> None:
        top = min(max(top, 0), self._highest_top)
        if top != self._top:
            self._top = top
            self.refresh()

    def _show_hit(self) -> None:
        """Bring the current place into sight."""
        hit, room = self._search.hit, self._room
        if hit is not None and self._layout.lines:
            part = hit.start // room if self._is_wrapped else 0
            at = line_of(self._layout, hit.row, hit.side or Side.LEFT, part)
            if not self._is_wrapped and not self._x <= hit.start < self._x + room:
                self._x = max(hit.start - room // 2, 0)
            if not self._top <= at < self._top + self._height:
                self._scroll(at - self._height // 2)
        self.refresh()

    def _heading(self) -> Strip:
        at, n = self.place
        place = f" {at}/{n} " if n else " no difference "
        if self._search.text:
            place = f" found {self._search.shown} {place}"
        signed = zip(self._signs.values(), self._titles, strict=True)
        titles = [f" {sign} {plain(text)}" for sign, text in signed]
        if self._diff is None:
            place, titles = "", ["", ""]
        half = self._half if self.is_split else None
        text = heading(titles, place, self.size.width, half, self._glyphs.ellipsis)
        return Strip([Segment(text, self.get_component_rich_style("diff--heading"))])

    def _side(self, line: DiffLine, side: Side, width: int) -> Strip:
        """One side's part of a line: current mark, number, sign, text."""
        assert self._diff is not None
        row = self._diff.rows[line.row]
        text = self._diff.text(row, side)
        base = self.rich_style
        if text is None:
            return Strip([Segment(" " * width, base)])
        if self._brushes is None:
            self._brushes = brushes(self.get_component_rich_style, base, self._old)
        quiet = self.get_component_rich_style("diff--quiet")
        number = (row.left if side is Side.LEFT else row.right) or 0
        shown = f"{number + 1:>{self._digits}} " if not line.part else " " * (self._digits + 1)
        style = base if row.is_same else self._brushes.lines[side]
        sign = " " if row.is_same else self._signs[side]
        room = max(width - self._digits - 4, 1)
        x = line.part * room if self._is_wrapped else self._x
        tokens = self._syntax.get(side, ())
        marks = Marks(
            tokens[number] if tokens else (),
            self._diff.marks(row, side),
            self._search.hits.spans(line.row, side),
            self._search.now(line.row, side),
        )
        body = Strip(paint(text, None if row.is_same else side, marks, self._brushes))
        head = [
            Segment(self._mark(line), quiet),
            Segment(shown, quiet),
            Segment(f"{sign} ", style),
        ]
        cut = body.crop(x, x + room).adjust_cell_length(room, style)
        return Strip.join([Strip(head), cut]).adjust_cell_length(width, base)

    def _mark(self, line: DiffLine) -> str:
        """The sign at the current difference."""
        assert self._diff is not None
        starts = self._diff.starts
        is_here = bool(starts) and line.row == starts[self._current] and not line.part
        return self._glyphs.next if is_here else " "
