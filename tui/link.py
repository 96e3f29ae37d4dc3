"""Holds the app to its engine: finds or starts it, finds it again, collects its events.

Nothing here draws. What was asked of an engine goes on there when the app leaves: asking is
done by tasks of the link, which end with the connection and are never cancelled before it.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from core.errors import EngineLost, GemelError
from core.workspace import Workspace

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.service.client import EngineClient
    from core.service.picture import Snapshot, Told

T = TypeVar("T")

_BATCH_S = 0.25
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1, 30


class LinkState(StrEnum):
    """Where the app stands with its engine."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOST = "lost"
    STOPPED = "stopped"
    """Ended in order by somebody; it is not started again unasked."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """The link as it stands."""

    state: LinkState
    pid: int = 0
    sandbox: str = ""
    retry_in_s: int = 0
    """When lost: until the next attempt."""
    why_read_only: str = ""
    """Why nothing may be changed; empty when it may."""


class Listener(Protocol):
    """What the link tells of; every call comes on the app's own loop."""

    def link_changed(self, view: LinkView) -> None:
        """The link's state is another."""

    def engine_found(self, snapshot: Snapshot) -> None:
        """An engine can be asked, and this is how it stands; also after events were missed."""

    def events_came(self, told: Sequence[Told]) -> None:
        """One batch; at most four a second."""

    def engine_failed(self, message: str) -> None:
        """There is no engine, and why."""

    def work_failed(self, error: BaseException) -> None:
        """What was asked for, or the link itself, ended in a way that nobody expected."""


class Link:
    """One per app; `run()` once, `close()` at the end."""

    def __init__(self, workspace: Workspace, listener: Listener) -> None:
        self._workspace = workspace
        self._listener = listener
        self._client: EngineClient | None = None
        self._view = LinkView(LinkState.CONNECTING)
        self._events: list[Told] = []
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self._wake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[object]] = set()

    @property
    def engine(self) -> Engine | None:
        """The engine, None while there is none to ask."""
        return self._client

    @property
    def view(self) -> LinkView:
        """How the link stands."""
        return self._view

    def owns(self, operation_id: str) -> bool:
        """Whether this app began an operation."""
        return self._client is not None and self._client.owns(operation_id)

    def start(self) -> None:
        """Begin to look for the engine."""
        self._running = asyncio.create_task(self._run())
        self._running.add_done_callback(self._settle)

    def hurry(self) -> None:
        """Try now, and start an engine that was stopped."""
        self._wake.set()

    def begin(self, work: Awaitable[T]) -> asyncio.Task[T]:
        """Do work that asks the engine, outside any screen, so that leaving one stops nothing."""

        async def do() -> T:
            return await work

        task = asyncio.create_task(do())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        task.add_done_callback(self._settle)
        return task

    async def close(self) -> None:
        """Leave the engine alone with what it does."""
        if self._timer is not None:
            self._timer.cancel()
        if self._client is not None:
            await self._client.close()  # first: what waits for answers must not ask to stop
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        for task in self._asked:
            task.cancel()  # nothing can be sent any more, so this stops nothing over there
        if self._asked:
            await asyncio.wait(self._asked)

    def _settle(self, task: asyncio.Task[Any]) -> None:
        """Nothing that was begun here may end in silence."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._listener.work_failed(error)

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            self._show(LinkView(LinkState.CONNECTING))
            try:
                client = await self._connect()
            except GemelError as error:
                self._listener.engine_failed(str(error))
            else:
                pause_s = _FIRST_PAUSE_S
                await self._stay(client)
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _connect(self) -> EngineClient:
        # In a thread: what this loads takes longer than a key may wait.
        service = await asyncio.to_thread(importlib.import_module, "core.service.connect")
        client: EngineClient = await service.connect(self._workspace, start=True)
        return client

    async def _stay(self, client: EngineClient) -> None:
        """Be connected until the engine goes away."""
        try:
            status = await client.status()
            self._client = client
            why = client.why_read_only or status.why_read_only
            view = LinkView(LinkState.CONNECTED, status.pid, status.sandbox, why_read_only=why)
            self._show(view)
            client.watch(self._take)
            await client.until_lost()
        except GemelError as error:
            self._client = None
            if isinstance(error, EngineLost) and self._was_stopped():
                self._listener.engine_failed("the engine was stopped; r starts it again")
                self._show(LinkView(LinkState.STOPPED))
            else:
                self._listener.engine_failed(str(error))
        finally:
            self._client = None
            await client.close()

    def _was_stopped(self) -> bool:
        """An engine that ends in order takes its socket away."""
        address = importlib.import_module("core.service.address")
        return not address.socket_path(self._workspace).exists()

    async def _pause(self, pause_s: int) -> None:
        self._wake.clear()
        is_stopped = self._view.state is LinkState.STOPPED
        while not self._wake.is_set() and (is_stopped or pause_s > 0):
            if not is_stopped:
                self._show(LinkView(LinkState.LOST, retry_in_s=pause_s))
            try:
                await asyncio.wait_for(self._wake.wait(), None if is_stopped else 1.0)
            except TimeoutError:
                pause_s -= 1

    def _show(self, view: LinkView) -> None:
        if view != self._view or view.state is LinkState.CONNECTING:
            self._view = view
            self._listener.link_changed(view)

    def _take(self, news: Snapshot | Told) -> None:
        from core.service.picture import Snapshot

        if isinstance(news, Snapshot):
            self._flush()
            self._listener.engine_found(news)
            return
        self._events.append(news)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time(), self._told_at + _BATCH_S), self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._events:
            events, self._events = tuple(self._events), []
            self._told_at = asyncio.get_running_loop().time()
            self._listener.events_came(events)
