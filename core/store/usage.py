"""What finished rollouts used, one row each: the sample that forecasts are made from."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One finished rollout; those that infrastructure ended are no sample of anything."""

    rollout_id: str
    task_id: str
    arm_id: str
    outcome: str
    n_iterations: int
    n_calls: int
    """Calls that were answered, reflections included."""
    n_lost: int
    """Calls without an answer that may have been billed."""
    n_prompt: int
    n_completion: int
    n_cached: int
    n_first_prompt: int
    """Prompt tokens of the first call."""
    cost_microusd: int
    call_s: float
    """All its answered calls together."""
    test_s: float
    n_reflections: int = 0
    n_reflection_prompt: int = 0
    n_reflection_completion: int = 0


_USAGE = """
WITH done AS (SELECT * FROM rollouts WHERE {which} AND outcome <> 'error'),
call AS (
    SELECT rollout_id, count(*) FILTER (calls.outcome = 'ok') AS n_ok,
        count(*) FILTER (calls.outcome = 'lost') AS n_lost, sum(n_prompt_tokens) AS n_prompt,
        sum(n_completion_tokens) AS n_completion, sum(n_cached_tokens) AS n_cached,
        arg_min(n_prompt_tokens, iteration) FILTER (calls.outcome = 'ok') AS n_first,
        sum(cost_microusd) AS cost, sum(latency_s) FILTER (calls.outcome = 'ok') AS call_s,
        count(*) FILTER (calls.outcome = 'ok' AND kind = 'reflection') AS n_reflect,
        coalesce(sum(n_prompt_tokens) FILTER (kind = 'reflection'), 0) AS reflect_prompt,
        coalesce(sum(n_completion_tokens) FILTER (kind = 'reflection'), 0) AS reflect_answer
    FROM calls SEMI JOIN done USING (run_id, rollout_id) GROUP BY rollout_id
),
step AS (
    SELECT rollout_id, sum(test_wall_s) AS test_s
    FROM iterations SEMI JOIN done USING (run_id, rollout_id) GROUP BY rollout_id
)
SELECT done.rollout_id, done.task_id, done.arm_id, done.outcome, done.n_iterations,
    n_ok::BIGINT, n_lost::BIGINT, n_prompt::BIGINT, n_completion::BIGINT, n_cached::BIGINT,
    coalesce(n_first, 0)::BIGINT, cost::BIGINT, coalesce(call_s, 0)::DOUBLE,
    coalesce(test_s, 0)::DOUBLE, n_reflect::BIGINT, reflect_prompt::BIGINT,
    reflect_answer::BIGINT
FROM done JOIN call USING (rollout_id) LEFT JOIN step USING (rollout_id)
ORDER BY done.finished_at, done.rollout_id
"""


async def usage_of_run(store: Store, run_id: str) -> list[UsageRow]:
    """The finished rollouts of a run, in the order in which they ended."""
    rows = await store.fetch(_USAGE.format(which="run_id = ?"), [run_id])
    return [UsageRow(*row) for row in rows]


async def usage_of_arm(store: Store, arm_id: str) -> list[UsageRow]:
    """The finished rollouts of an arm, of whatever run."""
    rows = await store.fetch(_USAGE.format(which="arm_id = ?"), [arm_id])
    return [UsageRow(*row) for row in rows]


async def recent_costs(store: Store, run_id: str, n: int) -> list[tuple[str, int]]:
    """Task and cost of the last finished rollouts of a run, the oldest first."""
    rows = await store.fetch(
        "SELECT task_id, cost_microusd FROM rollouts WHERE run_id = ? AND outcome <> 'error' "
        "ORDER BY finished_at DESC, rollout_id DESC LIMIT ?",
        [run_id, n],
    )
    return [(task_id, cost) for task_id, cost in reversed(rows)]
