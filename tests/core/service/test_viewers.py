"""Events: a snapshot first, then everything in order; who is too slow starts from a new one."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.events import Emit, OperationEnded, OperationStarted, ProgressMade
from core.service import wire
from core.service.connection import MAX_EVENT_BYTES
from core.service.picture import Snapshot, Told
from tests.core.service.echo import client, house
from tests.core.service.engine_process import PATIENCE_S, until

_N_EVENTS, _N_AT_ONCE = 6000, 50
_NOTE = "x" * (4 * MAX_EVENT_BYTES // _N_EVENTS)


class Seen:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.told: list[Told] = []
        self.last_seq = 0

    def __call__(self, news: Snapshot | Told) -> None:
        """Take the news."""
        self.last_seq = news.seq
        (self.snapshots if isinstance(news, Snapshot) else self.told).append(news)  # type: ignore[arg-type]

    def progress(self) -> list[int]:
        """What was done, as told."""
        return [told.event.n_done for told in self.told if isinstance(told.event, ProgressMade)]


async def test_a_late_viewer_gets_a_snapshot_of_what_goes_on_and_then_every_event(
    tmp_path: Path,
) -> None:
    go_on = asyncio.Event()

    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        for n in (1, 2):
            emit(ProgressMade("check kata", n, 4))
        await go_on.wait()
        for n in (3, 4):
            emit(ProgressMade("check kata", n, 4))

    path, early, late = tmp_path / "s", Seen(), Seen()
    async with house(path, work), client(path) as one, client(path) as two:
        one.watch(early)
        checking = asyncio.create_task(one.check("kata"))
        await until(lambda: early.progress() == [1, 2], "the first half is told")
        two.watch(late)
        await until(lambda: len(late.snapshots) == 1, "the late viewer has a snapshot")
        (snapshot,) = late.snapshots
        (view,) = snapshot.operations
        assert view.label == snapshot.doing == "check kata"
        assert one.owns(view.operation_id)
        assert not two.owns(view.operation_id)
        (progress,) = snapshot.progress
        assert (progress.operation_id, progress.made.n_done) == (view.operation_id, 2)
        assert snapshot.seq == early.last_seq
        go_on.set()
        with pytest.raises(Exception, match="cannot be read"):
            await checking  # the stand-in returns nothing
        await until(lambda: late.last_seq == early.last_seq == 6, "both have heard the end")
        assert [told.seq for told in early.told] == [1, 2, 3, 4, 5, 6]
        assert [told.seq for told in late.told] == [4, 5, 6]
        assert isinstance(early.told[0].event, OperationStarted)
        assert isinstance(late.told[-1].event, OperationEnded)
        third = Seen()
        two.watch(third)
        await until(lambda: len(third.snapshots) == 1, "a snapshot after the end")
        assert (third.snapshots[0].doing, third.snapshots[0].progress) == ("idle", ())


def _view_slowly(path: Path, seen: Seen, is_stuck: threading.Event, go_on: threading.Event) -> None:
    """Watch from a loop of its own that stands still from the first event until told."""

    async def main() -> None:
        def take(news: Snapshot | Told) -> None:
            seen(news)
            if isinstance(news, Told) and not go_on.is_set():
                is_stuck.set()
                assert go_on.wait(PATIENCE_S)

        async with client(path) as engine:
            engine.watch(take)
            await until(lambda: seen.last_seq >= _N_EVENTS + 1, "the slow viewer has caught up")

    asyncio.run(main())


async def test_a_viewer_that_stands_still_is_left_behind_and_catches_up_by_a_snapshot(
    tmp_path: Path,
) -> None:
    fast, slow = Seen(), Seen()
    is_stuck, go_on = threading.Event(), threading.Event()

    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        for n in range(1, _N_EVENTS + 1):
            emit(ProgressMade("forge", n, _N_EVENTS, _NOTE))
            if n % _N_AT_ONCE == 0:
                await until(lambda n=n: len(fast.progress()) == n, f"{n} events are seen")  # type: ignore[misc]
            if n == 1:
                await until(is_stuck.is_set, "the slow viewer stands still")
        assert not go_on.is_set(), "the fast viewer got everything while the slow one stood"
        return await asyncio.to_thread(go_on.set)

    path = tmp_path / "s"
    async with house(path, work) as here, client(path) as engine:
        engine.watch(fast)
        viewing = asyncio.create_task(asyncio.to_thread(_view_slowly, path, slow, is_stuck, go_on))
        await until(lambda: len(here.connections) == 2, "both are connected")
        await until(lambda: len(fast.snapshots) == 1, "the fast one watches")
        with pytest.raises(Exception, match="cannot be read"):
            await engine.forge()
        await asyncio.wait_for(viewing, PATIENCE_S)
    assert fast.progress() == list(range(1, _N_EVENTS + 1))
    assert len(slow.snapshots) == 2
    assert slow.snapshots[1].seq > slow.told[0].seq
    assert len(slow.progress()) < _N_EVENTS / 2
    assert slow.last_seq == _N_EVENTS + 2


async def test_a_client_that_misses_a_number_asks_for_a_snapshot_by_itself(tmp_path: Path) -> None:
    asked: list[wire.Request] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire.encode(wire.hello("c", 1)))
        await reader.readline()
        for seq in (10, 20):
            asked.append(msgspec.json.decode(await reader.readline(), type=wire.Request))
            snapshot = wire.raw(Snapshot(seq, "idle", (), (), (), ()))
            writer.write(wire.encode(wire.Line(id=asked[-1].id, result=snapshot)))
            for number in (seq + 1, seq + 2, seq + 4):
                data = wire.raw(ProgressMade("forge", number, 99))
                writer.write(wire.encode(wire.Line(event="ProgressMade", seq=number, data=data)))
        await reader.readline()
        writer.close()

    path, seen = tmp_path / "s", Seen()
    server = await asyncio.start_unix_server(serve, path)
    async with client(path) as engine:
        engine.watch(seen)
        await until(lambda: len(seen.told) == 4, "both stretches are told")
    server.close()
    assert [request.op for request in asked] == ["subscribe", "subscribe"]
    assert [snapshot.seq for snapshot in seen.snapshots] == [10, 20]
    assert [told.seq for told in seen.told] == [11, 12, 21, 22]
