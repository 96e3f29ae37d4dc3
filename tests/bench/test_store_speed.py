"""The store under a large run: its meter over a million calls, its commits under a gigabyte."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.runs import CallRow, StateRow, sum_calls
from core.store.spending import sum_spent
from tests.bench.figures import Figures, p99, starvation
from tests.core.edits.programs import kata_programs

_DAY = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
_N_CALLS, _N_RUNS = 1 << 20, 16
_N_QUERIES = 120
_N_BYTES, _N_WRITERS = 1 << 30, 32


@pytest.mark.bench
async def test_the_meter_of_a_million_calls_comes_at_once(tmp_path: Path, figures: Figures) -> None:
    store = Store.open(tmp_path)
    many = (
        f"INSERT INTO calls SELECT calls.* REPLACE ('run-' || range // {_N_CALLS // _N_RUNS} AS "
        f"run_id, 'r-' || range // 10 AS rollout_id) FROM calls, range({_N_CALLS})"
    )
    call = CallRow("", "", 1, 1, "m", "s", "ok", "stop", "", 100, 10, 20, 0, 1_000, 0.1, _DAY)
    try:
        await store.insert("calls", [call])
        await store.change(lambda cursor: cursor.execute(many))
        nothing = await _walls(lambda: store.fetch("SELECT 1"))
        queries: dict[str, Callable[[], Awaitable[object]]] = {
            "calls of a run": lambda: sum_calls(store, "run-3"),
            "money of a run": lambda: sum_spent(store, "run-3"),
            "money of everything": lambda: sum_spent(store),
        }
        figures.add("a query of nothing, p99", 1e3 * p99(nothing), "ms")
        for what, query in queries.items():
            took_s = p99(await _walls(query)) - p99(nothing)
            # The meter asks for the calls again and again, people for the money now and then.
            budget = 50.0 if what == "calls of a run" else None
            figures.add(f"{what}, p99 above that", 1e3 * took_s, "ms", budget)
        assert (await sum_calls(store, "run-3")).n_calls == _N_CALLS // _N_RUNS
        assert (await sum_spent(store)).settled == 1_000 * (_N_CALLS + 1)
    finally:
        store.close()
    figures.check()


@pytest.mark.bench
async def test_no_commit_stalls_while_a_gigabyte_is_written(
    tmp_path: Path, figures: Figures
) -> None:
    store, rng = Store.open(tmp_path), random.Random(1)
    texts = ["\n".join(rng.choices(kata_programs(), k=8)) for _ in range(200)]
    left, waits = [_N_BYTES], list[float]()

    async def write(writer: int) -> None:
        while left[0] > 0:
            body = f"{writer} {len(waits)}\n{texts[len(waits) % len(texts)]}"
            left[0] -= len(body)
            before = time.monotonic()
            await store.insert("states", [StateRow(str(len(waits)), body)])
            waits.append(time.monotonic() - before)

    began_s, crowded = time.monotonic(), starvation()
    try:
        await asyncio.gather(*(write(n) for n in range(_N_WRITERS)))
    finally:
        store.close()
    figures.add("a gigabyte of transcripts", time.monotonic() - began_s, "s")
    figures.add("commits waited for, p99", 1e3 * p99(waits), "ms")
    crowded = max(crowded, starvation())
    figures.add("wall of a loop / its CPU time", crowded, "x")
    figures.add("the longest wait", max(waits), "s", 1.0 * crowded)
    figures.check()


async def _walls(query: Callable[[], Awaitable[object]]) -> list[float]:
    walls = []
    for _ in range(_N_QUERIES):
        before = time.monotonic()
        await query()
        walls.append(time.monotonic() - before)
    return walls
