"""Pages of the candidates that became no pair, so that a reason can be looked at."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class DroppedItem:
    """Two rollouts that are no pair, or one that can be no side."""

    task_id: str
    reason: str
    chosen_rollout: str
    """Empty when the other one alone was the reason."""
    chosen_outcome: str
    rejected_rollout: str
    rejected_outcome: str
    """Empty when the rollout is not in the store."""


@dataclass(frozen=True, slots=True)
class DroppedPage:
    """Some rows, and how many there are in all."""

    rows: tuple[DroppedItem, ...]
    n_total: int


_SQL = """
WITH matched AS MATERIALIZED (
    SELECT rowid AS place, * FROM dropped_candidates
    WHERE build_id = ? AND (? = '' OR reason = ?)
),
page AS MATERIALIZED (
    SELECT * FROM matched ORDER BY reason, task_id, place LIMIT ? OFFSET ?
),
named AS (SELECT chosen_rollout AS rollout_id FROM page UNION SELECT rejected_rollout FROM page),
known AS MATERIALIZED (
    SELECT rollout_id, any_value(outcome) AS outcome
    FROM rollouts SEMI JOIN named USING (rollout_id) GROUP BY rollout_id
)
SELECT t.n, p.task_id, p.reason, p.chosen_rollout, coalesce(good.outcome, ''),
    p.rejected_rollout, coalesce(bad.outcome, '')
FROM (SELECT count(*) AS n FROM matched) t
LEFT JOIN (page p LEFT JOIN known good ON good.rollout_id = p.chosen_rollout
    LEFT JOIN known bad ON bad.rollout_id = p.rejected_rollout) ON true
ORDER BY p.reason, p.task_id, p.place
"""


async def load_dropped(
    store: Store, build_id: str, reason: str, offset: int, limit: int
) -> DroppedPage:
    """One page, by reason and task; an empty reason takes all."""
    found = await store.fetch(_SQL, [build_id, reason, reason, limit, offset])
    rows = (DroppedItem(*values) for _, *values in found if values[0] is not None)
    return DroppedPage(tuple(rows), found[0][0])
