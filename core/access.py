"""Whether an open workspace may be changed, and what comes before its first change.

To look at a workspace changes nothing in it, not even a mark that a killed engine owes it;
such marks are made when something is about to be written anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.errors import RefusedError


def refuse_write(label: str, why: str) -> None:
    """Raise when `why` says why nothing may be changed; an empty text lets the work begin."""
    if why:
        raise RefusedError(
            f"The workspace is open read-only, since {why}: "
            f"`{label.replace('_', ' ')}` was not begun and nothing was changed."
        )


@dataclass(slots=True)
class Access:
    """One per open workspace."""

    why_read_only: str = ""
    """Why nothing may be changed, as the end of "since ..."; empty when it may."""
    first: Callable[[], Awaitable[None]] | None = None
    """To be done once, before anything else is written."""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin_writing(self, label: str) -> None:
        """Before an operation that may write; refuses it in a read-only workspace."""
        refuse_write(label, self.why_read_only)
        async with self._lock:
            if self.first is not None:
                await self.first()
                self.first = None
