"""Two texts beside or below each other, scrolled as one, their differences marked in words.

The left text is the wanted one and has the sign +, the right one has -. Lines are painted
when they come into sight; nothing here depends on colour alone.
"""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.keymap import same_keys
from tui.widgets.cells import ASCII, Glyphs, fit, plain
from tui.widgets.diff_layout import DiffLine, Layout, lay_out
from tui.widgets.diff_lines import Diff, Side, Spans

SPLIT_FROM = 100
"""The narrowest view that puts the texts beside each other by itself."""

_SIDEWAYS = 8
_WHEEL = 3
_SIGNS = {Side.LEFT: "+", Side.RIGHT: "-"}
_CLASSES = {Side.LEFT: "diff--add", Side.RIGHT: "diff--del"}
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
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--heading",
        "diff--quiet",
        "diff--add",
        "diff--del",
        "diff--add-word",
        "diff--del-word",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
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

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._diff: Diff | None = None
        self._titles = ("", "")
        self._layout = _NOTHING
        self._top = self._x = self._current = 0
        self._wish: bool | None = None
        self._is_wrapped = False

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

    def show(self, diff: Diff | None, left: str = "", right: str = "") -> None:
        """Replace the texts; `left` and `right` are their titles."""
        self._diff = diff
        self._titles = (left, right)
        self._x = self._current = 0
        self._lay_out()
        self._centre()

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
    def _bar(self) -> str:
        return "|" if self._glyphs is ASCII else "│"

    def _lay_out(self) -> None:
        if self._diff is None or not self.size.width:
            self._layout = _NOTHING
            return
        # The left half is never the wider one, so that what fits it fits the other.
        room = (self._half if self.is_split else self.size.width) - self._digits - 4
        wrap_at = max(room, 1) if self._is_wrapped else None
        self._layout = lay_out(self._diff, is_split=self.is_split, wrap_at=wrap_at)

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

    def _heading(self) -> Strip:
        width, end = self.size.width, self._glyphs.ellipsis
        style = self.get_component_rich_style("diff--heading")
        at, n = self.place
        place = f" {at}/{n} " if n else " no difference " if self._diff else ""
        left, right = (
            f" {sign} {plain(text)}" for sign, text in zip("+-", self._titles, strict=True)
        )
        if self._diff is None:
            left = right = ""
        room = max(width - cell_len(place), 0)
        if self.is_split:
            first = min(self._half, room)
            text = fit(left, first, end) + fit(f" {right}", room - first, end)
        else:
            first = room // 2
            text = fit(left, first, end) + fit(right, room - first, end)
        return Strip([Segment(fit(text + place, width, end), style)])

    def _side(self, line: DiffLine, side: Side, width: int) -> Strip:
        """One side's part of a line: current mark, number, sign, text."""
        assert self._diff is not None
        row = self._diff.rows[line.row]
        text = self._diff.text(row, side)
        base = self.rich_style
        if text is None:
            return Strip([Segment(" " * width, base)])
        quiet = self.get_component_rich_style("diff--quiet")
        number = row.left if side is Side.LEFT else row.right
        shown = (
            f"{(number or 0) + 1:>{self._digits}} " if not line.part else " " * (self._digits + 1)
        )
        style = base if row.is_same else self.get_component_rich_style(_CLASSES[side])
        sign = " " if row.is_same else _SIGNS[side]
        room = max(width - self._digits - 4, 1)
        x = line.part * room if self._is_wrapped else self._x
        body = Strip(self._segments(text, self._diff.marks(row, side), style, side))
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

    def _segments(self, text: str, marks: Spans, style: Style, side: Side) -> list[Segment]:
        if not marks:
            return [Segment(plain(text), style)]
        word = self.get_component_rich_style(f"{_CLASSES[side]}-word")
        segments, at = [], 0
        for start, end in marks:
            segments += [
                Segment(plain(text[at:start]), style),
                Segment(plain(text[start:end]), word),
            ]
            at = end
        return [*segments, Segment(plain(text[at:]), style)]
