"""How many preference pairs rollouts give: exact expectations over the passes of a task.

A task with n rollouts of which k pass gives pairs by a rule; only a pass beside a fail is a
contrast. The number of passes is binomial, or beta-binomial where the pass rate differs
between tasks. A task's pairs are first thinned (filters), then capped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

_NO_SPREAD = 1e7
"""Above this, a beta distribution is a point: its log-gammas would only cancel each other."""


class PairRule(StrEnum):
    """Which of a task's rollouts become pairs."""

    BEST_VS_FAILS = "best-vs-fails"
    """The best pass against every fail."""
    BEST_VS_REST = "best-vs-rest"
    """The best pass against every other rollout, other passes included."""
    ALL = "all"
    """Every pass against every fail."""


@dataclass(frozen=True, slots=True)
class TaskPairs:
    """Expectations for one task."""

    p_contrast: float
    """Chance of at least one pass and one fail."""
    n_pairs: float
    """After filters and cap."""
    n_usable: float
    """Those of them whose rejected side fails."""
    pass_pass_share: float
    """Of the pairs before the cap, those whose two sides pass."""


def p_contrast(pass_rate: float, n: int) -> float:
    """Chance that n rollouts hold a pass and a fail: `1 - p^n - q^n`."""
    return max(0.0, 1.0 - pass_rate**n - (1.0 - pass_rate) ** n)


def sequential_rollouts(pass_rate: float, most: int) -> float:
    """Expected rollouts of a task that stops once both outcomes are seen, `most` at the latest."""
    fail_rate = 1.0 - pass_rate
    return 1.0 + sum(pass_rate**j + fail_rate**j for j in range(1, most))


def task_pairs(
    n: int, pass_rate: float, rule: PairRule, *, most: int, sd: float = 0.0, share: float = 1.0
) -> TaskPairs:
    """What one task gives: `share` of its pairs survive, `most` of those are kept."""
    contrast = pairs = usable = raw = raw_pass_pass = 0.0
    for passes, chance in enumerate(passes_pmf(n, pass_rate, sd)):
        fails = n - passes
        good, total = _counts(passes, fails, rule)
        if total == 0 or chance == 0.0:
            continue
        kept = capped_mean(total, share, most) * chance
        contrast += chance if good else 0.0
        pairs += kept
        usable += kept * good / total
        raw += total * chance
        raw_pass_pass += (total - good) * chance
    return TaskPairs(contrast, pairs, usable, raw_pass_pass / raw if raw else 0.0)


def passes_pmf(n: int, pass_rate: float, sd: float = 0.0) -> list[float]:
    """Chance of 0..n passes; `sd` spreads the pass rate between tasks (beta distribution)."""
    if pass_rate in (0.0, 1.0):
        return [float(passes == n * pass_rate) for passes in range(n + 1)]
    strength = pass_rate * (1.0 - pass_rate) / sd**2 - 1.0 if sd else math.inf
    if strength > _NO_SPREAD:
        log_p, log_q = math.log(pass_rate), math.log1p(-pass_rate)
        return [math.exp(_log_choose(n, k) + k * log_p + (n - k) * log_q) for k in range(n + 1)]
    a, b = pass_rate * strength, (1.0 - pass_rate) * strength
    whole = _log_beta(a, b)
    return [math.exp(_log_choose(n, k) + _log_beta(a + k, b + n - k) - whole) for k in range(n + 1)]


def capped_mean(n: int, share: float, most: int) -> float:
    """Mean of `min(most, X)` where X of n survive, each with chance `share`."""
    if share >= 1.0 or share <= 0.0:
        return float(min(n, most)) * share
    if n <= most:
        return n * share
    chance, below = (1.0 - share) ** n, 0.0
    for x in range(most):
        below += (most - x) * chance
        chance *= (n - x) / (x + 1) * share / (1.0 - share)
    return most - below


def _counts(passes: int, fails: int, rule: PairRule) -> tuple[int, int]:
    """Pass-fail pairs and all pairs."""
    if passes == 0:
        return 0, 0
    if rule is PairRule.BEST_VS_FAILS:
        return fails, fails
    if rule is PairRule.BEST_VS_REST:
        return fails, passes - 1 + fails
    return passes * fails, passes * fails


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
