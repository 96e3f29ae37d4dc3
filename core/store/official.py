"""What official programs said of patches, and what follows for rollouts that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from core.store.database import Store
from core.store.runs import RolloutRow


@dataclass(frozen=True, slots=True)
class OfficialRow:
    """The word of a suite's own program on one patch of one task; the newest counts."""

    judged: str
    """Hash of the task's record and the patch."""
    task_id: str
    judgement: str
    reason: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """How a rollout that waited ended."""

    rollout_id: str
    outcome: str
    reason: str
    n_passed: int
    n_tests: int


async def load_official(store: Store, judged: Sequence[str]) -> dict[str, OfficialRow]:
    """What is known of some patches, by hash."""
    rows: list[OfficialRow] = await store.load(
        OfficialRow,
        "official_grades",
        "WHERE judged IN (SELECT unnest(?::VARCHAR[])) ORDER BY rowid",
        list(judged),
    )
    return {row.judged: row for row in rows}


async def load_waiting(store: Store, task_ids: Sequence[str]) -> list[RolloutRow]:
    """Rollouts of tasks that nobody has judged yet."""
    return await store.load(
        RolloutRow,
        "rollouts",
        "WHERE outcome = 'ungraded' AND task_id IN (SELECT unnest(?::VARCHAR[])) "
        "ORDER BY rollout_id",
        list(task_ids),
    )


async def save_official(
    store: Store, rows: Sequence[OfficialRow], settled: Sequence[Settled]
) -> None:
    """Keep what was said, and end the rollouts that waited for it, as one."""
    append = store.inserting("official_grades", rows)

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        append(cursor)
        for one in settled:
            cursor.execute(
                "UPDATE rollouts SET outcome = ?, reason = ?, n_passed = ?, n_tests = ? "
                "WHERE rollout_id = ? AND outcome = 'ungraded'",
                [one.outcome, one.reason, one.n_passed, one.n_tests, one.rollout_id],
            )

    await store.change(statements)
