"""The ledger: what calls and other charges come to, by run, model, task, stage or day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from core.store.counted import UNCOUNTED_SQL
from core.store.database import Store
from core.store.spending import sum_spent


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
    """What the finished rollouts of a run took, each on average, every attempt counted."""

    n_rollouts: int
    """Without those that infrastructure ended, which are a sample of nothing."""
    n_calls: float
    n_prompt_tokens: float
    n_completion_tokens: float
    pass_rate: float | None
    """Of those with a verdict on the policy; None where there is none."""
    cost_microusd: int
    """Of all of them together."""
    ledger_microusd: int
    """Of the whole run, whatever became of its rollouts."""
    unseen_microusd: int
    """At most so much more."""


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


_MEASURED = f"""
WITH done AS (SELECT rollout_id, outcome FROM rollouts WHERE run_id = $1 AND outcome <> 'error'),
call AS (FROM calls SEMI JOIN done USING (rollout_id) WHERE run_id = $1)
SELECT (SELECT count(*) FROM done),
    (SELECT count(*) FILTER (outcome = 'passed') FROM done),
    (SELECT count(*) FILTER (outcome NOT IN {UNCOUNTED_SQL}) FROM done),
    count(*), coalesce(sum(n_prompt_tokens), 0)::BIGINT,
    coalesce(sum(n_completion_tokens), 0)::BIGINT, coalesce(sum(cost_microusd), 0)::BIGINT
FROM call
"""


async def measure_run(store: Store, run_id: str) -> Measured | None:
    """What a run's rollouts took; None before the first is finished."""
    ((n, n_passed, n_judged, n_calls, n_prompt, n_completion, cost),) = await store.fetch(
        _MEASURED, [run_id]
    )
    if not n:
        return None
    spent = await sum_spent(store, run_id)
    return Measured(
        n_rollouts=n,
        n_calls=n_calls / n,
        n_prompt_tokens=n_prompt / n,
        n_completion_tokens=n_completion / n,
        pass_rate=n_passed / n_judged if n_judged else None,
        cost_microusd=cost,
        ledger_microusd=spent.settled,
        unseen_microusd=spent.unseen,
    )
