"""What the next rollouts of a task are worth in pairs, tabled by what is known of the task."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.rollouts.passrates import RATES, Floats, Ints, Prior

_MOST_AT_ONCE = 8
_LONGEST_TABLE = 96
"""Passes, or fails, of a task beyond which one more changes nothing that counts."""
_ALL_NEW = 1e6
_DECAY = 1.5
"""The j-th pair of a task is worth j^-1.5."""
_NOVELTIES = np.geomspace(0.05, 200.0, 60)


def novelty_of(seen: Iterable[tuple[int, int]]) -> float:
    """How readily the next fail is a new one, from fails and distinct fails of each task.

    Theta of Ewens' sampling formula, the likeliest for all tasks together: after i fails the
    next one is new with chance theta / (theta + i).
    """
    seen = [(n, distinct) for n, distinct in seen if n]
    if all(n == distinct for n, distinct in seen):
        return _ALL_NEW
    score = np.zeros_like(_NOVELTIES)
    for n, distinct in seen:
        score += distinct * np.log(_NOVELTIES)
        score -= np.log(_NOVELTIES[:, None] + np.arange(n)).sum(axis=1)
    return float(_NOVELTIES[score.argmax()])


@dataclass(frozen=True, slots=True)
class Worth:
    """By passes, fails and distinct fails: the best gain per rollout, and at which number."""

    novelty: float
    gains: Floats
    sizes: Ints

    @classmethod
    def of(cls, prior: Prior, novelty: float, n_most: int, n_pairs: int) -> Worth:
        """For tasks of at most `n_most` rollouts, of which `n_pairs` pairs are worth having."""
        side = min(n_most, _LONGEST_TABLE) + 1
        k, f = (grid.ravel() for grid in np.mgrid[0:side, 0:side])
        weights = prior.posterior(k, f)
        per_rollout = np.zeros((_MOST_AT_ONCE, len(k), n_pairs + 1))
        waiting, fresh = _gains(f, novelty, n_pairs)
        for m in range(1, _MOST_AT_ONCE + 1):
            chances = weights @ _binomials(m)
            for passed in range(m + 1):
                first = waiting + fresh[m - passed] if passed else 0.0
                worth = np.where(k[:, None] > 0, fresh[m - passed], first)
                per_rollout[m - 1] += chances[:, passed, None] * worth / m
        shape = (side, side, n_pairs + 1)
        sizes: Ints = per_rollout.argmax(axis=0).reshape(shape) + 1
        return cls(novelty, per_rollout.max(axis=0).reshape(shape), sizes)

    def look_up(self, passes: Ints, fails: Ints, distinct: Ints) -> tuple[Floats, Ints]:
        """Gain and number of any array of tasks."""
        most = self.gains.shape[0] - 1
        at = (
            np.minimum(passes, most),
            np.minimum(fails, most),
            np.minimum(distinct, self.gains.shape[2] - 1),
        )
        return self.gains[at], self.sizes[at]


def _gains(fails: Ints, novelty: float, n_pairs: int) -> tuple[Floats, list[Floats]]:
    """Worth of the fails that wait for a pass, and of 0.. new fails; by tally, distinct fails."""
    distinct = np.arange(n_pairs + 1)[None, :]
    fresh = []
    for n in range(_MOST_AT_ONCE + 1):
        new = (novelty / (novelty + fails[:, None] + np.arange(n))).sum(axis=1)[:, None]
        fresh.append(_worth_of(distinct + new, n_pairs) - _worth_of(distinct, n_pairs))
    return _worth_of(distinct, n_pairs), fresh


def _binomials(m: int) -> Floats:
    """Chance of each number of passes out of m, shape (rates, m + 1)."""
    k = np.arange(m + 1)
    ways = np.array([math.comb(m, int(each)) for each in k], dtype=np.float64)
    chances: Floats = ways * RATES[:, None] ** k * (1.0 - RATES[:, None]) ** (m - k)
    return chances


def _worth_of(n: Floats | Ints, most: int) -> Floats:
    """Worth of n pairs of one task, `most` at the most; straight between whole numbers.

    With 1/j for the j-th pair, easy suites yield fewer contrasting tasks than uniform sampling.
    """
    steps = np.concatenate([[0.0], np.cumsum(np.arange(1, most + 1) ** -_DECAY)])
    worth: Floats = np.interp(n, np.arange(most + 1), steps)
    return worth
