"""An engine with its socket inside the test's own loop, for an app to find."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.held import Pace
from core.service.server import Server, Settings
from core.workspace import Workspace


@asynccontextmanager
async def hosted(
    directory: Path, *, read_only: bool = False, pace: Pace | None = None
) -> AsyncIterator[Server]:
    """Serve a workspace until the block ends."""
    server = Server(Workspace(directory, read_only), Settings(n_workers=1, pace=pace))
    is_ready = asyncio.Event()
    running = asyncio.create_task(server.run(is_ready.set))
    waiting = asyncio.create_task(is_ready.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield server
    finally:
        waiting.cancel()
        server.stop()
        await running
