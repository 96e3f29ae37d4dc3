"""An engine with its socket: opens the workspace, serves clients, ends in order.

Whoever connects finds an engine that owns the workspace; whoever sees the connection end
may open the workspace, since connections are closed last.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from core.engine import Engine, open_engine
from core.held import Pace
from core.leases import account
from core.service import wire
from core.service.address import bind, socket_path, unbind
from core.service.calls import CALLS
from core.service.connection import Connection
from core.service.desk import Desk
from core.service.hub import Hub
from core.service.picture import EngineStatus, OperationView
from core.training.remote.operations import unwatched
from core.workspace import Workspace

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """How an engine is run."""

    n_workers: int | None = None
    n_concurrent: int = 16
    idle_s: float | None = None
    """End after so long without a client and an operation; None: never."""
    is_detached: bool = False
    patience_s: float = 1.0
    """How long to wait for another owner of the workspace to let go."""
    pace: Pace | None = None
    """How often leases are looked at; None: as usual."""


class Server:
    """One engine and its clients; `run()` once."""

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self._workspace = workspace
        self._settings = settings
        self._path = socket_path(workspace)
        self._hub = Hub()
        self._token = secrets.token_hex(3)
        self._n_clients_ever = 0
        self._n_watches = 0
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self._why = ""
        self._idle_timer: asyncio.TimerHandle | None = None
        self._engine: Engine | None = None
        self._desk: Desk | None = None
        self._started_at: datetime | None = None
        self._started_s = 0.0

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until stopped; calls `ready` once clients can connect."""
        settings = self._settings
        try:
            async with open_engine(
                self._workspace,
                emit=partial(self._hub.tell, ""),
                n_workers=settings.n_workers,
                n_concurrent=settings.n_concurrent,
                patience_s=settings.patience_s,
                pace=settings.pace,
            ) as engine:
                engine.context.held.on_change = self._reconsider
                await self._serve(engine, ready)
        finally:
            await self._hang_up()
            _log.info("ended")

    def stop(self, why: str = "its engine was ended") -> None:
        """Begin to end: operations are stopped in order, then everything is closed."""
        self._why = self._why or why
        self._stopping.set()

    def operations(self) -> tuple[OperationView, ...]:
        """The long operations that are going on."""
        return () if self._desk is None else self._desk.operations()

    def unsettled(self) -> tuple[OperationView, ...]:
        """Those of them whose end is worth waiting for."""
        return () if self._desk is None else self._desk.unsettled()

    async def settle(self) -> None:
        """Wait until none of those is left."""
        if self._desk is not None:
            await self._desk.settle()

    def status(self) -> EngineStatus:
        """The engine as it stands."""
        assert self._engine is not None
        assert self._desk is not None
        assert self._started_at is not None
        context = self._engine.context
        hello = wire.hello("", os.getpid())
        return EngineStatus(
            pid=hello.pid,
            version=hello.version,
            schema=hello.schema,
            is_detached=self._settings.is_detached,
            started_at=self._started_at,
            uptime_s=round(context.clock.monotonic() - self._started_s, 1),
            n_clients=len(self._connections) - 1,
            operations=self._desk.operations(),
            sandbox=context.sandbox.level or "not started",
            workspace=str(context.workspace.directory),
            socket=str(self._path),
            why_read_only=context.access.why_read_only,
        )

    async def _serve(self, engine: Engine, ready: Callable[[], None]) -> None:
        context = engine.context
        self._engine, self._started_at = engine, context.now()
        self._started_s = context.clock.monotonic()
        self._desk = Desk(
            lambda emit: Engine(replace(context, emit=emit)),
            context.clock,
            self._hub,
            self._reconsider,
        )
        listener = bind(self._path)
        server = await asyncio.start_unix_server(
            partial(self._accept, self._desk), sock=listener, limit=wire.MAX_REQUEST_BYTES
        )
        try:
            _log.info("serving %s", context.workspace.directory)
            context.live.watchman = self._watch
            ready()
            if self._settings.is_detached:
                account.begin(context)
            await self._watch_again(engine)
            self._reconsider()
            await self._stopping.wait()
        finally:
            context.live.watchman = None
            server.close()
            unbind(self._path)
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            await self._desk.close(self._why or "its engine failed")

    async def _watch_again(self, engine: Engine) -> None:
        """Follow the remote jobs that an earlier engine followed; a passing one has no time."""
        context = engine.context
        if self._settings.is_detached and not context.access.why_read_only:
            for job_id in await unwatched(context):
                self._watch(job_id)

    def _watch(self, job_id: str) -> None:
        """Follow a remote job in the engine's own name."""
        assert self._desk is not None
        spec = CALLS["watch_job"]
        self._n_watches += 1
        name = f"{self._token}.watch.{self._n_watches}"
        self._desk.start(name, spec, spec.pack(job_id), lambda answer: None)

    async def _accept(
        self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._n_clients_ever += 1
        name = f"{self._token}.{self._n_clients_ever}"
        connection = Connection(name, (reader, writer), desk, self._hub, self)
        task = asyncio.current_task()
        assert task is not None
        self._connections[connection] = task
        self._reconsider()
        try:
            await connection.serve(wire.hello(name, os.getpid()))
        except asyncio.CancelledError:
            pass  # the engine ends; the stream's own callback takes a cancellation for an error
        finally:
            del self._connections[connection]
            self._reconsider()

    @property
    def _engine_holds(self) -> bool:
        """A lease ends with its engine, so that one with a lease is not idle."""
        return self._engine is not None and self._engine.context.held.is_busy

    def _reconsider(self) -> None:
        """Start or stop the clock that ends an idle engine."""
        idle_s, desk = self._settings.idle_s, self._desk
        is_busy = desk is None or desk.is_busy or self._engine_holds
        is_idle = not is_busy and not self._connections
        if idle_s is None or self._stopping.is_set():
            return
        if not is_idle and self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        elif is_idle and self._idle_timer is None:
            self._idle_timer = asyncio.get_running_loop().call_later(idle_s, self.stop)

    async def _hang_up(self) -> None:
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
