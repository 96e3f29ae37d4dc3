"""Connections to a service: kept while they are free, one for each call at once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from core.together.lanes import Lanes, sending

TRUST = ssl.create_default_context()


@asynccontextmanager
async def _serving(n_at_once: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Answers when so many wait; counts connections, and the requests of each."""
    asked: list[int] = []
    open_now: set[asyncio.Task[None]] = set()
    together = asyncio.Barrier(n_at_once)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = len(asked)
        asked.append(0)
        task = asyncio.current_task()
        assert task is not None
        open_now.add(task)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked[at] += 1
                await together.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now)


async def test_calls_at_once_have_a_connection_each_and_later_ones_use_them_again() -> None:
    async with _serving(30) as (url, asked), httpx.AsyncClient(transport=Lanes(TRUST)) as client:
        for _ in range(3):
            answers = await asyncio.gather(*(client.get(url) for _ in range(30)))
            assert {answer.text for answer in answers} == {"ok"}
        assert asked == [3] * 30


async def test_a_call_that_is_cut_off_spoils_no_other() -> None:
    async with _serving(1) as (url, _), httpx.AsyncClient(transport=Lanes(TRUST)) as client:
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


def test_where_a_proxy_is_set_the_library_goes_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    assert "transport" not in sending(TRUST)
    monkeypatch.delenv("https_proxy")
    assert "transport" in sending(TRUST)
