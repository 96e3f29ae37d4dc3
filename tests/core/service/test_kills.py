"""Engines killed again and again under full load: what they acknowledged is kept, once."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.agent.limits import Limits
from core.engine import Engine, open_engine
from core.errors import EngineLost
from core.events import CallsMade, RolloutFinished, RunStarted
from core.pairs.formats import PairFormat
from core.rollouts.operations import RunOptions
from core.service.client import EngineClient
from core.service.connect import connect
from core.service.picture import Snapshot, Told
from core.workspace import Workspace
from tests.core.service.engine_process import PATIENCE_S

_N_KILLS, _N_CONCURRENT = 50, 32
_MAX_EVENTS, _MAX_DELAY_S = 6, 0.05  # so that fifty kills go about once through a run
_OPTIONS = RunOptions(n_tasks=8, n_seeds=25, limits=Limits(n_iterations=5))


@dataclass(slots=True)
class Heard:
    """What the engines of one workspace acknowledged to their viewer."""

    rollouts: set[str] = field(default_factory=set)
    n_calls: dict[str, int] = field(default_factory=dict)
    run_id: str = ""
    n_wanted: int = 0
    """Events still to come before `has_enough` is set."""
    has_enough: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, news: Snapshot | Told) -> None:
        """Take the news."""
        event = news.event if isinstance(news, Told) else None
        match event:
            case RunStarted():
                self.run_id = event.run_id
            case RolloutFinished():
                self.rollouts.add(event.rollout_id)
            case CallsMade():
                self.n_calls[event.run_id] = event.n_calls
            case _:
                return
        self.n_wanted -= 1
        if self.n_wanted <= 0:
            self.has_enough.set()


@asynccontextmanager
async def forks(place: Path) -> AsyncIterator[Process]:
    """The process that engines are forked from; what they leave behind goes with `place`."""
    script = Path(__file__).with_name("engine_forks.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(script.parents[3])},
    )
    try:
        yield process
    finally:
        process.kill()
        await process.communicate()


async def _start(process: Process, workspace: Path) -> int:
    words = ["--workspace", str(workspace), "--concurrent", str(_N_CONCURRENT)]
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(words).encode() + b"\n")
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
    pid: int = json.loads(line)["pid"]
    return pid


async def _work_until_killed(client: EngineClient, heard: Heard, pid: int, delay_s: float) -> bool:
    """Start or resume a run, kill the engine soon after it was heard; whether it still ran."""
    heard.has_enough.clear()
    client.watch(heard)
    work = client.resume_run(heard.run_id) if heard.run_id else client.run_rollouts(_OPTIONS)
    running = asyncio.create_task(work)
    enough = asyncio.create_task(heard.has_enough.wait())
    await asyncio.wait([running, enough], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait([running], timeout=delay_s)
    enough.cancel()
    os.kill(pid, signal.SIGKILL)
    await asyncio.wait([running])
    await asyncio.wait([asyncio.create_task(client.until_lost())])
    await client.close()
    return isinstance(running.exception(), EngineLost)


async def _fetch(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    return await engine.context.store.fetch(sql)


async def _outcome(engine: Engine, run_id: str, path: Path) -> tuple[list[object], bytes]:
    """Every call of a run, without what names the run itself, and its pair file."""
    calls = await _fetch(
        engine,
        "SELECT rollouts.task_id, seed, iteration, calls.state, reply FROM calls "
        f"JOIN rollouts USING (rollout_id) WHERE calls.run_id = '{run_id}' ORDER BY ALL",
    )
    build = await engine.build_pairs(run_id)
    await engine.export_pairs(build.build_id, path, PairFormat.TOGETHER)
    return [*calls], await asyncio.to_thread(path.read_bytes)


async def test_fifty_kills_lose_no_acknowledged_row_and_change_no_pair(
    workspace: Path, tmp_path: Path
) -> None:
    calm = Path(shutil.copytree(workspace, tmp_path / "calm"))
    chance, heard = random.Random(11), Heard()
    runs: list[str] = []
    n_in_the_middle = 0
    async with forks(tmp_path) as process:
        for _ in range(_N_KILLS):
            pid = await _start(process, workspace)
            client = await connect(Workspace(workspace), start=False)
            delay_s = chance.random() * _MAX_DELAY_S
            heard.n_wanted = chance.randrange(1, _MAX_EVENTS)
            is_in_the_middle = await _work_until_killed(client, heard, pid, delay_s)
            n_in_the_middle += is_in_the_middle
            runs += [] if heard.run_id in runs else [heard.run_id]
            if not is_in_the_middle:
                heard.run_id = ""
    async with open_engine(Workspace(workspace)) as engine:
        stored = {name for (name,) in await _fetch(engine, "SELECT rollout_id FROM rollouts")}
        assert heard.rollouts <= stored, "an acknowledged rollout is lost"
        counts = dict(await _fetch(engine, "SELECT run_id, count(*) FROM calls GROUP BY 1"))
        assert all(counts[run_id] >= n for run_id, n in heard.n_calls.items())
        for run_id in runs:
            report = await engine.resume_run(run_id)
            assert (report.status, report.n_rollouts) == ("finished", report.n_planned)
        outcomes = [await _outcome(engine, run_id, tmp_path / f"{run_id}.jsonl") for run_id in runs]
    async with open_engine(Workspace(calm)) as engine:
        run_id = (await engine.run_rollouts(_OPTIONS)).run_id
        calls, pairs = await _outcome(engine, run_id, tmp_path / "calm.jsonl")
    assert n_in_the_middle >= 0.8 * _N_KILLS
    assert len(calls) > _N_CONCURRENT
    assert len(pairs) > 0
    for found_calls, found_pairs in outcomes:
        # Not one call is on record twice: what was lost of those in flight was not used.
        assert found_calls == calls
        assert found_pairs == pairs
