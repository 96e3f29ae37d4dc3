"""Commands and the engine's process: one workspace, several terminals, no work lost."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.errors import EngineAbsentError, EngineLost
from core.events import RolloutFinished, RunEnded
from core.rollouts.operations import RunOptions
from core.service.client import EngineClient
from core.service.connect import connect
from core.service.picture import Told
from core.workspace import Workspace
from tests.commands.gemel import Outcome, gemel, start_gemel
from tests.core.service.engine_process import ended, until

_RUN = ("rollouts", "run", "--tasks", "6", "--seeds", "40", "--iterations", "6")


@pytest.fixture
def engine(workspace: Path) -> Iterator[int]:
    """The pid of an engine that a command started."""
    started = gemel(workspace, "engine", "start", "--json")
    assert started.code == 0, started.err
    yield started.json["pid"]
    gemel(workspace, "engine", "stop")


async def _gemel(workspace: Path, *words: str) -> Outcome:
    return await asyncio.to_thread(gemel, workspace, *words)


@asynccontextmanager
async def _watching(workspace: Path) -> AsyncIterator[tuple[EngineClient, list[Told]]]:
    found: list[EngineClient] = []

    async def try_to_connect() -> None:
        while not found:
            try:
                found.append(await connect(Workspace(workspace), start=False))
            except EngineAbsentError:
                await asyncio.sleep(0.02)

    await asyncio.wait_for(try_to_connect(), 60.0)
    told: list[Told] = []
    found[0].watch(lambda news: told.append(news) if isinstance(news, Told) else None)
    try:
        yield found[0], told
    finally:
        await found[0].close()


def _n_finished(told: list[Told]) -> int:
    return sum(isinstance(news.event, RolloutFinished) for news in told)


def test_start_and_stop_may_be_said_twice_and_status_always_answers(workspace: Path) -> None:
    nothing = gemel(workspace, "engine", "status", "--json")
    assert (nothing.code, nothing.json) == (0, {"running": False})
    first = gemel(workspace, "engine", "start", "--json", "--workers", "1").json
    again = gemel(workspace, "engine", "start", "--json").json
    assert (first["started"], again["started"]) == (True, False)
    assert first["pid"] == again["pid"]
    status = gemel(workspace, "engine", "status", "--json").json
    assert (status["running"], status["pid"]) == (True, first["pid"])
    assert (status["n_clients"], status["operations"]) == (0, [])
    assert status["sandbox"]
    assert Path(status["socket"]).is_socket()
    health = gemel(workspace, "doctor", "--json").json
    assert (health["workspace"], health["sandbox_workers"]) == (str(workspace), 1)
    stopped = gemel(workspace, "engine", "stop", "--json").json
    assert stopped == {"running": False, "stopped": True, "pid": first["pid"]}
    again = gemel(workspace, "engine", "stop", "--json")
    assert (again.code, again.json["stopped"]) == (0, False)
    assert not Path(status["socket"]).exists()


async def test_a_killed_command_does_not_end_the_run_it_began(workspace: Path, engine: int) -> None:
    command = start_gemel(workspace, *_RUN)
    async with _watching(workspace) as (client, told):
        await until(lambda: _n_finished(told) > 0, "the run goes on")
        command.kill()
        ended(command)
        (run,) = await client.list_runs()
        assert run.status == "running"
        await until(lambda: _is_over(told), "the run is over")
        report = await client.show_run(run.run_id)
    assert (report.status, report.n_rollouts) == ("finished", report.n_planned)


def _is_over(told: list[Told]) -> bool:
    return any(isinstance(news.event, RunEnded) for news in told)


async def test_stopping_the_engine_stops_a_run_that_a_later_command_finishes(
    workspace: Path, engine: int
) -> None:
    command = start_gemel(workspace, *_RUN)
    async with _watching(workspace) as (_, told):
        await until(lambda: _n_finished(told) > 0, "the run goes on")
        stopped = await _gemel(workspace, "engine", "stop", "--json")
        assert stopped.json["pid"] == engine
    code, err = ended(command)
    assert code == 130
    assert "was stopped" in err
    assert "rollouts resume" in err
    assert "Traceback" not in err
    (run,) = (await _gemel(workspace, "rollouts", "list", "--json")).json
    assert run["status"] == "stopped"
    assert run["n_rollouts"] >= _n_finished(told)
    resumed = (await _gemel(workspace, "rollouts", "resume", "--json")).json
    assert (resumed["status"], resumed["n_rollouts"]) == ("finished", resumed["n_planned"])


async def test_an_interrupted_command_stops_its_own_work_and_leaves_the_engine(
    workspace: Path, engine: int
) -> None:
    command = start_gemel(workspace, *_RUN)
    async with _watching(workspace) as (client, told):
        await until(lambda: _n_finished(told) > 0, "the run goes on")
        command.send_signal(signal.SIGINT)
        code, err = ended(command)
        assert (code, err.count("Interrupted.")) == (130, 1)
        (run,) = await client.list_runs()
        assert run.status == "stopped"
        assert (await client.status()).pid == engine


async def test_a_command_without_an_engine_can_be_watched_and_waits_for_its_guests(
    workspace: Path,
) -> None:
    command = start_gemel(workspace, "rollouts", "run", "--tasks", "3", "--seeds", "3")
    async with _watching(workspace) as (client, _):
        status = await client.status()
        assert (status.pid, status.is_detached) == (command.pid, False)
        guest = RunOptions(n_tasks=6, n_seeds=20, limits=Limits(n_iterations=6))
        mine = await client.run_rollouts(guest)
        with pytest.raises(EngineLost):
            await client.until_lost()
    code, err = ended(command)
    assert code == 0, err
    assert mine.status == "finished"
    runs = (await _gemel(workspace, "rollouts", "list", "--json")).json
    assert [run["status"] for run in runs] == ["finished", "finished"]
    assert "Waiting for what other terminals began: run rollouts" in " ".join(err.split())


async def test_a_command_that_hosts_is_ended_by_engine_stop(workspace: Path) -> None:
    command = start_gemel(workspace, *_RUN)
    async with _watching(workspace) as (_, told):
        await until(lambda: _n_finished(told) > 0, "the run goes on")
    stopped = await _gemel(workspace, "engine", "stop", "--json")
    assert stopped.json["pid"] == command.pid
    code, err = ended(command)
    assert code == 130, err
    assert "Traceback" not in err
    (run,) = (await _gemel(workspace, "rollouts", "list", "--json")).json
    assert run["status"] == "stopped"
