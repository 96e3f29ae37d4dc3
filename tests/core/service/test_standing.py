"""What an engine does in its own name: it follows remote jobs, and lives as long as it does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.service.server import Server, Settings
from core.training.remote import operations as remote
from core.workspace import Workspace
from tests.core.pairs.made import opened
from tests.core.together.http import Answer, Asked
from tests.core.together.tune_jobs import endless, quick
from tests.core.together.tuning import Tuning
from tests.core.training.remote.made import given
from tests.core.training.remote.shop import shop, wish

_JOB = ("GET", "/v1/fine-tunes/ft-00000001")


async def _bought(workspace: Path) -> str:
    """A job that its engine left to itself."""
    with opened(workspace) as context:
        job_id = await remote.begin(context, given(), wish())
        await remote.go_on(context, job_id)
        await remote.confirm(context, job_id, 10**9)
        return job_id


def _looks(there: Tuning, n: int) -> asyncio.Event:
    """Set when somebody has asked for the job so often."""
    is_reached = asyncio.Event()

    def count(asked: Asked, answer: Answer) -> Answer:
        if there.service.count(*_JOB) >= n:
            is_reached.set()
        return answer

    there.service.late[_JOB] += [count] * n
    return is_reached


async def test_an_engine_follows_a_job_at_its_start_and_does_not_idle_out_before_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(endless)
        job_id = await _bought(tmp_path)
        settings = Settings(n_workers=1, idle_s=0.01, is_detached=True)
        is_followed = _looks(there, 20)
        serving = asyncio.create_task(Server(Workspace(tmp_path), settings).run(lambda: None))
        async with asyncio.timeout(60):
            await is_followed.wait()
        assert not serving.done(), "it would have been idle long ago"
        (job,) = there.tunes.jobs.values()
        job.course = quick(job)
        async with asyncio.timeout(60):
            await serving
        with opened(tmp_path) as context:
            assert (await remote.get_job(context, job_id)).status == "finished"


async def test_a_passing_engine_leaves_a_job_to_a_lasting_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(endless)
        job_id = await _bought(tmp_path)
        ready = asyncio.Event()
        server = Server(Workspace(tmp_path), Settings(n_workers=1))
        serving = asyncio.create_task(server.run(ready.set))
        await ready.wait()
        assert server.operations() == ()
        server.stop()
        await serving
        assert there.service.count(*_JOB) == 0
        server = Server(Workspace(tmp_path), Settings(n_workers=1, is_detached=True))
        is_followed = _looks(there, 3)
        serving = asyncio.create_task(server.run(lambda: None))
        async with asyncio.timeout(60):
            await is_followed.wait()
        assert [view.label for view in server.operations()] == [f"watch job {job_id}"]
        assert server.unsettled() == (), "nobody waits for it to end"
        server.stop()
        async with asyncio.timeout(60):
            await serving
        with opened(tmp_path) as context:
            assert (await remote.get_job(context, job_id)).status == "running"
