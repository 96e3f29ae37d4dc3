"""What some rollouts of each task tell of pass rates: of the suite's first, then of each task's.

Tasks share a distribution of pass rates that is not known: it may be one beta distribution, or
two heaps of tasks, hard ones and easy ones. Each of a list of such shapes is weighed by how
well it explains the tallies of all tasks (a beta-binomial); one heap or two are alike a priori.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_N_CELLS = 48
_MEANS = tuple(math.sin(math.pi * (n + 0.5) / 48.0) ** 2 for n in range(24))
_STRENGTHS = tuple(np.geomspace(0.3, 80.0, 18))
_HARD_MEANS, _EASY_MEANS = (0.03, 0.1, 0.2), (0.8, 0.9, 0.97)
_HEAP_STRENGTHS = (4.0, 10.0, 30.0)
_HARD_SHARES = (0.15, 0.3, 0.5, 0.7, 0.85)


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Mixtures of two beta distributions, one a row; a single one has a share of 1."""

    a: Floats
    """Shape (shapes, 2), as `b` and `shares`."""
    b: Floats
    shares: Floats
    belief: Floats
    """A priori, one a shape."""


@cache
def _shapes() -> _Shapes:
    single = [(mean * s, (1 - mean) * s, 1.0, 1.0, 1.0) for mean, s in product(_MEANS, _STRENGTHS)]
    double = [
        (hard * s, (1 - hard) * s, easy * s, (1 - easy) * s, share)
        for hard, easy, s, share in product(_HARD_MEANS, _EASY_MEANS, _HEAP_STRENGTHS, _HARD_SHARES)
    ]
    table = np.array([*single, *double])
    belief = [0.5 / len(single)] * len(single) + [0.5 / len(double)] * len(double)
    share = table[:, 4]
    return _Shapes(
        table[:, [0, 2]], table[:, [1, 3]], np.stack([share, 1 - share], 1), np.array(belief)
    )


def _rates() -> tuple[Floats, Floats]:
    """Pass rates, closer together near 0 and 1, and how much of the line each stands for."""
    edges = np.sin(np.pi * np.arange(_N_CELLS + 1) / _N_CELLS / 2.0) ** 2
    middles: Floats = (edges[1:] + edges[:-1]) / 2.0
    return middles, np.diff(edges)


RATES, _WIDTHS = _rates()


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of the pass rate of a task of which nothing is known."""

    shape_weights: Floats
    rate_weights: Floats
    """Of `RATES`; sums to 1."""

    @classmethod
    def of(cls, passes: Ints, fails: Ints) -> Prior:
        """Belief after so many passes and fails of each task."""
        shapes = _shapes()
        score = np.log(_explained(passes, fails).sum(axis=1)).sum(axis=1)
        weights = np.exp(score - score.max()) * shapes.belief
        weights /= weights.sum()
        return cls(weights, np.einsum("s,sh,shr->r", weights, shapes.shares, _densities()))

    def posterior(self, passes: Ints, fails: Ints) -> Floats:
        """Weights of `RATES` for tasks with such tallies, shape (tasks, rates)."""
        weights = self.rate_weights * RATES ** passes[:, None] * (1.0 - RATES) ** fails[:, None]
        posterior: Floats = weights / weights.sum(axis=1, keepdims=True)
        return posterior

    def draw(self, passes: Ints, fails: Ints, n: int, rng: np.random.Generator) -> Floats:
        """Pass rates of the tasks in `n` worlds that fit what was seen, (worlds, tasks)."""
        shapes = _shapes()
        chosen = rng.choice(len(shapes.belief), n, p=self.shape_weights)
        explained = _explained(passes, fails)[chosen]
        hard = explained[:, 0] / explained.sum(axis=1)
        heap = (rng.random(hard.shape) >= hard).astype(np.int64)
        a, b = shapes.a[chosen[:, None], heap], shapes.b[chosen[:, None], heap]
        rates: Floats = rng.beta(a + passes, b + fails)
        return rates


def _explained(passes: Ints, fails: Ints) -> Floats:
    """How likely each heap of each shape makes each task's tally, (shapes, 2, tasks)."""
    shapes = _shapes()
    logs = _log_rising(shapes.a, passes) + _log_rising(shapes.b, fails)
    explained: Floats = np.exp(logs - _log_rising(shapes.a + shapes.b, passes + fails))
    return explained * shapes.shares[:, :, None]


@cache
def _densities() -> Floats:
    """Mass of each beta distribution at each of `RATES`, (shapes, 2, rates)."""
    shapes = _shapes()
    a, b = shapes.a[:, :, None], shapes.b[:, :, None]
    densities = RATES ** (a - 1.0) * (1.0 - RATES) ** (b - 1.0) * _WIDTHS
    densities /= densities.sum(axis=2, keepdims=True)
    return densities


def _log_rising(start: Floats, n: Ints) -> Floats:
    """Logarithm of start (start + 1) ... (start + n - 1), (shapes, 2, tasks)."""
    steps = np.log(start[:, :, None] + np.arange(int(n.max(initial=0))))
    sums = np.concatenate([np.zeros((*start.shape, 1)), np.cumsum(steps, axis=2)], axis=2)
    rising: Floats = sums[:, :, n]
    return rising
