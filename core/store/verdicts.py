"""How finished rollouts ended, without their transcripts."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Store

LONGEST_REASON = 200
"""Of a reason that is told for many rollouts at once."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How one rollout ended."""

    rollout_id: str
    arm_id: str
    task_id: str
    seed: int
    outcome: str
    n_iterations: int
    reason: str = ""
    """Why it ended so, its beginning."""


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What one finished rollout came to, as far as contrast is concerned."""

    task_id: str
    seed: int
    outcome: str
    find: str
    replacement: str
    cost_microusd: int
    others: str = ""


async def load_outcomes(store: Store, run_id: str) -> list[OutcomeRow]:
    """How the finished rollouts of a run ended, without their texts."""
    rows = await store.fetch(
        "SELECT rollout_id, arm_id, task_id, seed, outcome, n_iterations, left(reason, ?) "
        "FROM rollouts WHERE run_id = ?",
        [LONGEST_REASON, run_id],
    )
    return [OutcomeRow(*row) for row in rows]


async def load_verdicts(store: Store, run_id: str) -> list[VerdictRow]:
    """Finished rollouts of a run, in the order of tasks and seeds."""
    return await store.load(
        VerdictRow, "rollouts", "WHERE run_id = ? ORDER BY task_id, seed", run_id
    )


async def count_outcomes(store: Store, run_id: str) -> dict[str, int]:
    """Finished rollouts of a run by outcome."""
    rows = await store.fetch(
        "SELECT outcome, count(*) FROM rollouts WHERE run_id = ? GROUP BY outcome ORDER BY outcome",
        [run_id],
    )
    return dict(rows)
