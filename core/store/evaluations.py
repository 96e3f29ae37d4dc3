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


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """What the finished rollouts of one arm of a run come to."""

    arm_id: str
    n_rollouts: int
    n_passed: int
    n_iterations: int
    n_tokens: int
    cost_microusd: int


async def sum_arms(store: Store, run_id: str) -> dict[str, ArmTotals]:
    """The totals of a run's arms by id."""
    rows = await store.fetch(
        """SELECT arm_id, count(*), count(*) FILTER (WHERE outcome = 'passed'),
                  sum(n_iterations)::BIGINT,
                  sum(n_prompt_tokens + n_completion_tokens)::BIGINT, sum(cost_microusd)::BIGINT
           FROM rollouts WHERE run_id = ? GROUP BY arm_id""",
        [run_id],
    )
    return {row[0]: ArmTotals(*row) for row in rows}
