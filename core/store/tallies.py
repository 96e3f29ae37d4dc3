"""What the finished rollouts of a run came to, task by task: the raw material of contrast."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.counted import UNCOUNTED_SQL
from core.store.database import Store

_SQL = f"""
SELECT task_id, count(*) FILTER (outcome = 'passed'),
    count(*) FILTER (outcome <> 'passed' AND outcome NOT IN {UNCOUNTED_SQL}),
    count(*) FILTER (outcome IN {UNCOUNTED_SQL}),
    count(DISTINCT (find, replacement, others)) FILTER (
        find || others <> '' AND outcome NOT IN ('passed', 'tampered')
        AND outcome NOT IN {UNCOUNTED_SQL}
    ),
    sum(cost_microusd)::BIGINT
FROM rollouts WHERE run_id = ? GROUP BY task_id ORDER BY task_id
"""


@dataclass(frozen=True, slots=True)
class TaskTally:
    """The rollouts of one task so far."""

    task_id: str
    n_passed: int
    n_failed: int
    """Without those that infrastructure ended, and those that nobody has judged."""
    n_errors: int
    """Those."""
    n_distinct: int
    """Failing programs that differ from each other and could be a rejected side."""
    cost_microusd: int


async def load_task_tallies(store: Store, run_id: str) -> list[TaskTally]:
    """One for each task with a finished rollout; no text leaves the store."""
    return [TaskTally(*row) for row in await store.fetch(_SQL, [run_id])]
