"""Two texts aligned line by line, and what differs within lines; nothing here draws.

Equal heads and tails are set aside first, and what remains is compared with a bound on the
work, so that a hostile text costs precision and never time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

_WORDS = re.compile(r"\w+|\s+|.")
_MAX_LINES = 5_000
"""Of a part that is compared line by line; a longer one counts as wholly different."""
_MAX_MEETINGS = 250_000
"""Of equal lines; beyond it the commonest lines no longer anchor the alignment."""
_MAX_MARKED = 1_000
_MIN_LIKENESS = 0.3
"""Lines less alike are different as wholes: marks all over would hide more than they show."""

Spans = tuple[tuple[int, int], ...]


class Side(StrEnum):
    """One of the two texts."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class DiffRow:
    """Lines that stand beside each other, by their numbers from 0; None where there is none."""

    left: int | None
    right: int | None
    is_same: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """Two texts and their alignment."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    rows: tuple[DiffRow, ...]
    starts: tuple[int, ...]
    """The first row of each difference."""

    def text(self, row: DiffRow, side: Side) -> str | None:
        """The line of one side."""
        number = row.left if side is Side.LEFT else row.right
        if number is None:
            return None
        return (self.left if side is Side.LEFT else self.right)[number]

    def marks(self, row: DiffRow, side: Side) -> Spans:
        """What differs within the line of one side; empty when all of it or nothing does."""
        if row.is_same or row.left is None or row.right is None:
            return ()
        left, right = word_marks(self.left[row.left], self.right[row.right])
        return left if side is Side.LEFT else right


def compare(left: str, right: str) -> Diff:
    """Align two texts; tabs become spaces."""
    one, other = _lines(left), _lines(right)
    rows = tuple(_rows(one, other))
    starts = tuple(
        n for n, row in enumerate(rows) if not row.is_same and (n == 0 or rows[n - 1].is_same)
    )
    return Diff(one, other, rows, starts)


@lru_cache(maxsize=2_048)
def word_marks(left: str, right: str) -> tuple[Spans, Spans]:
    """The spans of two lines that differ, word by word."""
    if max(len(left), len(right)) > _MAX_MARKED:
        return (), ()
    one, other = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    n_equal = len(left) - sum(len("".join(one[a:b])) for _, a, b, _, _ in changes)
    if n_equal < _MIN_LIKENESS * max(len(left), len(right)):
        return (), ()
    spans = _spans(one, [(a, b) for _, a, b, _, _ in changes])
    return spans, _spans(other, [(a, b) for _, _, _, a, b in changes])


def _lines(text: str) -> tuple[str, ...]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return tuple(line.expandtabs(4) for line in lines)


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[DiffRow]:
    head, tail = _common(left, right)
    for n in range(head):
        yield DiffRow(n, n, True)
    middle = (left[head : len(left) - tail], right[head : len(right) - tail])
    for is_same, (a, b), (c, d) in _blocks(*middle):
        for n in range(max(b - a, d - c)):
            one = head + a + n if a + n < b else None
            other = head + c + n if c + n < d else None
            yield DiffRow(one, other, is_same)
    for n in range(tail, 0, -1):
        yield DiffRow(len(left) - n, len(right) - n, True)


def _common(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many lines are equal at the head and, of the others, at the tail."""
    shorter = min(len(left), len(right))
    head = next((n for n in range(shorter) if left[n] != right[n]), shorter)
    rest = range(shorter - head)
    tail = next((n for n in rest if left[-1 - n] != right[-1 - n]), len(rest))
    return head, tail


def _blocks(
    left: Sequence[str], right: Sequence[str]
) -> Iterator[tuple[bool, tuple[int, int], tuple[int, int]]]:
    if not left or not right or max(len(left), len(right)) > _MAX_LINES:
        yield False, (0, len(left)), (0, len(right))
        return
    counts = Counter(right)
    is_costly = sum(counts[line] for line in left) > _MAX_MEETINGS
    matcher = SequenceMatcher(None, left, right, autojunk=is_costly)
    for tag, a, b, c, d in matcher.get_opcodes():
        yield tag == "equal", (a, b), (c, d)


def _spans(words: Sequence[str], ranges: Sequence[tuple[int, int]]) -> Spans:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return tuple((ends[a], ends[b]) for a, b in ranges if b > a)
