"""Time as a value that is passed in, so that nothing reads a hidden clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What core needs of time."""

    def now(self) -> datetime:
        """Wall-clock time in UTC, for what is stored."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()
