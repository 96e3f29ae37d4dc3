"""The ledger: what calls and other charges come to, by run, model, task, stage or day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from core.store.database import Store


class LedgerBy(StrEnum):
    """What is summed by."""

    RUN = "run"
    MODEL = "model"
    TASK = "task"
    STAGE = "stage"
    DAY = "day"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Some calls and charges together."""

    key: str
    n_calls: int
    n_failed: int
    """Calls without an answer."""
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    cost_microusd: int
    unseen_microusd: int = 0
    """At most so much more: for calls that were never answered, and for charges still open."""
    n_reasoning_tokens: int = 0
    """Of the completion tokens."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the finished rollouts of a run took, each on average."""

    n_rollouts: int
    n_calls: float
    n_prompt_tokens: float
    n_completion_tokens: float
    pass_rate: float
    cost_microusd: int


# Summed by run first, so that the join of stages meets a few rows and not every call. A charge's
# rows add what was billed since the one before, so that days share an endpoint that spans them.
_LINES = """
WITH charge AS (
    SELECT owner_id, kind, what, price_note, changed_at,
        spent_microusd - lag(spent_microusd, 1, 0) OVER (steps ORDER BY rowid) AS cost,
        CASE WHEN status = 'open' AND rowid = max(rowid) OVER steps
            THEN greatest(worst_microusd - spent_microusd, 0) ELSE 0 END AS unseen
    FROM charges WINDOW steps AS (PARTITION BY charge_id)
),
part AS (
    SELECT {call} AS key, count(*) AS n_calls, count(*) FILTER (outcome <> 'ok') AS n_failed,
        sum(n_prompt_tokens) AS n_prompt, sum(n_completion_tokens) AS n_completion,
        sum(n_cached_tokens) AS n_cached, sum(cost_microusd) AS cost, 0 AS unseen,
        sum(n_reasoning_tokens) AS n_reasoning
    FROM calls GROUP BY ALL
    UNION ALL
    SELECT {reservation}, 0, 0, 0, 0, 0, 0, sum(worst_microusd), 0 FROM reservations GROUP BY ALL
    HAVING count(*) > 0
    UNION ALL
    SELECT {charge}, 0, 0, 0, 0, 0, sum(cost), sum(unseen), 0 FROM charge GROUP BY ALL
    HAVING count(*) > 0
)
SELECT {key} AS key, sum(n_calls)::BIGINT, sum(n_failed)::BIGINT, sum(n_prompt)::BIGINT,
    sum(n_completion)::BIGINT, sum(n_cached)::BIGINT, sum(cost)::BIGINT, sum(unseen)::BIGINT,
    sum(n_reasoning)::BIGINT
FROM part {joined} GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class _Keys:
    """What one kind of line is called by, for each of its sources."""

    call: str
    reservation: str
    charge: str
    key: str = "part.key"
    joined: str = ""


_KEYS = {
    LedgerBy.RUN: _Keys("run_id", "run_id", "owner_id"),
    LedgerBy.MODEL: _Keys("model", "model", "what"),
    LedgerBy.TASK: _Keys("task_id", "task_id", "''"),
    LedgerBy.PRICE: _Keys(
        "price_id",
        "''",
        "price_note",
        "coalesce(p.price, part.key)",
        "LEFT JOIN (SELECT price_id, any_value(concat_ws(', ', model, "
        "format('{:t,} + {:t,} (cached {:t,}) microusd/M', prompt, completion, cached), as_of, "
        "source)) AS price FROM prices GROUP BY price_id) p ON p.price_id = part.key",
    ),
    LedgerBy.STAGE: _Keys(
        "run_id",
        "run_id",
        "kind",
        "coalesce(runs.kind, part.key)",
        "LEFT JOIN runs ON runs.run_id = part.key",
    ),
    LedgerBy.DAY: _Keys(
        "strftime(called_at, '%Y-%m-%d')",
        "strftime(reserved_at, '%Y-%m-%d')",
        "strftime(changed_at, '%Y-%m-%d')",
    ),
}


async def sum_ledger(store: Store, by: LedgerBy) -> list[LedgerLine]:
    """The sums; the newest run or day first, else the dearest."""
    order = "1 DESC" if by in (LedgerBy.RUN, LedgerBy.DAY) else "7 DESC, 1"
    query = f"{_LINES.format(**asdict(_KEYS[by]))} ORDER BY {order}"
    return [LedgerLine(*row) for row in await store.fetch(query)]


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
