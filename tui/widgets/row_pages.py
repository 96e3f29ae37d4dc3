"""The pages of a long list that are at hand; those not looked at for longest are forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

PAGE_ROWS = 128
MOST_PAGES = 24


class Named(Protocol):
    """What has an id."""

    @property
    def row_id(self) -> str:
        """Unique in its list."""


T = TypeVar("T", bound=Named)


@dataclass(slots=True)
class RowPages(Generic[T]):
    """Rows by their place in the list, as far as they are known."""

    pages: OrderedDict[int, Sequence[T]] = field(default_factory=OrderedDict)
    """By number, the one looked at last at the end."""

    @property
    def rows(self) -> list[T]:
        """All rows at hand, in order."""
        return [row for _, rows in sorted(self.pages.items()) for row in rows]

    def at(self, index: int) -> T | None:
        """The row at a place."""
        rows = self.pages.get(index // PAGE_ROWS, ())
        place = index % PAGE_ROWS
        return rows[place] if place < len(rows) else None

    def find(self, row_id: str) -> int | None:
        """The place of a row."""
        for number, rows in self.pages.items():
            for place, row in enumerate(rows):
                if row.row_id == row_id:
                    return number * PAGE_ROWS + place
        return None

    def put(self, index: int, row: T) -> None:
        """Replace a row that is at hand."""
        number, place = divmod(index, PAGE_ROWS)
        rows = list(self.pages[number])
        rows[place] = row
        self.pages[number] = rows

    def look(self, number: int) -> bool:
        """Whether a page is at hand; it then counts as looked at."""
        if number in self.pages:
            self.pages.move_to_end(number)
        return number in self.pages

    def forget(self) -> None:
        """Keep no more pages than may be kept."""
        while len(self.pages) > MOST_PAGES:
            self.pages.popitem(last=False)
