"""What is stored as set aside for the calls of a run that are being asked.

One row for all of them, a little more than they can cost together: so hardly any call waits
for a commit before it is asked, and a crash leaves enough to count for whatever it cut off.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from core.clock import Clock
from core.costs.ceiling import Ceiling
from core.store.database import Store
from core.store.spending import ReservationRow
from core.store.writer import Gone

_SLACK = 1.0
"""More than is needed, as a part of it: what is stored need not change with every call."""
_LOW = 0.2
"""So little left, as a part of what is stored, and more is stored before it is needed."""
_TOO_MUCH = 3.0
"""Times what is needed; then the rest is let go."""


@dataclass(slots=True)
class Deposit:
    """One per run and model; micro-dollars. Close it when nothing is asked any more."""

    store: Store
    clock: Clock
    run_id: str
    model: str
    ceiling: Ceiling
    at_once: Callable[[], int] = lambda: 1
    """Calls that may be asked at the same time, as it stands."""
    _needed: int = 0
    """The worst cases of all calls that are being asked."""
    _lost: int = 0
    """The part of it whose calls could not be written."""
    _amount: int = 0
    """The newest that was written."""
    _safe: int = 0
    """No less than this is stored, whichever of the writes are committed."""
    _written: Future[None] | None = None
    _names: list[str] = field(default_factory=list)
    """Of rows that may be stored, the newest last."""

    async def cover(self, worst: int) -> None:
        """Return when what is stored covers one call more; raises when it cannot be stored."""
        self._needed += worst
        wished = self._needed + self._slack(worst)
        if self._needed > (1.0 - _LOW) * self._amount and wished > self._amount:
            self._put(wished)
        written = self._written
        if written is None:
            return  # nothing that costs was asked yet
        try:
            if written.done():
                written.result()
                self._safe = self._amount
            elif self._needed > self._safe:
                await self.store.until(written)
        except BaseException:
            self._needed -= worst
            if written is self._written and written.done() and written.exception():
                self._amount = self._safe = 0  # the next call writes anew
            raise

    def free_after(self, written: Future[None], worst: int) -> None:
        """Let go of what a call needed, once what it came to is durable; else it stays."""
        loop = asyncio.get_running_loop()

        def free() -> None:
            if written.exception() is None:
                self.free(worst)
            else:
                self._lost += worst

        written.add_done_callback(lambda _: loop.call_soon_threadsafe(free))

    def free(self, worst: int) -> None:
        """Let go of what a call needed."""
        self._needed -= worst
        enough = max(self._needed, worst)
        free = self.ceiling.free
        most = int(_TOO_MUCH * max(enough, self.at_once() * worst))
        most = most if free is None else min(most, enough + max(0, free))
        if self._amount > most:
            self._put(enough + self._slack(worst))

    async def close(self) -> None:
        """Let go of all but what could not be written; what was cut off has rows of its own."""
        if self._names:
            self._put(self._lost)
            assert self._written is not None
            await self.store.until(self._written)

    def _slack(self, worst: int) -> int:
        """More than is needed, but no more than half of what the ceilings have room for."""
        soon = max(self._needed, self.at_once() * worst)
        wished, free = int((1.0 + _SLACK) * soon) - self._needed, self.ceiling.free
        return wished if free is None else max(0, min(wished, free // 2))

    def _put(self, amount: int) -> None:
        """Write a row in place of those before; the writes are committed in their order."""
        if self._written is not None and self._written.done() and not self._written.exception():
            del self._names[:-1]
        gone = Gone("reservations", "reservation_id", tuple(self._names))
        now = self.clock.now().replace(tzinfo=None)
        rows = []
        if amount:
            name = secrets.token_hex(8)
            rows.append(ReservationRow(name, self.run_id, amount, now, self.model))
            self._names.append(name)
        self._amount, self._safe = amount, min(self._safe, amount)
        self._written = self.store.submit("reservations", rows, gone, may_wait=True)
