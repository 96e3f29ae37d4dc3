"""Asks a busy service again, as often and as late as it bears; for what may be done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import ServiceError

LONGEST_S = 300.0
"""A service that asks for a longer wait is left to another time."""
_N_TRIES = 4

T = TypeVar("T")


async def patiently(ask: Callable[[], Awaitable[T]], pause_s: float) -> T:
    """The answer of `ask`; where the service names no wait, pauses begin with `pause_s`."""
    for n in range(_N_TRIES - 1):
        try:
            return await ask()
        except ServiceError as error:
            wait_s = pause_s * 2.0**n if error.retry_after_s is None else error.retry_after_s
            may_pass = (error.is_busy or error.may_be_done) and not error.forbids_retry
            if not may_pass or wait_s > LONGEST_S:
                raise
        await asyncio.sleep(wait_s)
    return await ask()
