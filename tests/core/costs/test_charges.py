"""Charges that are no calls: set aside before, amended while they run, settled at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.costs.spending import Spending
from core.errors import CeilingError, UsageError
from core.store.charges import ChargeKind, ChargeRow, find_charge, list_charges
from core.store.database import Store
from core.store.ledger import LedgerBy, sum_ledger
from core.store.overview import load_overview
from core.store.runs import RunRow
from core.store.spending import WORKSPACE, Spent, sum_spent

NOW = datetime(2026, 11, 23, 23, 50, tzinfo=UTC).replace(tzinfo=None)
LATER = NOW + timedelta(hours=1)


@asynccontextmanager
async def _opened(directory: Path) -> AsyncIterator[Store]:
    store = Store.open(directory)
    try:
        yield store
    finally:
        store.close()


async def _begin(
    spending: Spending, store: Store, name: str, worst: int, owner: str = "job-1"
) -> ChargeRow:
    kind, note = ChargeKind.TRAINING, "$0.84 per M, 2026-09-11"
    return await spending.begin_charge(
        store, name, owner, kind, "Qwen/Qwen3.5-9B", worst, note, NOW
    )


async def test_a_charge_counts_at_its_worst_until_it_is_settled(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        spending = Spending()
        await _begin(spending, store, "c", 900)
        ceiling = await spending.of_workspace(store)
        assert (ceiling.spent, await sum_spent(store)) == (900, Spent(0, ceiling.unseen))
        await spending.amend_charge(store, "c", 300, LATER)
        assert (ceiling.spent, await sum_spent(store)) == (900, Spent(300, ceiling.unseen))
        await spending.settle_charge(store, "c", 450, LATER)
        assert (ceiling.spent, await sum_spent(store, "job-1")) == (450, Spent(450, 0))
        assert ceiling.unseen == 0
        assert (await load_overview(store)).cost_microusd == 450


async def test_what_was_never_settled_counts_at_its_worst_after_a_crash(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        await _begin(Spending(), store, "c", 900)
        await Spending().amend_charge(store, "c", 100, LATER)
    async with _opened(tmp_path) as store:
        assert (await Spending().of_workspace(store)).spent == 900
        assert (await Spending().of_run(store, "job-1")).spent == 900
        (line,) = await sum_ledger(store, LedgerBy.RUN)
        assert (line.key, line.cost_microusd, line.unseen_microusd) == ("job-1", 100, 800)


@pytest.mark.parametrize("scope", [WORKSPACE, "job-1"])
async def test_what_does_not_fit_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, scope: str
) -> None:
    async with _opened(tmp_path) as store:
        spending = Spending()
        await spending.set_limit(store, scope, 1_000, NOW)
        await _begin(spending, store, "first", 600)
        with pytest.raises(CeilingError, match=r"at most \$0.0006 more, and this may"):
            await _begin(spending, store, "second", 500)
        assert await find_charge(store, "second") is None
        assert (await spending.of_workspace(store)).spent == 600
        await spending.settle_charge(store, "first", 0, LATER, "refunded")
        await _begin(spending, store, "second", 1_000)


async def test_to_begin_twice_is_once_and_a_longer_lease_must_fit(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        spending = Spending()
        await spending.set_limit(store, WORKSPACE, 1_000, NOW)
        await _begin(spending, store, "c", 600)
        await _begin(spending, store, "c", 600)
        assert (await spending.of_workspace(store)).spent == 600
        with pytest.raises(CeilingError):
            await spending.extend_charge(store, "c", 1_001, LATER)
        await spending.extend_charge(store, "c", 1_000, LATER)
        assert (await Spending().of_workspace(store)).spent == 1_000
        await spending.settle_charge(store, "c", 700, LATER)
        with pytest.raises(UsageError, match="is settled"):
            await _begin(spending, store, "c", 600)
        with pytest.raises(UsageError, match="is settled"):
            await spending.amend_charge(store, "c", 900, LATER)


async def test_what_was_billed_is_never_taken_back_in_silence(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        spending = Spending()
        await _begin(spending, store, "c", 600)
        await spending.amend_charge(store, "c", 800, LATER)
        ceiling = await spending.of_workspace(store)
        assert ceiling.spent == 800
        assert (await spending.amend_charge(store, "c", 200, LATER)).spent_microusd == 800
        await spending.settle_charge(store, "c", 0, LATER, "the job failed: refunded")
        (row,) = await list_charges(store, "job-1")
        assert (row.spent_microusd, row.note) == (0, "the job failed: refunded")
        rows = await store.load(ChargeRow, "charges", "ORDER BY rowid")
        assert [each.spent_microusd for each in rows] == [0, 800, 0]
        assert (ceiling.spent, await sum_spent(store)) == (0, Spent(0, 0))


async def test_the_ledger_has_charges_beside_calls_and_shares_them_out_over_days(
    tmp_path: Path,
) -> None:
    async with _opened(tmp_path) as store:
        spending = Spending()
        await store.insert("runs", [RunRow("eval-1", "evaluation", "{}", NOW)])
        await spending.begin_charge(
            store, "lease", "eval-1", ChargeKind.ENDPOINT, "H100-80GB", 900, "$3.99/h", NOW
        )
        await spending.amend_charge(store, "lease", 200, NOW)
        await spending.amend_charge(store, "lease", 500, LATER)
        lines = {by: await sum_ledger(store, by) for by in LedgerBy}
    keys = {by: [line.key for line in found] for by, found in lines.items()}
    assert keys[LedgerBy.RUN] == ["eval-1"]
    assert keys[LedgerBy.MODEL] == ["H100-80GB"]
    assert keys[LedgerBy.STAGE] == ["endpoint"]
    days = [(line.key, line.cost_microusd, line.unseen_microusd) for line in lines[LedgerBy.DAY]]
    assert days == [("2026-11-24", 300, 400), ("2026-11-23", 200, 0)]
    for found in lines.values():
        assert sum(line.cost_microusd for line in found) == 500
        assert sum(line.unseen_microusd for line in found) == 400


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "extend", "amend", "settle", "reopen"]),
        st.sampled_from(["one", "two"]),
        st.integers(0, 700),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(steps=_STEPS)
def test_memory_and_store_agree_after_any_steps_and_begun_work_stays_below_the_ceiling(
    steps: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    asyncio.run(_any_steps(steps, tmp_path_factory.mktemp("store")))


async def _any_steps(steps: list[tuple[str, str, int]], directory: Path) -> None:
    async with _opened(directory) as store:
        spending = Spending()
        await spending.set_limit(store, WORKSPACE, 1_000, NOW)
        for verb, name, amount in steps:
            before = (await spending.of_workspace(store)).spent
            try:
                if verb == "begin":
                    await _begin(spending, store, name, amount, owner=name)
                elif verb == "extend":
                    await spending.extend_charge(store, name, amount, LATER)
                elif verb == "amend":
                    await spending.amend_charge(store, name, amount, LATER)
                elif verb == "settle":
                    await spending.settle_charge(store, name, amount, LATER)
                else:
                    spending = Spending()
            except (CeilingError, UsageError):
                assert (await spending.of_workspace(store)).spent == before
            after = (await spending.of_workspace(store)).spent
            stored = await sum_spent(store)
            assert after == stored.settled + stored.unseen
            if verb in ("begin", "extend") and after > before:
                assert after <= 1_000
