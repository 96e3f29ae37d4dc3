"""Lists of a run's rollouts: the store and the screen let the same ones through."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.rollout_pages import (
    EVERY_ROLLOUT,
    RolloutFilter,
    RolloutSort,
    load_rollout_page,
)
from core.store.runs import RolloutRow
from core.store.verdicts import load_outcomes
from tests.tui.run_store import RUN, run_parts

_REASONS = ("", "iterations", "HTTP 429: Slow DOWN", "the sandbox lost its worker")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path)


async def _fill(store: Store) -> list[RolloutRow]:
    rows = [
        replace(row, reason=_REASONS[n % len(_REASONS)], cost_microusd=n % 3, wall_s=float(-n))
        for n, row in enumerate(run_parts()["rollouts"])
    ]
    await store.insert("rollouts", rows)
    return rows


async def test_the_store_admits_what_the_filter_admits(store: Store) -> None:
    rows = await _fill(store)
    outcomes = ((), ("passed",), ("failed", "error"))
    for task, chosen, reason in product(("", "odd", "nowhere"), outcomes, ("", "slow down", "%")):
        wanted = RolloutFilter(task, chosen, reason)
        page = await load_rollout_page(store, RUN, wanted, RolloutSort.TASK, 0, 99)
        expected = {r.rollout_id for r in rows if wanted.admits(r.task_id, r.outcome, r.reason)}
        assert {item.rollout_id for item in page.rows} == expected
        assert page.n_total == len(expected)
    known = {row.rollout_id: row.reason for row in await load_outcomes(store, RUN)}
    assert known == {row.rollout_id: row.reason for row in rows}
    store.close()


async def test_pages_together_are_the_list_in_its_order(store: Store) -> None:
    rows = await _fill(store)
    for sort in RolloutSort:
        pages = [
            await load_rollout_page(store, RUN, EVERY_ROLLOUT, sort, offset, 3)
            for offset in range(0, len(rows) + 3, 3)
        ]
        assert {page.n_total for page in pages} == {len(rows)}
        found = [item for page in pages for item in page.rows]
        assert {item.rollout_id for item in found} == {row.rollout_id for row in rows}
        if sort is RolloutSort.DEAREST:
            costs = [item.cost_microusd for item in found]
            assert costs == sorted(costs, reverse=True)
        if sort is RolloutSort.TASK:
            assert [(i.task_id, i.seed) for i in found] == sorted((r.task_id, r.seed) for r in rows)
    store.close()
