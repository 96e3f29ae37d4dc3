"""The ledger: every sum agrees with the calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.store.database import Store
from core.store.ledger import LedgerBy, LedgerLine, measure_run, sum_ledger
from core.store.prices import PriceRow, save_price
from core.store.runs import CallRow, RolloutRow, RunRow
from core.store.spending import ReservationRow

DAY = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
CALL = CallRow(
    "run-1", "r-1", 1, 1, "small", "state", "ok", "stop", "", 100, 10, 20, 4, 1_000, 0.1, DAY,
    task_id="suite/task", price_id="p-1",
)  # fmt: skip
CALLS = [
    CALL,
    replace(CALL, rollout_id="r-2", cost_microusd=3_000),
    replace(CALL, run_id="run-2", model="large", cost_microusd=9_000, outcome="lost"),
    replace(CALL, run_id="eval-1", called_at=DAY + timedelta(days=1)),
]
UNSEEN = ReservationRow("x", "run-2", 50, DAY, "large", "suite/task")
PRICE = PriceRow("p-1", "small", 170_000, 250_000, 170_000, "2026-10-19", "a list", DAY)
RUNS = [
    RunRow(name, kind, "{}", DAY)
    for name, kind in (("run-1", "rollouts"), ("run-2", "rollouts"), ("eval-1", "evaluation"))
]
ROLLOUT = RolloutRow(
    "r-1", "run-1", "arm", "task", 0, "passed", "", 1, "state", "", "", 3, 3, 100, 10, 1_000, 0.5,
    "none", DAY,
)  # fmt: skip


async def test_sums_agree_whatever_they_are_taken_by(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    try:
        assert await sum_ledger(store, LedgerBy.RUN) == []
        await store.insert("calls", CALLS)
        await store.insert("runs", RUNS)
        await store.insert("reservations", [UNSEEN])
        await save_price(store, PRICE)
        await save_price(store, PRICE)
        found = {by: await sum_ledger(store, by) for by in LedgerBy}
    finally:
        store.close()
    assert found[LedgerBy.STAGE][0] == LedgerLine("rollouts", 3, 1, 300, 30, 60, 13_000, 50, 12)
    assert [line.key for line in found[LedgerBy.RUN]] == ["run-2", "run-1", "eval-1"]
    assert [line.key for line in found[LedgerBy.MODEL]] == ["large", "small"]
    assert [line.key for line in found[LedgerBy.DAY]] == ["2026-11-24", "2026-11-23"]
    assert [line.key for line in found[LedgerBy.TASK]] == ["suite/task"]
    prices = {line.key: line.n_calls for line in found[LedgerBy.PRICE]}
    known = "small, 170,000 + 250,000 (cached 170,000) microusd/M, 2026-10-19, a list"
    assert prices == {known: 4, "": 0}
    for lines in found.values():
        assert sum(line.unseen_microusd for line in lines) == 50
        assert sum(line.n_reasoning_tokens for line in lines) == 16
        assert sum(line.cost_microusd for line in lines) == 14_000
        assert sum(line.n_calls for line in lines) == 4


async def test_a_run_is_measured_by_rollouts_that_say_something_and_its_ledger_by_all(
    tmp_path: Path,
) -> None:
    error = replace(ROLLOUT, rollout_id="r-2", outcome="error")
    ungraded = replace(ROLLOUT, rollout_id="r-3", outcome="ungraded")
    calls = [*CALLS, replace(CALL, iteration=2), replace(CALL, rollout_id="r-3")]
    unseen = replace(UNSEEN, run_id="run-1", worst_microusd=70)
    store = Store.open(tmp_path)
    try:
        await store.insert("calls", calls)
        await store.insert("reservations", [unseen])
        await store.insert("rollouts", [error])
        assert await measure_run(store, "run-1") is None
        await store.insert("rollouts", [ROLLOUT, ungraded])
        measured = await measure_run(store, "run-1")
        (line,) = [x for x in await sum_ledger(store, LedgerBy.RUN) if x.key == "run-1"]
    finally:
        store.close()
    assert measured is not None
    assert (measured.n_rollouts, measured.n_calls, measured.pass_rate) == (2, 1.5, 1.0)
    assert measured.cost_microusd == 3_000
    assert measured.ledger_microusd == line.cost_microusd == 6_000
    assert measured.unseen_microusd == line.unseen_microusd == 70
