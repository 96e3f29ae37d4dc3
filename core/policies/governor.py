"""How many calls a model is asked at once: grows slowly while it answers, shrinks when it balks.

Additive increase, multiplicative decrease (Chiu and Jain 1989), from a small start, so that a
cold model never meets everybody at once. Being over one's own rate halves the number; a
platform that is overloaded anyway only trims it. Calls that were made before the last cut say
nothing new.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import PolicyBusyError, Pressure

FIRST_CALLS = 4
"""At once, of a model that nobody has asked yet."""
_KEPT = {Pressure.RATE: 0.5, Pressure.OVERLOAD: 0.8, Pressure.NETWORK: 0.9}
"""What remains of the number after each kind of refusal."""


@dataclass(slots=True)
class Governor:
    """One per model and run."""

    clock: Clock
    most: int
    width: float = float(FIRST_CALLS)
    """Calls at once, as it stands; whole calls go by its floor."""
    _n_busy: int = 0
    _n_cuts: int = 0
    _closed_until: float = 0.0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One call inside; how it ends decides the width. Waits for a place first."""
        await self._place()
        n_cuts = self._n_cuts
        self._n_busy += 1
        try:
            yield
        except PolicyBusyError as error:
            if n_cuts == self._n_cuts:
                self._cut(error)
            raise
        else:
            self.width = min(float(self.most), self.width + 1.0 / self.width)
        finally:
            self._n_busy -= 1
            self._changed.set()

    def rest(self, seconds: float) -> None:
        """Begin no call for so long."""
        self._closed_until = max(self._closed_until, self.clock.monotonic() + seconds)

    async def _place(self) -> None:
        while True:
            closed_s = self._closed_until - self.clock.monotonic()
            if closed_s > 0:
                await asyncio.sleep(closed_s)
            elif self._n_busy < int(self.width):
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    def _cut(self, error: PolicyBusyError) -> None:
        self._n_cuts += 1
        self.width = max(1.0, self.width * _KEPT[error.pressure])
        if error.retry_after_s is not None:
            self.rest(error.retry_after_s)
