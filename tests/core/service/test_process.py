"""Engines as real processes: one owner, orderly ends, and sockets that lead to them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import open_engine
from core.errors import (
    EngineAbsentError,
    EngineError,
    EngineLost,
    EngineVersionError,
    GemelError,
    RefusedError,
    StoppedError,
    UsageError,
)
from core.events import CallsMade, RolloutFinished, RunEnded
from core.rollouts.operations import RunOptions
from core.service import wire
from core.service.address import bind, socket_path, unbind
from core.service.client import EngineClient
from core.service.connect import connect
from core.service.picture import Snapshot, Told
from core.workspace import Workspace
from tests.core.service.engine_process import (
    PATIENCE_S,
    end,
    ended,
    engine_process,
    start_engine_process,
    until,
)

_SHORT = RunOptions(n_seeds=1, limits=Limits(n_iterations=2))
_LONG = RunOptions(n_seeds=100, limits=Limits(n_iterations=20))


@asynccontextmanager
async def connected(workspace: Path) -> AsyncIterator[tuple[EngineClient, list[Told]]]:
    """A client inside, with every event it is told from now on."""
    client = await connect(Workspace(workspace), start=False)
    told: list[Told] = []
    is_watching = asyncio.Event()

    def take(news: Snapshot | Told) -> None:
        if isinstance(news, Told):
            told.append(news)
        else:
            is_watching.set()

    client.watch(take)
    try:
        await asyncio.wait_for(is_watching.wait(), PATIENCE_S)
        yield client, told
    finally:
        await client.close()


def _finished(told: list[Told]) -> set[str]:
    return {t.event.rollout_id for t in told if isinstance(t.event, RolloutFinished)}


async def test_two_clients_see_one_run_and_the_same_end(workspace: Path) -> None:
    with engine_process(workspace) as process:
        async with connected(workspace) as (one, told_one), connected(workspace) as (two, told_two):
            report = await one.run_rollouts(_SHORT)
            await until(lambda: len(told_two) == len(told_one), "both have heard everything")
            assert await two.show_run(report.run_id) == report
            assert told_one == told_two
            assert len(_finished(told_one)) == report.n_rollouts == report.n_planned
            events = [t.event for t in told_one]
            (n_ended,) = [n for n, event in enumerate(events) if isinstance(event, RunEnded)]
            last = events[n_ended - 1]
            assert isinstance(last, CallsMade), "the end is told after the last totals"
            assert (last.n_calls, last.cost_microusd) == (report.n_calls, report.cost_microusd)
            assert last.n_prompt_tokens + last.n_completion_tokens == report.n_tokens
            status = await two.status()
            assert (status.pid, status.n_clients, status.operations) == (process.pid, 1, ())


async def test_a_running_run_is_shown_refuses_a_second_start_and_can_be_stopped(
    workspace: Path,
) -> None:
    with engine_process(workspace):
        async with connected(workspace) as (one, told), connected(workspace) as (two, _):
            running = asyncio.create_task(one.run_rollouts(_LONG))
            await until(lambda: len(_finished(told)) > 3, "some rollouts are finished")
            n_told = len(_finished(told))
            (live,) = await two.live_runs()
            assert sum(live.outcomes.values()) >= n_told > 3
            assert live.n_planned > sum(live.outcomes.values())
            assert 0 < len(live.rollouts) <= 16
            assert len({rollout.rollout_id for rollout in live.rollouts}) == len(live.rollouts)
            assert all(r.started_at <= r.active_at for r in live.rollouts)
            with pytest.raises(RefusedError, match=f"{live.run_id} is being worked on"):
                await asyncio.wait_for(two.resume_run(live.run_id), PATIENCE_S)
            assert (await two.stop_run(live.run_id)).status == "stopped"
            with pytest.raises(StoppedError):
                await running
            assert await two.live_runs() == ()
            with pytest.raises(UsageError, match="not running"):
                await two.stop_run(live.run_id)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_the_engine_in_order(workspace: Path, number: signal.Signals) -> None:
    with engine_process(workspace) as process:
        async with connected(workspace) as (client, told):
            running = asyncio.create_task(client.run_rollouts(_LONG))
            await until(lambda: len(_finished(told)) > 0, "the run goes on")
            process.send_signal(number)
            with pytest.raises(StoppedError, match="run rollouts"):
                await running
            with pytest.raises(EngineLost):
                await client.until_lost()
            # The connection ends last: now the workspace is free.
            async with open_engine(Workspace(workspace), patience_s=0.0) as engine:
                (run,) = await engine.list_runs()
        code, err = ended(process)
    assert (code, run.status) == (0, "stopped"), err
    assert run.n_rollouts >= len(_finished(told))
    assert [t.event.status for t in told if isinstance(t.event, RunEnded)] == ["stopped"]
    assert "Traceback" not in err
    assert not socket_path(Workspace(workspace)).exists()


async def test_a_killed_engine_is_noticed_and_its_stale_socket_is_replaced(
    workspace: Path,
) -> None:
    path = socket_path(Workspace(workspace))
    with engine_process(workspace) as process:
        async with connected(workspace) as (client, _):
            process.kill()
            with pytest.raises(EngineLost):
                await asyncio.wait_for(client.until_lost(), 5.0)
        end(process)
        assert path.exists()
        with pytest.raises(EngineAbsentError, match="gemel engine start"):
            await connect(Workspace(workspace), start=False)
    with engine_process(workspace):
        async with connected(workspace) as (client, _):
            assert (await client.overview()).n_suites == 1


async def test_a_second_engine_is_refused_with_the_pid_of_the_first(workspace: Path) -> None:
    with engine_process(workspace) as first:
        code, err = ended(start_engine_process(workspace, "--patience-s", "0"))
        assert code == 3
        assert f"in use by process {first.pid}" in err
        async with connected(workspace) as (client, _):
            assert (await client.status()).pid == first.pid


async def test_an_idle_engine_ends_itself_but_not_under_a_client_or_at_work(
    workspace: Path,
) -> None:
    with engine_process(workspace, "--idle-s", "0.3") as process:
        async with connected(workspace) as (client, told):
            running = asyncio.create_task(client.run_rollouts(_SHORT))
            await until(lambda: len(_finished(told)) > 0, "the run goes on")
        with pytest.raises(EngineLost):
            await running
        code, err = ended(process)
    assert code == 0, err
    async with open_engine(Workspace(workspace)) as engine:
        (run,) = await engine.list_runs()
    assert run.status == "finished", "it ended only when the work was done"


async def test_a_workspace_too_long_for_a_socket_has_a_private_place_for_it(
    workspace: Path, tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.parent.mkdir()
    shutil.move(workspace, deep)
    path = socket_path(Workspace(deep))
    assert len(os.fsencode(path)) < 100
    link = tmp_path / "link"
    link.symlink_to(deep)
    assert socket_path(Workspace(link)) == path
    with engine_process(deep) as process:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        async with connected(deep) as (client, _), connected(link) as (other, _):
            assert (await client.status()).pid == (await other.status()).pid == process.pid
        process.terminate()
        assert ended(process)[0] == 0
    assert not path.parent.exists()


def test_a_socket_is_for_its_user_alone_and_in_nobody_elses_directory(tmp_path: Path) -> None:
    path = socket_path(Workspace(tmp_path))
    listener = bind(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listener.close()
    unbind(path)
    foreign = socket_path(Workspace(tmp_path / ("d" * 120)))
    foreign.parent.mkdir(mode=0o755)
    try:
        with pytest.raises(EngineError, match="not a private directory"):
            bind(foreign)
    finally:
        foreign.parent.rmdir()


async def test_an_engine_of_another_protocol_is_refused_by_name(tmp_path: Path) -> None:
    has_left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire.encode(wire.Hello(wire.PROTOCOL + 1, 1, 4711, "9.9", "c")))
        await reader.read()
        writer.close()
        has_left.set()

    server = await asyncio.start_unix_server(serve, socket_path(Workspace(tmp_path)))
    with pytest.raises(EngineVersionError, match=r"process 4711, gemel 9\.9.*gemel engine stop"):
        await connect(Workspace(tmp_path), start=True)
    await has_left.wait()
    server.close()


async def test_what_ends_before_it_says_hello_counts_as_no_engine(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(socket_path(Workspace(tmp_path))))
        listener.listen()
        connecting = asyncio.create_task(connect(Workspace(tmp_path), start=False))
        peer, _ = await asyncio.to_thread(listener.accept)
        peer.close()
        with pytest.raises(EngineAbsentError):
            await connecting


async def test_connect_starts_an_engine_that_is_nobodys_child_and_finds_it_again(
    workspace: Path,
) -> None:
    first = await connect(Workspace(workspace), start=True)
    try:
        status = await first.status()
        assert status.is_detached
        assert os.getsid(status.pid) != os.getsid(0)
        assert os.getsid(status.pid) != status.pid, "it leads no session: no terminal can be its"
        with pytest.raises(ChildProcessError):
            os.waitpid(status.pid, os.WNOHANG)  # noqa: ASYNC222 - it does not wait
        second = await connect(Workspace(workspace), start=True)
        assert second.hello.pid == status.pid
        await second.close()
        log = workspace / "engine.log"
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
    finally:
        await first.shutdown()
        with pytest.raises(EngineLost):
            await first.until_lost()
        await first.close()


async def test_an_engine_that_cannot_start_says_why(workspace: Path) -> None:
    (workspace / "store.duckdb").write_bytes(b"this is no database" * 1000)
    with pytest.raises(GemelError, match="store"):
        await connect(Workspace(workspace), start=True)
