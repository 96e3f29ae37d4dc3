"""How requests leave: by aiohttp, below the client library.

The library's own way of sending asks the system about every connection of its pool whenever a
call begins or ends, and takes a good part of what a call costs. aiohttp reads answers in C.
Answers are handed over one by one. Imported with the first call.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from core.turns import Turns

_MOST_AT_ONCE = 512
"""Connections of the library's own pool; its default of 100 lets the others time out."""
_IDLE_S = 4.0
"""How long a connection is kept that nobody uses; many servers close theirs after 5 s."""
_LONGEST_LINE = 100 * 1024
"""Bytes of one line of an answer's head; as much as the library's own way takes."""
_PART = 1 << 16
"""Bytes of a body that are sent in one piece."""
_PATIENCE = httpx.Timeout(60.0, connect=5.0)
"""Where the library says nothing of its own, as for files: what it sends with else has these."""
_WHOLE = "application/json"
"""Answers that are read to their end first; of others, parts are wanted as they come."""
_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What aiohttp would say of its own."""
_NAMES: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx.ReadError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
    (TimeoutError, httpx.WriteTimeout),
)
"""Failures by the names that the library knows; the first that fits."""


class Lanes(httpx.AsyncBaseTransport):
    """As many connections as there are calls at once; each is used again."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        self._turns = Turns()
        self._session: aiohttp.ClientSession | None = None
        self._n_open = 0
        """Requests that wait for their answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask; raises what the library expects of its own way of sending."""
        wait = request.extensions.get("timeout", {})
        if not self._n_open:  # then the loop may have stood still: see which connections have ended
            for _ in range(2):
                await asyncio.sleep(0)
        with _named(), self._counted():
            async with asyncio.timeout(None) as limit:
                answer = await self._opened().request(
                    request.method,
                    URL(str(request.url), encoded=True).with_user(None),
                    headers=_headers(request),
                    data=_body(request, limit, wait.get("write")),
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(
                        connect=wait.get("connect"), sock_read=wait.get("read")
                    ),
                    server_hostname=request.extensions.get("sni_hostname"),
                )
        stream: httpx.AsyncByteStream = _Parts(answer)
        if answer.headers.get("content-type", "").startswith(_WHOLE):
            with _named():
                stream = httpx.ByteStream(await answer.read())
            await self._turns.take()
        reason = {"reason_phrase": (answer.reason or "").encode("utf-8", "surrogateescape")}
        return httpx.Response(
            answer.status, headers=answer.raw_headers, stream=stream, extensions=reason
        )

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._n_open += 1
        try:
            yield
        finally:
            self._n_open -= 1

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S, ssl=self._trust),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_ADDED,
                auto_decompress=False,
                max_line_size=_LONGEST_LINE,
                max_field_size=_LONGEST_LINE,
            )
            # It repeats what it takes for harmless; that is for those to say who ask.
            self._session._retry_connection = False
        return self._session


class _Parts(httpx.AsyncByteStream):
    """An answer's bytes as they come."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _named():
            async for part in self._answer.content.iter_any():
                yield part

    async def aclose(self) -> None:
        self._answer.release()


class _NoCookies(httpx.Cookies):
    """Takes none: no service that is asked here wants one back."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave them."""


class _Client(httpx.AsyncClient):
    """Looks for no cookies, which would take as long as sending."""

    @property
    def cookies(self) -> httpx.Cookies:
        """None, ever."""
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Leave them."""


_NO_COOKIES = _NoCookies()


def _headers(request: httpx.Request) -> CIMultiDict[str]:
    """As they are, but for how a body is cut up: that is aiohttp's affair."""
    said = ((key.decode("ascii"), value.decode()) for key, value in request.headers.raw)
    return CIMultiDict(each for each in said if each[0].lower() != "transfer-encoding")


def _body(request: httpx.Request, limit: asyncio.Timeout, write_s: float | None) -> Any:
    """What is sent; of long ones each part must be taken in time."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        return _timely(request.stream, limit, write_s)
    if len(content) <= _PART:
        return content or None
    return _timely(_cut(content), limit, write_s)


async def _timely(
    parts: AsyncIterable[bytes], limit: asyncio.Timeout, write_s: float | None
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    async for part in parts:
        _set(limit, None if write_s is None else loop.time() + write_s)
        yield part
    _set(limit, None)


def _set(limit: asyncio.Timeout, when: float | None) -> None:
    with suppress(RuntimeError):  # it is answered already
        limit.reschedule(when)


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _PART):
        yield content[at : at + _PART]


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as error:
        name = next(name for kind, name in _NAMES if isinstance(error, kind))
        raise name(str(error) or "what was sent was not taken") from error


def client(trust: ssl.SSLContext, hooks: dict[str, list[Any]]) -> httpx.AsyncClient:
    """What the library sends with; where a proxy is set, its own pool, which knows it."""
    if urllib.request.getproxies():
        limits = httpx.Limits(max_connections=_MOST_AT_ONCE, max_keepalive_connections=64)
        way: dict[str, Any] = {"verify": trust, "limits": limits}
    else:
        way = {"transport": Lanes(trust)}
    return _Client(**way, timeout=_PATIENCE, follow_redirects=True, event_hooks=hooks)
