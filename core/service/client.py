"""An engine in another process, with the methods of one in this process."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import msgspec

from core.access import refuse_write
from core.context import Context
from core.engine import Engine
from core.errors import EngineError, EngineLost, EngineVersionError
from core.service import wire
from core.service.calls import CALLS, CallSpec
from core.service.picture import EngineStatus, Snapshot, Told

Watcher = Callable[[Snapshot | Told], None]
_Taker = Callable[[wire.Line], None]


class EngineClient(Engine):
    """Made by `connect`. Every operation of `Engine` is sent to the engine's process.

    A cancelled call asks the engine to stop its operation and waits until it has.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: wire.Hello
    ) -> None:
        self.hello = hello
        self.why_read_only = ""
        """Why nothing may be asked for that writes; empty when it may."""
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Taker] = {}
        self._watcher: Watcher | None = None
        self._seq: int | None = None
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._lost.set_result(None))

    @property
    def context(self) -> Context:
        """Not here: it is the engine's own."""
        raise EngineError("The workspace is open in the engine's process, not in this one.")

    async def status(self) -> EngineStatus:
        """The engine's process."""
        found: EngineStatus = _decoded(await self._ask("status", wire.raw({})), EngineStatus)
        return found

    async def shutdown(self) -> None:
        """Ask the engine to end; it is over when `until_lost` raises."""
        await self._ask("shutdown", wire.raw({}))

    async def cancel(self, operation_id: str) -> bool:
        """Ask that an operation, anybody's, ends in order; False when there is none such."""
        answer = await self._ask("cancel", wire.raw({"operation_id": operation_id}))
        return bool(_decoded(answer, bool))

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with a snapshot, then with each event; with a snapshot after any gap."""
        self._watcher = watcher
        self._subscribe()

    def owns(self, operation_id: str) -> bool:
        """Whether an operation was begun by this client."""
        return operation_id.startswith(f"{self.hello.client}-")

    async def until_lost(self) -> None:
        """Wait for the engine to go away; then raises EngineLost."""
        await asyncio.wait([self._lost])
        raise self._loss()

    async def close(self) -> None:
        """Leave; what the engine does, it goes on with."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._writer.transport.abort()
        if not self._reading.cancelled():
            self._reading.result()

    async def call(self, spec: CallSpec, args: msgspec.Raw) -> Any:
        """Have an operation done."""
        return _decoded(await self._ask(spec.name, args), spec.hints["return"])

    async def _ask(self, op: str, args: msgspec.Raw) -> msgspec.Raw:
        answer: asyncio.Future[wire.Line] = asyncio.get_running_loop().create_future()
        request_id = self._send(op, args, answer.set_result)
        both = (answer, self._lost)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            name = {"operation_id": f"{self.hello.client}-{request_id}"}
            self._send("cancel", wire.raw(name), _forget)
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            raise
        finally:
            self._waiting.pop(request_id, None)
        if not answer.done():
            raise self._loss()
        line = answer.result()
        if line.error is not None:
            raise wire.error_of(line.error)
        return line.result

    def _send(self, op: str, args: msgspec.Raw, taker: _Taker) -> int:
        request_id = next(self._ids)
        self._waiting[request_id] = taker
        self._writer.write(wire.encode(wire.Request(request_id, op, args)))
        return request_id

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take(msgspec.json.decode(line, type=wire.Line))
        except (OSError, ValueError, msgspec.MsgspecError):
            return  # as good as gone

    def _take(self, line: wire.Line) -> None:
        if line.id is not None:
            self._waiting.pop(line.id, _forget)(line)
        elif line.is_dropped:
            self._subscribe()
        elif line.event and self._watcher is not None and self._seq is not None:
            if line.seq > self._seq + 1:
                self._subscribe()
            elif line.seq == self._seq + 1:
                self._seq = line.seq
                event = wire.decode(line.data, wire.EVENTS[line.event])
                self._watcher(Told(line.seq, line.operation, event))

    def _subscribe(self) -> None:
        # Events mean nothing until the snapshot is here; it is taken in the reader's own
        # step, so that no event can come before it.
        self._seq = None
        self._send("subscribe", wire.raw({}), self._begin)

    def _begin(self, line: wire.Line) -> None:
        snapshot: Snapshot = wire.decode(line.result, Snapshot)
        self._seq = snapshot.seq
        if self._watcher is not None:
            self._watcher(snapshot)

    def _loss(self) -> EngineLost:
        return EngineLost(
            f"The engine (process {self.hello.pid}) is gone. Everything it had acknowledged is "
            "stored; `gemel rollouts resume` goes on with a run."
        )


def _forget(line: wire.Line) -> None:
    """Take an answer that nobody waits for."""


def _decoded(text: msgspec.Raw, kind: Any) -> Any:
    try:
        return wire.decode(text, kind)
    except msgspec.MsgspecError as error:
        raise EngineError(f"The engine's answer cannot be read: {error}") from error


def _remote(spec: CallSpec) -> Callable[..., Coroutine[Any, Any, Any]]:
    @wraps(spec.method)
    async def method(self: EngineClient, *args: Any, **kwargs: Any) -> Any:
        packed = spec.pack(*args, **kwargs)
        if not spec.mark.only_reads:
            refuse_write(spec.name, self.why_read_only)
        return await self.call(spec, packed)

    return method


for _spec in CALLS.values():
    setattr(EngineClient, _spec.name, _remote(_spec))


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> EngineClient:
    """Exchange greetings on a fresh connection; refuses an engine of another protocol."""
    line = await reader.readline()
    if not line:
        raise EngineLost("The engine closed the connection before it said hello.")
    try:
        hello = msgspec.json.decode(line, type=wire.Hello)
    except msgspec.MsgspecError as error:
        raise EngineVersionError(f"What answers on the socket is no engine: {error}") from error
    if hello.protocol != wire.PROTOCOL:
        refusal = EngineVersionError(
            f"The engine of this workspace (process {hello.pid}, gemel {hello.version}) speaks "
            f"protocol {hello.protocol}, this gemel speaks {wire.PROTOCOL}. Use the gemel that "
            "started it, or end it with `gemel engine stop`; its runs can be resumed."
        )
        refusal.pid = hello.pid
        raise refusal
    ours = wire.hello("", 0)
    writer.write(wire.encode(wire.ClientHello(ours.protocol, ours.version)))
    return EngineClient(reader, writer, hello)
