"""Connections to one service, each with a pool of its own, so that a call looks at one alone.

The client library's one pool goes through all its connections, and asks the system about each,
whenever a call begins or ends: with 64 calls at once that takes more time than the call itself.
It also closes connections beyond 20 that are idle for a moment. Answers are handed over one by
one. Imported with the first call.
"""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import httpx

from core.turns import Turns

_MOST_AT_ONCE = 512
"""Connections of one pool; the library's own default of 100 lets the others time out."""
_WHOLE = "application/json"
"""Answers that are read to their end first; of others, parts are wanted as they come."""


class Lanes(httpx.AsyncBaseTransport):
    """A request takes a connection that nobody uses, or a new one; it is free when it is read."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._free: list[httpx.AsyncHTTPTransport] = []
        self._all: list[httpx.AsyncHTTPTransport] = []
        self._trust = trust
        self._turns = Turns()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask by a lane of one's own."""
        lane = self._free.pop() if self._free else self._new()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.append(lane)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Returned(response.stream, lane, self._free)
        if response.headers.get("content-type", "").startswith(_WHOLE):
            response.stream = httpx.ByteStream(await _read(response.stream))
            await self._turns.take()
        return response

    async def aclose(self) -> None:
        """Close them all."""
        for lane in self._all:
            await lane.aclose()
        self._all.clear()
        self._free.clear()

    def _new(self) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_keepalive_connections=1, keepalive_expiry=30.0)
        lane = httpx.AsyncHTTPTransport(verify=self._trust, limits=limits)
        self._all.append(lane)
        return lane


class _Returned(httpx.AsyncByteStream):
    """An answer's bytes; when they are over, others may have the lane."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        lane: httpx.AsyncHTTPTransport,
        free: list[httpx.AsyncHTTPTransport],
    ) -> None:
        self._stream, self._lane, self._free = stream, lane, free
        self._is_back = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if not self._is_back:
                self._is_back = True
                self._free.append(self._lane)


async def _read(stream: httpx.AsyncByteStream) -> bytes:
    """All of an answer; its lane is free then, however that ends."""
    try:
        return b"".join([part async for part in stream])
    finally:
        await stream.aclose()


def sending(trust: ssl.SSLContext) -> dict[str, Any]:
    """How a client is to send; where a proxy is set, by the library's own pool, which knows it."""
    if urllib.request.getproxies():
        limits = httpx.Limits(max_connections=_MOST_AT_ONCE, max_keepalive_connections=64)
        return {"verify": trust, "limits": limits}
    return {"transport": Lanes(trust)}
