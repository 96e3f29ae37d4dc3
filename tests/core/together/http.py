"""HTTP/1.1 on the loopback, as raw as a test needs it: answers may be slow, cut or nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import h11

_N_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    n_sent: int | None = None
    """Cut the connection after so many bytes of the body; None sends all."""
    before: Callable[[], Awaitable[None]] | None = None
    """Awaited before the first byte."""

    @classmethod
    def of_json(cls, value: object, status: int = 200, **headers: str) -> Answer:
        """As a service answers."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        kind = {"content-type": "application/json"}
        return cls(status, json.dumps(value).encode(), {**kind, **named})


Handler = Callable[[Asked], Awaitable[Answer]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The base URL of a server that answers with `handler` until the block ends."""
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await _Connection(reader, writer, handler).serve()
        except (ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            connections.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.close()
        for task in tuple(connections):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*connections, return_exceptions=True)


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
    ) -> None:
        self._reader, self._writer, self._handler = reader, writer, handler
        self._wire = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        while (asked := await self._request()) is not None:
            answer = await self._handler(asked)
            if answer.before is not None:
                await answer.before()
            headers = {"content-length": str(len(answer.body)), **answer.headers}
            head = h11.Response(status_code=answer.status, headers=list(headers.items()))
            await self._put(head, h11.Data(data=answer.body[: answer.n_sent]))
            if answer.n_sent is not None:
                return
            await self._put(h11.EndOfMessage())
            if self._wire.our_state is h11.MUST_CLOSE:
                return
            self._wire.start_next_cycle()

    async def _request(self) -> Asked | None:
        head: h11.Request | None = None
        body = b""
        while True:
            event = self._wire.next_event()
            if event is h11.NEED_DATA:
                self._wire.receive_data(await self._reader.read(_N_READ))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                headers = {name.decode(): value.decode() for name, value in head.headers}
                return Asked(head.method.decode(), head.target.decode(), headers, body)
            else:
                return None

    async def _put(self, *events: h11.Event) -> None:
        for event in events:
            self._writer.write(self._wire.send(event) or b"")
        await self._writer.drain()
