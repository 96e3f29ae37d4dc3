"""Clients come, ask, cancel, vanish and lie; the engine's work goes on in order."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import EngineLost, EngineVersionError, StoppedError
from core.events import Emit
from core.service import wire
from core.service.calls import CALLS
from tests.core.service.echo import client, house
from tests.core.service.engine_process import until
from tests.core.service.samples import Samples


class Works:
    """Operations that last until they are let go, and how each ended."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.tidied: list[str] = []
        self.go_on = asyncio.Event()

    async def __call__(self, name: str, args: dict[str, Any], emit: Emit) -> Any:
        """Work."""
        self.begun.append(name)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            self.tidied.append(name)
            raise
        self.ended.append(name)
        return Samples().of(CALLS[name].hints["return"])


async def test_work_goes_on_when_its_client_vanishes_and_a_question_does_not(
    tmp_path: Path,
) -> None:
    works, path = Works(), tmp_path / "s"
    async with house(path, works) as here:
        async with client(path) as engine:
            asking = [asyncio.create_task(engine.check("kata")), asyncio.create_task(_ask(engine))]
            await until(lambda: len(works.begun) == 2, "both have begun")
        for task in asking:
            with pytest.raises(EngineLost):
                await task
        await until(lambda: works.tidied == ["overview"], "the question is dropped")
        assert [view.label for view in here.desk.operations()] == ["check kata"]
        works.go_on.set()
        await until(lambda: not here.desk.is_busy, "the work is done")
    assert works.ended == ["check"]


async def _ask(engine: Any) -> object:
    return await engine.overview()


async def test_a_cancelled_call_returns_after_its_operation_has_tidied_up(tmp_path: Path) -> None:
    works, path = Works(), tmp_path / "s"
    async with house(path, works) as here, client(path) as engine:
        checking = asyncio.create_task(engine.check("kata"))
        await until(lambda: works.begun == ["check"], "it has begun")
        checking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await checking
        assert works.tidied == ["check"]
        assert here.desk.operations() == ()


async def test_anybody_can_stop_an_operation_by_its_id_and_its_client_is_told(
    tmp_path: Path,
) -> None:
    works, path = Works(), tmp_path / "s"
    async with house(path, works) as here, client(path) as one, client(path) as two:
        checking = asyncio.create_task(one.check("kata"))
        await until(lambda: works.begun == ["check"], "it has begun")
        (view,) = here.desk.operations()
        assert await two.cancel(view.operation_id)
        with pytest.raises(StoppedError, match="check kata"):
            await checking
        assert not await two.cancel(view.operation_id), "it is over"


async def test_an_operation_that_is_cancelled_at_once_ends_like_any_other(tmp_path: Path) -> None:
    works, path = Works(), tmp_path / "s"
    async with house(path, works) as here:
        reader, writer = await asyncio.open_unix_connection(path)
        hello = msgspec.json.decode(await reader.readline(), type=wire.Hello)
        begin = wire.Request(1, "forge")
        cancel = wire.Request(2, "cancel", wire.raw({"operation_id": f"{hello.client}-1"}))
        greeting = wire.ClientHello(wire.PROTOCOL, "x")
        writer.write(wire.encode(greeting) + wire.encode(begin) + wire.encode(cancel))
        lines = [msgspec.json.decode(await reader.readline(), type=wire.Line) for _ in range(2)]
        writer.close()
        assert not here.desk.is_busy
    answers = {line.id: line for line in lines}
    assert answers[2].result == msgspec.Raw(b"true")
    assert answers[1].error is not None
    assert answers[1].error.kind == "StoppedError"


async def test_a_lost_engine_is_noticed_by_every_call_that_waits(tmp_path: Path) -> None:
    works, path = Works(), tmp_path / "s"
    async with house(path, works) as here, client(path) as engine:
        waiting = [asyncio.create_task(engine.until_lost()), asyncio.create_task(_ask(engine))]
        await until(lambda: works.begun == ["overview"], "it has begun")
        for task in here.serving:
            task.cancel()
        for task in waiting:
            with pytest.raises(EngineLost, match="resume"):
                await task
        with pytest.raises(EngineLost):
            await engine.overview()


async def test_the_engine_refuses_a_client_of_another_protocol_and_says_which(
    tmp_path: Path,
) -> None:
    works, path = Works(), tmp_path / "s"
    works.go_on.set()
    async with house(path, works):
        reader, writer = await asyncio.open_unix_connection(path)
        await reader.readline()
        writer.write(wire.encode(wire.ClientHello(wire.PROTOCOL + 1, "9.9")))
        writer.write(wire.encode(wire.Request(1, "list_jobs")))
        line = msgspec.json.decode(await reader.readline(), type=wire.Line)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert line.error is not None
    assert line.error.kind == EngineVersionError.__name__
    assert "gemel 9.9 speaks 2" in line.error.message
    assert "gemel engine stop" in line.error.message
    assert works.begun == []


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\x00\n", b"[]\n", b"{}\n"])
async def test_what_is_no_client_is_hung_up_on_and_others_are_served(
    tmp_path: Path, noise: bytes
) -> None:
    works, path = Works(), tmp_path / "s"
    works.go_on.set()
    async with house(path, works):
        reader, writer = await asyncio.open_unix_connection(path)
        await reader.readline()
        writer.write(noise)
        assert await reader.read() == b""
        writer.close()
        async with client(path) as engine:
            assert await engine.list_jobs() != []
