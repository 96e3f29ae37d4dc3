"""Asks before a command spends or destroys; without a terminal only `--yes` is an answer."""

from __future__ import annotations

import asyncio
import sys

from core.errors import RefusedError
from core.text import clean


async def agree(question: str, *, is_agreed: bool) -> None:
    """Return when the user agrees; raises `RefusedError` otherwise."""
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise RefusedError(f"{question} Nothing was done; --yes agrees.")
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    answer = await asyncio.to_thread(sys.stdin.readline)
    if answer.strip().lower() not in ("y", "yes"):
        raise RefusedError("Nothing was done.")
