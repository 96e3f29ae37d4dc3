"""A mean with its interval over tasks: rollouts of one task are not independent of each other.

Student's t over the means of the tasks (degrees of freedom: tasks - 1). A bootstrap over
rollouts covers the truth in 61 % instead of 90 % of pilots of 2 tasks x 5 rollouts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from core.student import t_quantile

_UPPER = 0.95
"""Each side leaves 5 % out: the interval is one of 90 %."""
ENOUGH_TASKS = 8
"""With fewer, an interval says little: see the warning W-PILOT."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over tasks; without two of them it has no interval."""

    mean: float
    low: float | None
    high: float | None
    n_tasks: int

    @property
    def half_width(self) -> float | None:
        """How far the mean may be off."""
        return None if self.high is None else self.high - self.mean


def over_tasks(values: Iterable[tuple[str, float]]) -> Estimate | None:
    """The estimate from one value for each rollout, with its task; None without any."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for task_id, value in values:
        by_task[task_id].append(value)
    if not by_task:
        return None
    means = [math.fsum(each) / len(each) for each in by_task.values()]
    n = len(means)
    mean = math.fsum(means) / n
    if n < 2:
        return Estimate(mean, None, None, n)
    variance = math.fsum((each - mean) ** 2 for each in means) / (n - 1)
    half = t_quantile(_UPPER, n - 1) * math.sqrt(variance / n)
    return Estimate(mean, max(0.0, mean - half), mean + half, n)
