"""What an evaluation of a given size can show, computed before it is paid for.

The variance of the mean difference over M tasks with k runs per task and arm is
`(tau^2 + w / k) / M`: tau is the spread of the true effect between tasks, which runs cannot
average away, and w the run noise of both arms together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.student import t_quantile, t_tail

_MAX_TASKS = 100_000
_MAX_RUNS = 100
"""More runs than this of every task are no plan: the same calls buy far more as new tasks."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is assumed about noise, and how sure the answer must be."""

    run_noise: float = 0.40
    """w: mean p(1-p) of base plus that of tuned. The default is two arms at about .28 or .72."""
    task_spread: float = 0.15
    """tau: standard deviation of the true effect between tasks."""
    power: float = 0.80
    """How often a true effect of the size in question must be seen."""
    alpha: float = 0.05
    """Two-sided; 0.10 stands for a one-sided 95 % bound."""


def mde(n_tasks: int, n_runs: int, design: Design = Design()) -> float:
    """The smallest true difference that is seen with the design's power; a rate, not points."""
    if n_tasks < 2 or n_runs < 1:
        raise ValueError(f"no power with {n_tasks} tasks and {n_runs} runs")
    variance = (design.task_spread**2 + design.run_noise / n_runs) / n_tasks
    return _quantiles(n_tasks, design) * math.sqrt(variance)


def power_of(effect: float, n_tasks: int, n_runs: int, design: Design = Design()) -> float:
    """How often a true difference of this size would be seen; the inverse of `mde`."""
    needed = t_quantile(1.0 - design.alpha / 2.0, n_tasks - 1)
    spread = math.sqrt((design.task_spread**2 + design.run_noise / n_runs) / n_tasks)
    return 1.0 - t_tail(effect / spread - needed, n_tasks - 1)


def plan_runs(effect: float, n_tasks: int, design: Design = Design()) -> int | None:
    """Fewest runs per task and arm that show `effect`; None when a hundred are not enough."""
    if n_tasks < 2:
        return None
    spare = n_tasks * (effect / _quantiles(n_tasks, design)) ** 2 - design.task_spread**2
    if effect <= 0.0 or spare <= 0.0:
        return None
    n_runs = max(1, math.ceil(design.run_noise / spare - 1e-9))
    return n_runs if n_runs <= _MAX_RUNS else None


def plan_tasks(effect: float, n_runs: int, design: Design = Design()) -> int | None:
    """Fewest tasks that show `effect` with `n_runs` each; None beyond a hundred thousand."""
    if effect <= 0.0 or mde(_MAX_TASKS, n_runs, design) > effect:
        return None
    too_few, enough = 1, _MAX_TASKS
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if mde(middle, n_runs, design) > effect:
            too_few = middle
        else:
            enough = middle
    return enough


def _quantiles(n_tasks: int, design: Design) -> float:
    df = n_tasks - 1
    return t_quantile(1.0 - design.alpha / 2.0, df) + t_quantile(design.power, df)
