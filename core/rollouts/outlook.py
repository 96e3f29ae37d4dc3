"""What a run that goes on will come to: spent, and what is left times the recent mean."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.agent.state import Baseline
from core.costs.estimate import over_tasks
from core.live import LiveCost
from core.outcome import Outcome
from core.rollouts.plan import RunPlan, Slot, slots
from core.rollouts.worst import Priced, first_tokens, worst_use
from core.store.database import Store
from core.store.usage import recent_costs
from core.task import Task

_N_RECENT = 256
"""Finished rollouts that the mean is taken of: a run drifts, as caches warm and prompts grow."""


@dataclass(slots=True)
class Outlook:
    """One run's; knows what its finished rollouts cost, and the worst of the others."""

    worst: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """Of one rollout by arm and task, in micro-dollars."""
    worst_left: float = 0.0
    """Of all that are not finished."""
    recent: deque[tuple[str, int]] = field(default_factory=lambda: deque(maxlen=_N_RECENT))
    """Task and cost."""

    def add(self, slot: Slot, outcome: Outcome, cost_microusd: int) -> None:
        """Count a finished rollout; one that infrastructure ended says nothing of the others."""
        self.worst_left -= self._worst_of(slot)
        if outcome is not Outcome.ERROR:
            self.recent.append((slot.task_id, cost_microusd))

    def again(self, slot: Slot) -> None:
        """Count a rollout as missing again."""
        self.worst_left += self._worst_of(slot)

    def leave(self, run_id: str, plan: RunPlan, done: frozenset[str]) -> None:
        """Say which are done; of the others, a planner may choose the dearest."""
        if plan.contrast is None:
            missing = (each for each in slots(run_id, plan) if each.rollout_id not in done)
            self.worst_left = sum(map(self._worst_of, missing))
        else:
            most = max(self.worst.values(), default=0.0)
            self.worst_left = (plan.n_rollouts - len(done)) * most

    def view(
        self, spent: int, in_flight: int, n_left: int, room: int | None, unseen: int = 0
    ) -> LiveCost:
        """How it looks; `in_flight` is the part of `spent` that unfinished rollouts took.

        A rollout in flight is left to be done, and what it took already is counted once. No
        more than `room` can be spent under the ceilings; `unseen` may have been billed before.
        """
        before = spent - in_flight
        worst = max(spent, round(before + self.worst_left)) + unseen
        if room is not None:
            worst = min(worst, spent + unseen + max(0, room))
        mean = over_tasks(self.recent)
        found = (None,) * 3 if mean is None else (mean.low, mean.mean, mean.high)
        low, middle, high = (
            None if each is None else min(worst, max(spent, round(before + n_left * each)))
            for each in found
        )
        n_tasks = 0 if mean is None else mean.n_tasks
        return LiveCost(n_left, low, middle, high, worst, n_tasks)

    def _worst_of(self, slot: Slot) -> float:
        return self.worst.get((slot.arm_id, slot.task_id), 0.0)


async def open_outlook(
    store: Store,
    run_id: str,
    arms: Mapping[str, Priced],
    tasks: Mapping[str, tuple[Task, Baseline]],
) -> Outlook:
    """What is known before it is known what is done."""
    worst = {}
    for arm_id, arm in arms.items():
        firsts = await asyncio.to_thread(first_tokens, tasks, arm.conditions)
        for task_id, n_first in firsts.items():
            worst[arm_id, task_id] = worst_use(arm.price, arm.conditions, n_first).cost
    found = Outlook(worst)
    found.recent.extend(await recent_costs(store, run_id, _N_RECENT))
    return found
