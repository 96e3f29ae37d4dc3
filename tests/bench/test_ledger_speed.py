"""The ledger of a million calls comes at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.ledger import LedgerBy, sum_ledger
from core.store.runs import CallRow, RunRow

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
N_CALLS = 1 << 20


@pytest.mark.bench
async def test_the_ledger_of_a_million_calls_costs_little_cpu(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    call = CallRow("run", "r", 1, 1, "m", "s", "ok", "stop", "", 100, 10, 20, 0, 1_000, 0.1, DAY)
    many = f"INSERT INTO calls SELECT calls.* FROM calls, range({N_CALLS - 1})"
    try:
        await store.insert("calls", [call])
        await store.insert("runs", [RunRow("run", "rollouts", "{}", DAY)])
        await store.change(lambda cursor: cursor.execute(many))
        for by in LedgerBy:
            before = time.process_time()
            lines = await sum_ledger(store, by)
            spent_s = time.process_time() - before
            print(f"{by}: {spent_s:.3f} CPU s")  # noqa: T201 - a measurement
            assert sum(line.n_calls for line in lines) == N_CALLS
            assert spent_s < 0.5
    finally:
        store.close()
