"""Where the rows of a comparison stand on a screen: beside each other or below, wrapped or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len

from tui.widgets.cells import fit
from tui.widgets.diff_lines import Diff, DiffRow, Side


class DiffLine(NamedTuple):
    """One line of the screen."""

    row: int
    side: Side | None
    """None: both sides, beside each other or, where they are the same, as one."""
    part: int
    """Which piece of a wrapped line, from 0."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All lines in order."""

    lines: tuple[DiffLine, ...]
    first_lines: tuple[int, ...]
    """By row: its first line."""


def lay_out(diff: Diff, *, is_split: bool, wrap_at: int | None, old: Side) -> Layout:
    """Place all rows; unified, the old side of a difference stands before the other one."""
    lines: list[DiffLine] = []
    first_lines = [-1] * len(diff.rows)
    for row, side in _order(diff, old, is_split=is_split):
        if first_lines[row] < 0:
            first_lines[row] = len(lines)
        height = _height(diff, diff.rows[row], side, wrap_at)
        lines += [DiffLine(row, side, part) for part in range(height)]
    return Layout(tuple(lines), tuple(first_lines))


def line_of(layout: Layout, row: int, side: Side, part: int) -> int:
    """The line that shows a part of one side of a row, or the row's first where none does."""
    first = layout.first_lines[row]
    for n in range(first, len(layout.lines)):
        line = layout.lines[n]
        if line.row == row and line.side in (None, side) and line.part == part:
            return n
    return first


def heading(titles: Sequence[str], place: str, width: int, half: int | None, end: str) -> str:
    """Both titles, the second at the half where there is one, and the place at the right."""
    left, right = titles
    room = max(width - cell_len(place), 0)
    first = min(half, room) if half is not None else room // 2
    lead = " " if half is not None else ""
    text = fit(left, first, end) + fit(f"{lead}{right}", room - first, end)
    return fit(text + place, width, end)


def _order(diff: Diff, old: Side, *, is_split: bool) -> Iterator[tuple[int, Side | None]]:
    at = 0
    while at < len(diff.rows):
        if is_split or diff.rows[at].is_same:
            yield at, None
            at += 1
            continue
        end = next((n for n in range(at, len(diff.rows)) if diff.rows[n].is_same), len(diff.rows))
        for side in sorted(Side, key=lambda side: side is not old):
            yield from (
                (n, side) for n in range(at, end) if diff.text(diff.rows[n], side) is not None
            )
        at = end


def _height(diff: Diff, row: DiffRow, side: Side | None, wrap_at: int | None) -> int:
    if wrap_at is None:
        return 1
    sides: Sequence[Side] = (side,) if side is not None else tuple(Side)
    longest = max(_width(diff.text(row, one) or "") for one in sides)
    return max(-(-longest // wrap_at), 1)


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
