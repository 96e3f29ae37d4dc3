"""Connections to a service: kept while they are free, one for each call at once."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from core.together import lanes

TRUST = ssl.create_default_context()
_NEVER = b"never"
_CUT = (httpx.RemoteProtocolError, httpx.ReadError)
_CUT_JSON = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n"
    b"connection: close\r\n\r\n{"
)


@asynccontextmanager
async def _listening(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The address of a server whose connections end with the block."""
    open_now: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now)


@asynccontextmanager
async def _serving(n_at_once: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Answers when so many wait; counts connections, and the requests of each."""
    asked: list[int] = []
    together = asyncio.Barrier(n_at_once)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = len(asked)
        asked.append(0)
        while await reader.readuntil(b"\r\n\r\n"):
            asked[at] += 1
            await together.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    async with _listening(talk) as url:
        yield url, asked


async def test_calls_at_once_have_a_connection_each_and_later_ones_use_them_again() -> None:
    async with _serving(30) as (url, asked), lanes.client(TRUST, {}) as client:
        for _ in range(3):
            answers = await asyncio.gather(*(client.get(url) for _ in range(30)))
            assert {answer.text for answer in answers} == {"ok"}
        assert asked == [3] * 30


async def test_a_call_that_is_cut_off_spoils_no_other() -> None:
    async with _serving(1) as (url, _), lanes.client(TRUST, {}) as client:
        for n_turns in range(12):
            cut = asyncio.create_task(client.get(url))
            for _ in range(n_turns):
                await asyncio.sleep(0)
            cut.cancel()
            await asyncio.wait([cut])
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1")
        pair = await asyncio.gather(*(client.get(url) for _ in range(2)))
        assert [answer.text for answer in pair] == ["ok", "ok"]


@asynccontextmanager
async def _answering(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers each request with the next; nothing hangs up, a lone word never answers."""
    asked: list[bytes] = []
    left = list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            asked.append(head + await _body(reader, head.lower()))
            answer = left.pop(0)
            if answer == _NEVER:
                await reader.read()
            writer.write(answer)
            if b"\r\n\r\n" not in answer or b"close" in answer:
                await writer.drain()
                writer.write_eof()
                await reader.read()

    async with _listening(talk) as url:
        yield url, asked


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"content-length:" in head:
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return await reader.readexactly(int(length))
    body = b""
    while b"chunked" in head and (size := int(await reader.readline(), 16)):
        body += await reader.readexactly(size)
        await reader.readline()
    return body


def _whole(body: bytes, *head: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *head, b"", body]
    return b"\r\n".join(lines)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"what?\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nha", _CUT),
        (_CUT_JSON, _CUT),
        (_NEVER, httpx.ReadTimeout),
    ],
)
async def test_failures_have_the_names_that_the_library_knows(
    answer: bytes, expected: type[Exception] | tuple[type[Exception], ...]
) -> None:
    async with _answering(answer) as (url, asked), lanes.client(TRUST, {}) as client:
        with pytest.raises(expected):
            await client.post(url, json={}, timeout=httpx.Timeout(5.0, read=0.2))
        assert len(asked) == 1, "what may have been done is not asked again"


async def test_what_was_never_sent_is_told_from_what_was() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say nothing."""

    async with _listening(hang_up) as url, lanes.client(TRUST, {}) as client:
        secure = url.replace("http", "https")
        for nowhere in ("http://127.0.0.1:1", secure):
            with pytest.raises(httpx.ConnectError):
                await client.post(nowhere, json={})
        with pytest.raises(httpx.UnsupportedProtocol):
            await client.get("ftp://127.0.0.1")


async def test_bodies_of_any_size_and_kind_arrive_whole() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for n in range(3):
            yield b"%d" % n * 40_000

    big = bytes(range(256)) * 12_000
    answers = [_whole(b"ok")] * 3
    async with _answering(*answers) as (url, asked), lanes.client(TRUST, {}) as client:
        for content in (b"small", big, parts()):
            assert (await client.post(url, content=content)).text == "ok"
    bodies = [request.partition(b"\r\n\r\n")[2] for request in asked]
    assert bodies == [b"small", big, b"0" * 40_000 + b"1" * 40_000 + b"2" * 40_000]


async def test_nothing_is_added_to_a_request_and_no_cookie_is_kept() -> None:
    answers = [_whole(b"{}", b"set-cookie: a=b", b"content-type: application/json")] * 2
    async with _answering(*answers) as (url, asked), lanes.client(TRUST, {}) as client:
        for _ in range(2):
            await client.get(url, headers={"x-mine": "1"})
    names = [
        {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]} for head in asked
    ]
    known = {b"host", b"accept", b"accept-encoding", b"connection", b"user-agent", b"x-mine", b""}
    assert names == [known, known]


async def test_answers_are_unpacked_and_redirects_followed() -> None:
    packed = _whole(
        gzip.compress(b"[1]"), b"content-encoding: gzip", b"content-type: application/json"
    )
    moved = b"HTTP/1.1 307 Moved\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"
    async with _answering(moved, packed) as (url, asked), lanes.client(TRUST, {}) as client:
        assert (await client.get(url)).json() == [1]
        assert asked[1].startswith(b"GET /there ")


async def test_a_stream_is_read_as_it_comes_and_may_be_left() -> None:
    async with _serving(1) as (url, asked), lanes.client(TRUST, {}) as client:
        for _ in range(3):
            async with client.stream("GET", url) as answer:
                assert [part async for part in answer.aiter_raw()] == [b"ok"]
        async with client.stream("GET", url) as answer:
            assert answer.status_code == 200
        assert (await client.get(url)).text == "ok"
        assert sum(asked) == 5


async def test_where_a_proxy_is_set_requests_go_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _answering(_whole(b"by proxy")) as (url, asked):
        monkeypatch.setenv("http_proxy", url)
        async with lanes.client(TRUST, {}) as client:
            assert (await client.get("http://service.invalid/v1")).text == "by proxy"
        assert asked[0].startswith(b"GET http://service.invalid/v1 ")


async def test_what_is_not_taken_is_given_up_in_time() -> None:
    async def take_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with _listening(take_nothing) as url, lanes.client(TRUST, {}) as client:
        for content in (b"x" * (32 << 20), _endless()):
            with pytest.raises(httpx.WriteTimeout):
                await client.post(url, content=content, timeout=httpx.Timeout(30.0, write=0.2))


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65_536


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_nothing_is_asked_twice(method: str) -> None:
    async with _answering(_whole(b"ok"), b"", _whole(b"again")) as (url, asked):
        async with lanes.client(TRUST, {}) as client:
            assert (await client.request(method, url)).text == "ok"
            with pytest.raises(httpx.RemoteProtocolError):
                await client.request(method, url)
        assert len(asked) == 2


async def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    closing = _whole(b"ok", b"x: close")
    async with _answering(*[closing] * 4) as (url, asked), lanes.client(TRUST, {}) as client:
        for _ in range(4):
            assert (await client.post(url, content=b"x")).text == "ok"
            time.sleep(0.05)  # noqa: ASYNC251 - the loop itself stands still, as in a collection
    assert len(asked) == 4


async def test_a_server_may_take_its_time_for_a_file() -> None:
    async with lanes.client(TRUST, {}) as client:
        assert client.timeout == httpx.Timeout(60.0, connect=5.0)


async def test_a_name_in_the_address_is_sent_as_the_library_sends_it() -> None:
    async with _answering(_whole(b"ok")) as (url, asked), lanes.client(TRUST, {}) as client:
        await client.get(url.replace("http://", "http://me:secret@"))
    assert b"authorization: basic" in asked[0].lower()
