"""Holds spending under a limit: the worst case is set aside before, the true cost settled after.

What does not fit waits while something that is set aside may still turn out cheaper, and is
refused once nothing is left to wait for. A ceiling may stand below a wider one, as a run's
below its workspace's: then both must hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.errors import CeilingError, UsageError
from core.money import spending_text, usd


@dataclass(slots=True)
class Ceiling:
    """Micro-dollars that may be spent; None is no limit, but everything is counted."""

    name: str
    limit: int | None
    spent: int = 0
    """What is settled, and the worst case of what may have been billed unseen."""
    within: Ceiling | None = None
    """The wider ceiling."""
    reserved: int = 0
    unseen: int = 0
    """The part of `spent` that may have been billed, or may still be: nobody knows that it was."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def reserve(self, worst: int) -> None:
        """Set the worst case of one purchase aside; raises `CeilingError` when it can never fit."""
        refuse_below_zero(worst)
        while (tight := self._tight(worst)) is not None:
            if not tight.reserved:
                raise CeilingError(tight._refusal(worst))
            tight._changed.clear()
            await tight._changed.wait()
        for level in self._levels():
            level.reserved += worst

    def take(self, worst: int) -> None:
        """Count the worst case of a purchase that lasts; raises `CeilingError` without waiting.

        It counts as spent, since no call could wait for hours until it turns out cheaper.
        """
        refuse_below_zero(worst)
        if (tight := self._tight(worst)) is not None:
            raise CeilingError(tight._refusal(worst, "this"))
        self.count(worst, unseen=worst)

    def count(self, amount: int, unseen: int = 0) -> None:
        """Count what was spent already, and the part of it that is unseen.

        Less than zero when it came to less, or became known.
        """
        for level in self._levels():
            level.spent += amount
            level.unseen += unseen
            level._changed.set()

    def settle(self, worst: int, cost: int) -> None:
        """Put what was set aside back and count what it came to.

        What came to its whole worst case is unseen: nobody said that it was less.
        """
        for level in self._levels():
            level.reserved -= worst
        self.count(cost, unseen=cost if cost >= worst else 0)

    @property
    def room(self) -> int | None:
        """What may still be spent, on what is set aside, too; None without any limit."""
        rooms = [x.limit - x.spent for x in self._levels() if x.limit is not None]
        return min(rooms, default=None)

    @property
    def free(self) -> int | None:
        """What is neither spent nor set aside; None without any limit."""
        rooms = [x.limit - x.spent - x.reserved for x in self._levels() if x.limit is not None]
        return min(rooms, default=None)

    def raise_to(self, limit: int | None) -> None:
        """Change the limit; what waits looks again."""
        self.limit = limit
        self._changed.set()

    def _levels(self) -> Iterator[Ceiling]:
        level: Ceiling | None = self
        while level is not None:
            yield level
            level = level.within

    def _tight(self, worst: int) -> Ceiling | None:
        """The first level that has no room for so much."""
        for level in self._levels():
            if level.limit is not None and level.spent + level.reserved + worst > level.limit:
                return level
        return None

    def _refusal(self, worst: int, what: str = "the next call") -> str:
        assert self.limit is not None
        aside = f", {usd(self.reserved)} are set aside" if self.reserved else ""
        so_far = spending_text(self.spent - self.unseen, self.unseen)
        release = ", release what was never billed (`gemel cost release`)" if self.unseen else ""
        return (
            f"The ceiling of {self.name} is {usd(self.limit)}; {so_far}{aside}, "
            f"and {what} may cost {usd(worst)}. Nothing more was bought; what is finished is "
            f"stored. Raise the ceiling{release}, then resume to go on."
        )


def refuse_below_zero(amount: int) -> None:
    """Raise for what would make room under a ceiling instead of taking it."""
    if amount < 0:
        raise UsageError(f"Nothing costs less than $0, also not {usd(amount)}.")
