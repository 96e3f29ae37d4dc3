"""Evaluations: the rule as it was frozen before the first call, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation that was started; `rule` is JSON."""

    evaluation_id: str
    run_id: str
    base_arm: str
    tuned_arm: str
    rule: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ResultRow:
    """An evaluation's result; `body` is JSON."""

    evaluation_id: str
    verdict: str
    body: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class EvaluationSummary:
    """An evaluation with its result, if it has one."""

    evaluation_id: str
    run_id: str
    base_arm: str
    tuned_arm: str
    rule: str
    created_at: datetime
    verdict: str | None
    body: str | None


async def list_evaluations(store: Store) -> list[EvaluationSummary]:
    """All evaluations, newest first."""
    rows = await store.fetch(
        """SELECT e.evaluation_id, e.run_id, e.base_arm, e.tuned_arm, e.rule, e.created_at,
                  r.verdict, r.body
           FROM evaluations e LEFT JOIN evaluation_results r USING (evaluation_id)
           ORDER BY e.created_at DESC, e.evaluation_id"""
    )
    return [EvaluationSummary(*row) for row in rows]


async def find_evaluation(store: Store, evaluation_id: str) -> EvaluationSummary | None:
    """One evaluation, or nothing."""
    found = [row for row in await list_evaluations(store) if row.evaluation_id == evaluation_id]
    return found[0] if found else None
