"""A small house around the real desk, hub and connection, with a stand-in for the engine's work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from core.clock import SystemClock
from core.engine import Engine
from core.events import Emit
from core.service import wire
from core.service.calls import CALLS
from core.service.client import EngineClient, greet
from core.service.connection import Connection
from core.service.desk import Desk
from core.service.hub import Hub
from core.service.picture import EngineStatus

Work = Callable[[str, dict[str, Any], Emit], Awaitable[Any]]
"""Does an operation: gets its name, its arguments and where to tell events."""


def engine_that(work: Work, emit: Emit) -> Engine:
    """An engine whose every operation is `work`."""

    def method(name: str) -> Callable[..., Awaitable[Any]]:
        async def operation(self: Engine, **args: Any) -> Any:
            return await work(name, args, emit)

        return operation

    kind = type("StandIn", (Engine,), {name: method(name) for name in CALLS})
    engine: Engine = kind(None)
    return engine


class House:
    """Serves one socket."""

    def __init__(self, work: Work) -> None:
        self.hub = Hub()
        self.desk = Desk(
            lambda emit: engine_that(work, emit), SystemClock(), self.hub, lambda: None
        )
        self.connections: list[Connection] = []
        self.serving: list[asyncio.Task[Any]] = []
        self.is_told_to_stop = False

    def status(self) -> EngineStatus:
        """Not what these tests are about."""
        now = datetime.fromisoformat("2026-01-01")
        return EngineStatus(1, "0", 1, True, now, 0.0, 0, self.desk.operations(), "", "", "")

    def stop(self, why: str) -> None:
        """Remember it."""
        self.is_told_to_stop = True

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client."""
        name = f"house.{len(self.connections) + 1}"
        connection = Connection(name, (reader, writer), self.desk, self.hub, self)
        self.connections.append(connection)
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        try:
            await connection.serve(wire.hello(name, 1))
        except asyncio.CancelledError:
            return


@asynccontextmanager
async def house(path: Path, work: Work) -> AsyncIterator[House]:
    """A house that serves `path` inside."""
    made = House(work)
    server = await asyncio.start_unix_server(made.accept, path, limit=wire.MAX_REQUEST_BYTES)
    try:
        yield made
    finally:
        await made.desk.close()
        server.close()
        for task in made.serving:
            task.cancel()
        await asyncio.gather(*made.serving)


@asynccontextmanager
async def client(path: Path) -> AsyncIterator[EngineClient]:
    """A client of what serves `path`."""
    reader, writer = await asyncio.open_unix_connection(path, limit=wire.MAX_ANSWER_BYTES)
    found = await greet(reader, writer)
    try:
        yield found
    finally:
        await found.close()
