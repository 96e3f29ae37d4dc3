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
from core.errors import PolicyBusyError, PolicyClosedError, Pressure, RefusedError

FIRST_CALLS = 4
"""At once, of a model that nobody has asked yet."""
LONGEST_REST_S = 900.0
"""A service that asks to be left alone for longer is not waited for: its run stops."""
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
    _given_up: str = ""
    """Why it is asked no more; empty while it is."""

    @property
    def rest_s(self) -> float:
        """Seconds until it may be asked again."""
        return max(0.0, self._closed_until - self.clock.monotonic())

    @property
    def is_free(self) -> bool:
        """Whether a call would begin at once."""
        return not self.rest_s and self._n_busy < int(self.width)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One call inside; how it ends decides the width. Waits for a place first.

        A service that wants to be left alone for too long is given up: raises
        `PolicyClosedError`, and `RefusedError` for whoever comes later.
        """
        await self._place()
        n_cuts = self._n_cuts
        self._n_busy += 1
        try:
            yield
        except PolicyBusyError as error:
            if n_cuts == self._n_cuts:
                self._cut(error)
            if (error.retry_after_s or 0.0) > LONGEST_REST_S:
                raise self._give_up(error) from error
            raise
        else:
            self.width = min(float(self.most), self.width + 1.0 / self.width)
        finally:
            self._n_busy -= 1
            self._changed.set()

    def rest(self, seconds: float) -> None:
        """Begin no call for so long, within reason."""
        until = self.clock.monotonic() + min(seconds, LONGEST_REST_S)
        self._closed_until = max(self._closed_until, until)

    async def _place(self) -> None:
        while True:
            if self._given_up:
                raise RefusedError(f"{self._given_up}. What is finished is stored; resume later.")
            if (closed_s := self.rest_s) > 0:
                await asyncio.sleep(closed_s)
            elif self._n_busy < int(self.width):
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    def _cut(self, error: PolicyBusyError) -> None:
        self._n_cuts += 1
        self.width = max(1.0, self.width * _KEPT[error.pressure])
        if error.retry_after_s is not None and error.retry_after_s <= LONGEST_REST_S:
            self.rest(error.retry_after_s)

    def _give_up(self, error: PolicyBusyError) -> PolicyClosedError:
        asked, most = (round((s or 0.0) / 60) for s in (error.retry_after_s, LONGEST_REST_S))
        self._given_up = (
            f"{error} (it asks to be left alone for {asked:,} min; at most {most} are waited for)"
        )
        closed = PolicyClosedError(self._given_up)
        closed.may_be_billed = error.may_be_billed
        return closed
