"""Lets those who come in a bunch go on one by one.

What is woken in a bunch is else worked on in turns and done in a bunch: the next questions go
out together, are answered together, and the event loop is late each time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turns:
    """Of one event loop."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self) -> None:
        """Go on as soon as nobody else is about to; others follow in turns of the loop."""
        await self._lock.acquire()
        asyncio.get_running_loop().call_soon(self._lock.release)
