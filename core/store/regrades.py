"""Verdicts that stored patches were given again: the old one is kept beside the new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class RegradeStateRow:
    """A pass over a run's rollouts; the newest state counts."""

    regrade_id: str
    run_id: str
    status: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RegradeRow:
    """One rollout whose tests were run again."""

    regrade_id: str
    rollout_id: str
    old_outcome: str
    old_reason: str
    old_n_passed: int
    old_n_tests: int
    outcome: str
    reason: str
    n_passed: int
    n_tests: int
    sandbox_level: str
    graded_at: datetime

    @property
    def is_changed(self) -> bool:
        """Whether the rollout is another thing now; numbers of tests alone say nothing."""
        return self.outcome != self.old_outcome


async def open_regrade(store: Store, run_id: str) -> str | None:
    """The pass over a run that was not finished, if there is one."""
    rows = await store.fetch(
        "SELECT regrade_id FROM regrade_states WHERE run_id = ? GROUP BY regrade_id "
        "HAVING arg_max(status, rowid) = 'running' ORDER BY max(changed_at) DESC LIMIT 1",
        [run_id],
    )
    return rows[0][0] if rows else None


async def load_regrades(store: Store, regrade_id: str) -> list[RegradeRow]:
    """What a pass has done."""
    return await store.load(
        RegradeRow, "regrades", "WHERE regrade_id = ? ORDER BY rowid", regrade_id
    )


async def changed_verdicts(store: Store, run_id: str) -> list[tuple[str, str]]:
    """Rollouts of a run whose verdict was changed, each with its outcome now."""
    rows = await store.fetch(
        "SELECT DISTINCT r.rollout_id, r.outcome FROM rollouts r JOIN regrades g "
        "ON g.rollout_id = r.rollout_id AND g.old_outcome <> g.outcome "
        "WHERE r.run_id = ? ORDER BY ALL",
        [run_id],
    )
    return [(rollout_id, outcome) for rollout_id, outcome in rows]


async def save_regrade(store: Store, row: RegradeRow) -> None:
    """Store a verdict, and put it in the rollout's row, in one transaction."""
    append = store.inserting("regrades", [row])

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        append(cursor)
        cursor.execute(
            "UPDATE rollouts SET outcome = ?, reason = ?, n_passed = ?, n_tests = ?, "
            "sandbox_level = ? WHERE rollout_id = ?",
            [row.outcome, row.reason, row.n_passed, row.n_tests, row.sandbox_level, row.rollout_id],
        )

    if row.is_changed:
        await store.change(statements)
    else:
        await store.insert("regrades", [row])
