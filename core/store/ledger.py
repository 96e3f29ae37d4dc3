"""The ledger: what the stored calls come to, by run, model, stage or day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.store.database import Store


class LedgerBy(StrEnum):
    """What the calls are summed by."""

    RUN = "run"
    MODEL = "model"
    STAGE = "stage"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Some calls together."""

    key: str
    n_calls: int
    n_failed: int
    """Calls without an answer."""
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    cost_microusd: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What the finished rollouts of a run took, each on average."""

    n_rollouts: int
    n_calls: float
    n_prompt_tokens: float
    n_completion_tokens: float
    pass_rate: float
    cost_microusd: int


_SUMS = """
    sum(n_calls)::BIGINT, sum(n_failed)::BIGINT, sum(n_prompt)::BIGINT,
    sum(n_completion)::BIGINT, sum(n_cached)::BIGINT, sum(cost)::BIGINT
"""
# Summed by run first, so that the join meets a few rows and not every call.
_PER_RUN = """
WITH part AS (
    SELECT run_id, {key} AS key, count(*) AS n_calls,
        count(*) FILTER (outcome <> 'ok') AS n_failed, sum(n_prompt_tokens) AS n_prompt,
        sum(n_completion_tokens) AS n_completion, sum(n_cached_tokens) AS n_cached,
        sum(cost_microusd) AS cost
    FROM calls GROUP BY ALL
)
"""
_KEYS = {
    LedgerBy.RUN: "run_id",
    LedgerBy.MODEL: "model",
    LedgerBy.STAGE: "''",
    LedgerBy.DAY: "strftime(called_at, '%Y-%m-%d')",
}


async def sum_ledger(store: Store, by: LedgerBy) -> list[LedgerLine]:
    """The sums; the newest run or day first, else the dearest."""
    part = _PER_RUN.format(key=_KEYS[by])
    if by is LedgerBy.STAGE:
        query = f"{part} SELECT kind, {_SUMS} FROM part JOIN runs USING (run_id) GROUP BY kind"
    else:
        query = f"{part} SELECT key, {_SUMS} FROM part GROUP BY key"
    order = "1 DESC" if by in (LedgerBy.RUN, LedgerBy.DAY) else "7 DESC, 1"
    return [LedgerLine(*row) for row in await store.fetch(f"{query} ORDER BY {order}")]


async def measure_run(store: Store, run_id: str) -> Measured | None:
    """What a run's rollouts took; None before the first is finished."""
    ((n_rollouts, n_passed, n_prompt, n_completion, cost),) = await store.fetch(
        "SELECT count(*), count(*) FILTER (outcome = 'passed'), "
        "coalesce(sum(n_prompt_tokens), 0)::BIGINT, "
        "coalesce(sum(n_completion_tokens), 0)::BIGINT, coalesce(sum(cost_microusd), 0)::BIGINT "
        "FROM rollouts WHERE run_id = ?",
        [run_id],
    )
    if not n_rollouts:
        return None
    ((n_calls,),) = await store.fetch(
        "SELECT count(*) FROM calls SEMI JOIN "
        "(FROM rollouts WHERE run_id = $1) AS done USING (rollout_id) WHERE run_id = $1",
        [run_id],
    )
    return Measured(
        n_rollouts=n_rollouts,
        n_calls=n_calls / n_rollouts,
        n_prompt_tokens=n_prompt / n_rollouts,
        n_completion_tokens=n_completion / n_rollouts,
        pass_rate=n_passed / n_rollouts,
        cost_microusd=cost,
    )
