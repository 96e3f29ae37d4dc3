"""Estimates of a base-against-tuned comparison; tasks are the unit, never single runs.

A difference is a task's tuned pass rate minus its base pass rate. Runs of one task are not
independent evidence, so every interval and test here works on one number per task.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.evaluation.power import Design, mde, plan_runs, plan_tasks
from core.evaluation.signflip import sign_flip_p
from core.student import t_quantile

__all__ = [
    "Count",
    "Design",
    "Interval",
    "lower_bound",
    "mde",
    "paired_interval",
    "pass_at_k",
    "pass_hat_k",
    "plan_runs",
    "plan_tasks",
    "seed_se",
    "share_that_could_differ",
    "sign_flip_p",
    "t_interval",
    "upper_bound",
    "zero_flip_message",
]


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a task's runs passed, for one arm."""

    n_passed: int
    n_runs: int

    @property
    def rate(self) -> Fraction:
        """The pass rate, exactly."""
        return Fraction(self.n_passed, self.n_runs)

    @property
    def noise(self) -> float:
        """Unbiased variance of one run, from at least two."""
        p = self.n_passed / self.n_runs
        return p * (1.0 - p) * self.n_runs / (self.n_runs - 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where the true one may be."""

    mean: float
    low: float
    high: float
    se: float
    df: int


def t_interval(
    differences: Sequence[Fraction | float], level: float = 0.95, *, se_floor: float = 0.0
) -> Interval:
    """The two-sided t interval of the mean over at least two tasks.

    `se_floor` widens it when another source of noise is known to be larger than the spread
    that these few tasks happen to show.
    """
    values = [float(value) for value in differences]
    n_tasks = len(values)
    if n_tasks < 2:
        raise ValueError(f"an interval needs at least 2 tasks, not {n_tasks}")
    mean = math.fsum(values) / n_tasks
    variance = math.fsum((value - mean) ** 2 for value in values) / (n_tasks - 1)
    se = max(math.sqrt(variance / n_tasks), se_floor)
    half = t_quantile((1.0 + level) / 2.0, n_tasks - 1) * se
    return Interval(mean, mean - half, mean + half, se, n_tasks - 1)


def paired_interval(
    differences: Sequence[Fraction], level: float = 0.95, noise: float | None = None
) -> Interval:
    """The interval a verdict may rest on: `t_interval` made safe, within [-1, 1].

    `noise` is `seed_se`; the larger of the two errors counts. When every task shows the same
    difference and the runs show no noise, a t interval would have no width at all; then as
    many tasks as could have stayed unseen are assumed to be as bad, or as good, as can be.
    """
    plain = t_interval(differences, level, se_floor=noise or 0.0)
    low, high = plain.low, plain.high
    if len(set(differences)) == 1 and not noise:
        share = share_that_could_differ(len(differences), (1.0 - level) / 2.0)
        low = plain.mean - share * (plain.mean + 1.0)
        high = plain.mean + share * (1.0 - plain.mean)
    return Interval(plain.mean, max(low, -1.0), min(high, 1.0), plain.se, plain.df)


def lower_bound(
    differences: Sequence[Fraction], level: float = 0.95, noise: float | None = None
) -> float:
    """The mean is above this, one-sided; made safe as `paired_interval` is."""
    return paired_interval(differences, 2.0 * level - 1.0, noise).low


def upper_bound(
    differences: Sequence[Fraction], level: float = 0.95, noise: float | None = None
) -> float:
    """The mean is below this, one-sided; made safe as `paired_interval` is."""
    return paired_interval(differences, 2.0 * level - 1.0, noise).high


def seed_se(base: Sequence[Count], tuned: Sequence[Count]) -> float | None:
    """Error of the mean difference on these very tasks, from run noise only.

    None when some task ran only once in an arm: one run tells nothing about its noise.
    """
    counts = [*base, *tuned]
    if not counts or any(count.n_runs < 2 for count in counts):
        return None
    return math.sqrt(math.fsum(count.noise / count.n_runs for count in counts)) / len(base)


def pass_at_k(n_runs: int, n_passed: int, k: int) -> float:
    """Chance that at least one of k runs passes, unbiased from `n_runs` >= k."""
    _require_runs(n_runs, n_passed, k)
    return 1.0 - math.comb(n_runs - n_passed, k) / math.comb(n_runs, k)


def pass_hat_k(n_runs: int, n_passed: int, k: int) -> float:
    """Chance that all of k runs pass, unbiased from `n_runs` >= k."""
    _require_runs(n_runs, n_passed, k)
    return math.comb(n_passed, k) / math.comb(n_runs, k)


def share_that_could_differ(n_tasks: int, alpha: float = 0.05) -> float:
    """Largest share of tasks of another kind that `n_tasks` can miss with chance `alpha`."""
    return -math.expm1(math.log(alpha) / n_tasks)


def zero_flip_message(n_tasks: int) -> str:
    """What may be said when no task changed, instead of an interval without width."""
    share = share_that_could_differ(n_tasks)
    return f"no flips in {n_tasks} tasks: up to {100 * share:.0f} % of tasks could still change"


def _require_runs(n_runs: int, n_passed: int, k: int) -> None:
    if not 1 <= k <= n_runs or not 0 <= n_passed <= n_runs:
        raise ValueError(f"cannot estimate k={k} from {n_passed} of {n_runs} runs")
