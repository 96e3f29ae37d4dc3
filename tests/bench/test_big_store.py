"""Every screen over a year of use: how long until it stands, what it takes, what a page costs."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core.service.connect import connect, stop_engine
from core.store.database import Store
from core.store.runs import CallRow, StateRow, find_run, sum_calls
from core.workspace import Workspace
from tests.bench.big_store import RUN, fill
from tests.bench.figures import Figures, p95, p99, slowness
from tests.bench.processes import cpu_s, rss_mb
from tests.bench.screen import Screen
from tests.tui.rows import at

pytestmark = pytest.mark.bench

_SCREENS = {
    b"2": "suites",
    b"3": "rollouts",
    b"4": "pairs",
    b"5": "training",
    b"6": "evaluation",
    b"1": "plan",
}
_N_PAGES, _N_QUERIES, _N_COMMITS = 30, 100, 200
_OPEN_CPU_MS, _PAGE_MS, _METER_MS = 1_000, 60, 50
_APP_MB, _STALL_MS = 150, 1_000


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("big") / "workspace"
    asyncio.run(fill(directory))
    return directory


@pytest.fixture
def screen(big: Path, tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(["-m", "tui.cli", "--workspace", str(big)], tmp_path)
    try:
        yield screen
    finally:
        screen.close()
        asyncio.run(stop_engine(Workspace(big)))


async def _engine_pid(directory: Path) -> int:
    client = await connect(Workspace(directory), start=False)
    try:
        return client.hello.pid
    finally:
        await client.close()


@asynccontextmanager
async def _opened(directory: Path) -> AsyncIterator[Store]:
    store = Store.open(directory)
    try:
        yield store
    finally:
        store.close()


def test_every_screen_stands_soon_over_a_million_calls(
    big: Path, screen: Screen, figures: Figures
) -> None:
    screen.until(lambda: bool(re.search(rb"engine \d", screen.text)), "is connected")
    screen.drain(1.0)
    engine, slow = asyncio.run(_engine_pid(big)), slowness()
    figures.add("how slow the machine is now", slow, "x")
    for key, name in _SCREENS.items():
        before = cpu_s(screen.pid) + cpu_s(engine)
        screen.press(key)
        wall_ms = screen.until_quiet_s(1.0) * 1000
        cpu_ms = (cpu_s(screen.pid) + cpu_s(engine) - before) * 1000
        assert screen.text
        budget = _OPEN_CPU_MS * slow
        figures.add(f"{name}: until shown, CPU of app and engine", cpu_ms, "ms", budget)
        figures.add(f"{name}: until shown, by the clock", wall_ms, "ms")
    screen.press(b"4")
    screen.drain(1.0)
    before = cpu_s(screen.pid) + cpu_s(engine)
    for _ in range(_N_PAGES):
        screen.press(b"\x1b[6~")
        screen.drain(0.3)
    page_ms = (cpu_s(screen.pid) + cpu_s(engine) - before) / _N_PAGES * 1000
    figures.add("pairs: a page with its pair, CPU of both", page_ms, "ms", 4 * _PAGE_MS * slow)
    figures.add("memory of the app", rss_mb(screen.pid), "MB", _APP_MB)
    figures.add("memory of the engine", rss_mb(engine), "MB")
    figures.check()


async def test_the_meter_of_a_million_calls_is_read_at_once(big: Path, figures: Figures) -> None:
    slow = slowness()
    figures.add("how slow the machine is now", slow, "x")
    async with _opened(big) as store:
        for name, query in (("calls", sum_calls), ("rollouts", find_run)):
            cpu, wall = [], []
            for _ in range(_N_QUERIES):
                before, began = time.process_time(), time.perf_counter()
                assert await query(store, RUN)
                cpu.append((time.process_time() - before) * 1000)
                wall.append((time.perf_counter() - began) * 1000)
            figures.add(f"meter, {name}: p99 of CPU", p99(cpu), "ms", _METER_MS * slow)
            figures.add(f"meter, {name}: p99 by the clock", p99(wall), "ms")
    figures.check()


async def test_no_commit_stalls_while_a_run_writes_and_a_screen_reads(
    big: Path, figures: Figures
) -> None:
    async with _opened(big) as store:
        reading = asyncio.create_task(_read_on(store))
        waits: list[float] = []
        for n in range(_N_COMMITS):
            began = time.perf_counter()
            store.submit("states", [StateRow(f"new-{n}-{m}", "x = 1\n" * 700) for m in range(32)])
            await store.insert("calls", [_call(n, m) for m in range(32)])
            waits.append((time.perf_counter() - began) * 1000)
        reading.cancel()
        await asyncio.wait([reading])
    figures.add("commit of 32 calls with their states: p95", p95(waits), "ms")
    figures.add("longest commit", max(waits), "ms", _STALL_MS)
    figures.check()


def _call(n: int, m: int) -> CallRow:
    return CallRow(
        "run-new", f"rollout-{m}", n, 1, "builtin", f"new-{n}-{m}", "answered", "stop",
        "x = 1\n" * 50, 900, 90, 0, 0, 120, 0.4, at(0) + timedelta(seconds=n),
    )  # fmt: skip


async def _read_on(store: Store) -> None:
    while True:
        await sum_calls(store, RUN)
