"""Where a text stands in a comparison: on both sides, once where both are the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tui.widgets.diff_lines import Diff, Side, Spans

MOST = 9_999
"""Places that are looked for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place."""

    row: int
    side: Side | None
    """None: both sides, which are the same here."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hits:
    """All places, from the top; the left side before the right one."""

    all: tuple[Hit, ...]
    _spans: dict[tuple[int, Side | None], Spans]

    def spans(self, row: int, side: Side) -> Spans:
        """The places in one side of a row."""
        return self._spans.get((row, side)) or self._spans.get((row, None), ())


NO_HITS = Hits((), {})


@dataclass(slots=True)
class Search:
    """What is searched in the texts that are shown, and where one is."""

    text: str = ""
    hits: Hits = field(default_factory=lambda: NO_HITS)
    _at: int = 0

    @property
    def hit(self) -> Hit | None:
        """The current place."""
        return self.hits.all[self._at] if self.hits.all else None

    @property
    def place(self) -> tuple[int, int]:
        """Its number from 1, and how many there are."""
        n = len(self.hits.all)
        return (self._at + 1 if n else 0), n

    @property
    def shown(self) -> str:
        """`3/12`, with a + where there are more than are looked for."""
        at, n = self.place
        return f"{at}/{n}{'+' * (n == MOST)}"

    def now(self, row: int, side: Side) -> Spans:
        """The current place, when it is in this side of this row."""
        hit = self.hit
        is_here = hit is not None and hit.row == row and hit.side in (None, side)
        return ((hit.start, hit.end),) if hit is not None and is_here else ()

    def begin(self, diff: Diff | None, text: str, row: int = 0) -> None:
        """Look for a text; the current place is the first one from a row on."""
        self.text = text
        self.hits = find(diff, text) if diff is not None else NO_HITS
        self._at = next((n for n, hit in enumerate(self.hits.all) if hit.row >= row), 0)

    def step(self, n: int) -> None:
        """To a later or an earlier place, round about."""
        if self.hits.all:
            self._at = (self._at + n) % len(self.hits.all)


def find(diff: Diff, text: str) -> Hits:
    """All places of a text; capitals count when it has one. An empty text is nowhere."""
    if not text:
        return NO_HITS
    found: list[Hit] = []
    for hit in _hits(diff, text):
        found.append(hit)
        if len(found) == MOST:
            break
    spans: dict[tuple[int, Side | None], Spans] = {}
    for hit in found:
        key = (hit.row, hit.side)
        spans[key] = (*spans.get(key, ()), (hit.start, hit.end))
    return Hits(tuple(found), spans)


def _hits(diff: Diff, text: str) -> Iterator[Hit]:
    is_exact = text != text.lower()
    for n, row in enumerate(diff.rows):
        for side in (Side.LEFT,) if row.is_same else tuple(Side):
            line = diff.text(row, side)
            if line is None:
                continue
            # Lower case may be longer than the line; such a line is searched as it is.
            low = line.lower()
            searched = line if is_exact or len(low) != len(line) else low
            at = searched.find(text)
            while at >= 0:
                yield Hit(n, None if row.is_same else side, at, at + len(text))
                at = searched.find(text, at + len(text))
