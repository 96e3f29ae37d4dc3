"""Runs what clients ask for: each operation is a task of the engine, not of its client.

So a client that dies ends nothing that takes long; only what nobody else could want, a
short question without an asker, is dropped.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import msgspec

from core.clock import Clock
from core.engine import Engine
from core.errors import BoundaryError, ErrorKind, GemelError, StoppedError, boundary
from core.events import Emit, OperationEnded, OperationStarted
from core.service import wire
from core.service.calls import CallSpec
from core.service.hub import Hub
from core.service.picture import OperationView

_log = logging.getLogger(__name__)

Answer = msgspec.Raw | wire.Failure


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """An operation that is not over."""

    view: OperationView
    is_long: bool
    is_standing: bool
    task: asyncio.Task[Answer]
    emit: Emit


class Desk:
    """All operations of one engine."""

    def __init__(
        self,
        engine_for: Callable[[Emit], Engine],
        clock: Clock,
        hub: Hub,
        on_change: Callable[[], None],
    ) -> None:
        """Each operation gets an engine that tells its events; `on_change` hears of its ends."""
        self._engine_for = engine_for
        self._clock = clock
        self._hub = hub
        self._on_change = on_change
        self._running: dict[str, Running] = {}
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether anything is going on."""
        return bool(self._running)

    def operations(self) -> tuple[OperationView, ...]:
        """The long ones that are going on, oldest first."""
        return tuple(running.view for running in self._running.values() if running.is_long)

    def start(
        self, operation_id: str, spec: CallSpec, args: msgspec.Raw, reply: Callable[[Answer], None]
    ) -> None:
        """Begin an operation; its failure is an answer, too. Refuses arguments that do not fit."""
        if self._is_closed:
            raise StoppedError("The engine is being stopped; nothing was begun.")
        given = spec.unpack(args)
        now = self._clock.now().replace(tzinfo=None)
        view = OperationView(operation_id, spec.label(given), now)
        emit = partial(self._hub.tell, operation_id)
        work = partial(getattr(self._engine_for(emit), spec.name), **given)
        task = asyncio.create_task(_run(view, work))
        mark = spec.mark
        running = Running(view, mark.is_long, mark.is_standing, task, emit)
        self._running[operation_id] = running
        # Not in the task itself: one that is cancelled before its first step never runs.
        task.add_done_callback(partial(self._end, running, reply))
        if running.is_long:
            emit(OperationStarted(operation_id, view.label, view.started_at))
        self._on_change()

    def cancel(self, operation_id: str, why: str) -> bool:
        """Ask an operation to end in order; False when there is none such."""
        running = self._running.get(operation_id)
        return running is not None and running.task.cancel(why)

    def abandon(self, prefix: str) -> None:
        """End the short operations of a client that is gone."""
        for name, running in self._running.items():
            if name.startswith(prefix) and not running.is_long:
                running.task.cancel()

    async def close(self, why: str = "its engine was ended") -> None:
        """Stop everything in order and begin nothing any more; `why` goes on record."""
        self._is_closed = True
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel(why)
        if tasks:
            await asyncio.wait(tasks)

    def unsettled(self) -> tuple[OperationView, ...]:
        """The long ones whose end is worth waiting for, oldest first."""
        return tuple(running.view for running in self._awaited())

    async def settle(self) -> None:
        """Wait until none of those is left."""
        while tasks := [running.task for running in self._awaited()]:
            await asyncio.wait(tasks)

    def _awaited(self) -> list[Running]:
        return [one for one in self._running.values() if one.is_long and not one.is_standing]

    def _end(
        self, running: Running, reply: Callable[[Answer], None], task: asyncio.Task[Answer]
    ) -> None:
        view = running.view
        try:
            answer = task.result()
        except asyncio.CancelledError as stop:
            answer = _stopped(view, f" ({stop.args[0]})" if stop.args else "")
        del self._running[view.operation_id]
        if running.is_long:
            failure = answer.message if isinstance(answer, wire.Failure) else ""
            running.emit(OperationEnded(view.operation_id, view.label, failure))
        reply(answer)
        self._on_change()


async def _run(view: OperationView, work: Callable[[], Awaitable[object]]) -> Answer:
    try:
        with boundary(ErrorKind.ENGINE, f"`{view.label}` failed unexpectedly"):
            return wire.raw(await work())
    except GemelError as error:
        if isinstance(error, BoundaryError):
            _log.exception("failed: %s", view.label)
        return wire.failure_of(error)


def _stopped(view: OperationView, why: str) -> wire.Failure:
    message = f"`{view.label}` was stopped{why}. Everything finished so far is stored."
    return wire.failure_of(StoppedError(message))
