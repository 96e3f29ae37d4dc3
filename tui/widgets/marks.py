"""What a grid shows at a place, and at its edges."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a mark's colour stands for."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    ODD = "odd"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell: a sign of one cell width and its colour."""

    sign: str
    tone: Tone
    is_counted: bool = True
    """Whether the row's tally counts it."""


BLANK = Mark(" ", Tone.PLAIN, is_counted=False)


@dataclass(frozen=True, slots=True)
class Note:
    """A word or two beside a row's label, at most eight cells."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Axes:
    """What stands at the edges: row labels, and blocks of columns, each with a heading."""

    labels: tuple[str, ...] = ()
    blocks: tuple[tuple[str, int], ...] = ()
    notes: str = ""
    """Heading of the rows' notes; without one there is no room for them."""

    @property
    def n_columns(self) -> int:
        """Columns of all blocks."""
        return sum(n for _, n in self.blocks)


@dataclass(frozen=True, slots=True)
class Place:
    """A cell."""

    row: int
    column: int
