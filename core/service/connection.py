"""One client as the engine sees it: greeting, questions in, answers and events out.

What goes out waits in a queue of this connection alone. Events that a client does not
take are left out once they exceed a bound; it is told so, and may ask for a new snapshot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import Protocol

import msgspec

from core.errors import EngineVersionError, GemelError, UsageError
from core.service import wire
from core.service.calls import CALLS
from core.service.desk import Answer, Desk
from core.service.hub import Hub
from core.service.picture import EngineStatus

MAX_EVENT_BYTES = 4 << 20
_MAX_WAITING_BYTES = 64 << 20
_GREETING_S = 10.0
_FLUSH_S = 2.0


class House(Protocol):
    """What a connection needs of the engine around it."""

    def status(self) -> EngineStatus:
        """The engine as it stands."""

    def stop(self, why: str) -> None:
        """Begin to end the engine; what it does is stopped for that reason."""


class Connection:
    """Serves one client; a `Viewer` of the hub once it has asked for a snapshot."""

    def __init__(
        self,
        name: str,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        desk: Desk,
        hub: Hub,
        house: House,
    ) -> None:
        self.name = name
        self._reader, self._writer = streams
        self._desk = desk
        self._hub = hub
        self._house = house
        self._outgoing: deque[tuple[bytes, bool]] = deque()
        self._n_event_bytes = 0
        self._n_bytes = 0
        self._has_work = asyncio.Event()
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._is_gone = False

    async def serve(self, hello: wire.Hello) -> None:
        """Serve until the client goes away."""
        sending = asyncio.create_task(self._send())
        try:
            self._put(wire.encode(hello))
            if await self._is_greeted():
                await self._listen()
        except (OSError, ValueError, msgspec.MsgspecError):
            pass  # gone, or no client of ours
        finally:
            self._hub.leave(self)
            self._desk.abandon(f"{self.name}-")
            await self._flush()
            self._lose()
            sending.cancel()
            await asyncio.wait([sending])

    def show(self, line: bytes) -> None:
        """Take an event, or leave events out when too many wait already."""
        if self._n_event_bytes + len(line) <= MAX_EVENT_BYTES:
            self._put(line, is_event=True)
            return
        self._hub.leave(self)
        kept = [(text, is_event) for text, is_event in self._outgoing if not is_event]
        self._outgoing.clear()
        self._n_bytes = self._n_event_bytes = 0
        for text, _ in kept:
            self._put(text)
        self._put(wire.encode(wire.Line(is_dropped=True)))

    async def _is_greeted(self) -> bool:
        line = await asyncio.wait_for(self._reader.readline(), _GREETING_S)
        try:
            theirs = msgspec.json.decode(line, type=wire.ClientHello)
        except msgspec.MsgspecError:
            return False
        if theirs.protocol == wire.PROTOCOL:
            return True
        refusal = EngineVersionError(
            f"This engine speaks protocol {wire.PROTOCOL}, gemel {theirs.version} speaks "
            f"{theirs.protocol}. Use the gemel that started it, or stop it with "
            "`gemel engine stop` and start it anew."
        )
        self._put(wire.encode(wire.Line(error=wire.failure_of(refusal))))
        return False

    async def _listen(self) -> None:
        while line := await self._reader.readline():
            request = msgspec.json.decode(line, type=wire.Request)
            try:
                self._answer(request)
            except GemelError as error:
                self._put_answer(request.id, wire.failure_of(error))
            while self._n_bytes > _MAX_WAITING_BYTES:  # it asks, but takes no answers
                self._is_empty.clear()
                await self._is_empty.wait()

    def _answer(self, request: wire.Request) -> None:
        match request.op:
            case "subscribe":
                # Within one step of the loop, so that no event falls in between.
                self._hub.join(self)
                snapshot = self._hub.snapshot(self._desk.operations())
                self._put_answer(request.id, wire.raw(snapshot))
            case "cancel":
                is_found = self._cancel(_text(request.args))
                self._put_answer(request.id, wire.raw(is_found))
            case "status":
                self._put_answer(request.id, wire.raw(self._house.status()))
            case "shutdown":
                self._put_answer(request.id, wire.raw(None))
                self._house.stop("its engine was told to end by a client")
            case _ if spec := CALLS.get(request.op):
                name, reply = f"{self.name}-{request.id}", partial(self._put_answer, request.id)
                self._desk.start(name, spec, request.args, reply)
            case _:
                raise UsageError(f"The engine has no operation {request.op!r}.")

    def _cancel(self, operation_id: str) -> bool:
        is_own = operation_id.startswith(f"{self.name}-")
        who = "whoever asked for it" if is_own else "another client"
        return self._desk.cancel(operation_id, f"ended by {who}")

    def _put_answer(self, request_id: int, answer: Answer) -> None:
        if isinstance(answer, wire.Failure):
            self._put(wire.encode(wire.Line(id=request_id, error=answer)))
        else:
            self._put(wire.encode(wire.Line(id=request_id, result=answer)))

    def _put(self, line: bytes, *, is_event: bool = False) -> None:
        if self._is_gone:
            return
        self._outgoing.append((line, is_event))
        self._n_bytes += len(line)
        self._n_event_bytes += len(line) * is_event
        self._is_empty.clear()
        self._has_work.set()

    async def _send(self) -> None:
        # A small buffer below: what waits must wait here, where it can be left out.
        self._writer.transport.set_write_buffer_limits(high=0)
        try:
            while await self._has_work.wait():
                self._has_work.clear()
                while self._outgoing:
                    line, is_event = self._outgoing.popleft()
                    self._n_bytes -= len(line)
                    self._n_event_bytes -= len(line) * is_event
                    self._writer.write(line)
                    await self._writer.drain()
                self._is_empty.set()
        except OSError:
            self._lose()

    async def _flush(self) -> None:
        """Give what waits a moment to go out."""
        try:
            await asyncio.wait_for(self._is_empty.wait(), _FLUSH_S)
        except TimeoutError:
            return

    def _lose(self) -> None:
        """Nobody is there any more: let go of everything that waits."""
        self._is_gone = True
        self._outgoing.clear()
        self._n_bytes = self._n_event_bytes = 0
        self._is_empty.set()
        self._writer.transport.abort()


def _text(args: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(args, type=dict[str, str])["operation_id"])
    except (msgspec.MsgspecError, KeyError) as error:
        raise UsageError(f"cancel needs an operation_id: {error}") from error
