"""Does something for each of many things, a few at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(
    things: Iterable[T], work: Callable[[T], Awaitable[None]], n_at_once: int
) -> None:
    """Until all are done; the first failure ends the rest and is raised as it is."""
    todo = iter(things)

    async def go_on() -> None:
        for thing in todo:
            await work(thing)

    workers = [asyncio.create_task(go_on()) for _ in range(n_at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
