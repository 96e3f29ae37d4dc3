"""Pages of a run's finished rollouts: filter, order and count them in one query."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.store.database import Store


class RolloutSort(StrEnum):
    """Order of the list; rollouts that tie stand by task and seed."""

    TASK = "task"
    NEWEST = "newest"
    DEAREST = "dearest"
    MOST_TOKENS = "most-tokens"
    SLOWEST = "slowest"
    MOST_CALLS = "most-calls"


@dataclass(frozen=True, slots=True)
class RolloutFilter:
    """Which rollouts are wanted; what is empty does not filter."""

    task: str = ""
    """A part of the task's id."""
    outcomes: tuple[str, ...] = ()
    """One of them."""
    reason: str = ""
    """A part of why it ended so, in any case: the limit, or what infrastructure said."""

    def admits(self, task_id: str, outcome: str, reason: str) -> bool:
        """Whether a rollout is wanted; the store decides alike."""
        return (
            self.task in task_id
            and (not self.outcomes or outcome in self.outcomes)
            and self.reason.lower() in reason.lower()
        )


EVERY_ROLLOUT = RolloutFilter()


@dataclass(frozen=True, slots=True)
class RolloutItem:
    """A finished rollout in a list, without its texts."""

    rollout_id: str
    task_id: str
    arm_id: str
    seed: int
    outcome: str
    reason: str
    n_iterations: int
    n_passed: int
    n_tests: int
    n_tokens: int
    cost_microusd: int
    wall_s: float


@dataclass(frozen=True, slots=True)
class RolloutPage:
    """Some rows of a list, and how many the filter lets through in all."""

    rows: tuple[RolloutItem, ...]
    n_total: int


_ORDERS = {
    RolloutSort.TASK: "",
    RolloutSort.NEWEST: "finished_at DESC,",
    RolloutSort.DEAREST: "cost_microusd DESC,",
    RolloutSort.MOST_TOKENS: "n_prompt_tokens + n_completion_tokens DESC,",
    RolloutSort.SLOWEST: "wall_s DESC,",
    RolloutSort.MOST_CALLS: "n_iterations DESC,",
}
_WHERE = """run_id = ? AND contains(task_id, ?) AND contains(lower(reason), lower(?))
    AND (len(?::VARCHAR[]) = 0 OR outcome IN (SELECT unnest(?::VARCHAR[])))"""
_ROWS = """
SELECT rollout_id, task_id, arm_id, seed, outcome, reason, n_iterations, n_passed, n_tests,
    n_prompt_tokens + n_completion_tokens, cost_microusd, wall_s
FROM rollouts WHERE {where} ORDER BY {order} task_id, arm_id, seed LIMIT ? OFFSET ?
"""


async def load_rollout_page(
    store: Store, run_id: str, wanted: RolloutFilter, sort: RolloutSort, offset: int, limit: int
) -> RolloutPage:
    """One page, with the count of all that the filter lets through."""
    outcomes = list(wanted.outcomes)
    values: list[object] = [run_id, wanted.task, wanted.reason, outcomes, outcomes]
    ((n_total,),) = await store.fetch(f"SELECT count(*) FROM rollouts WHERE {_WHERE}", values)
    sql = _ROWS.format(where=_WHERE, order=_ORDERS[sort])
    found = await store.fetch(sql, [*values, limit, offset])
    return RolloutPage(tuple(RolloutItem(*row) for row in found), n_total)
