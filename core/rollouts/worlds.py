"""Tallies of every task in many possible worlds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.rollouts.passrates import Floats, Ints


@dataclass(slots=True)
class Worlds:
    """Passes, fails, distinct fails and what was lost; arrays of shape (worlds, tasks)."""

    passes: Ints
    fails: Ints
    distinct: Ints
    lost: Ints
    """Rollouts without a verdict."""

    @property
    def n(self) -> Ints:
        """Rollouts."""
        return self.passes + self.fails + self.lost

    def pairs(self, most: int) -> Ints:
        """Usable pairs, `most` a task: one pass beside each distinct fail."""
        return np.where(self.passes > 0, np.minimum(self.distinct, most), 0)

    def run(self, shares: Ints, rates: Floats, novelty: float, rng: np.random.Generator) -> None:
        """Let so many rollouts happen; a fail is a new one as Ewens' sampling formula says."""
        passed = rng.binomial(shares, rates)
        failed = shares - passed
        for j in range(int(failed.max(initial=0))):
            is_new = rng.random(shares.shape) < novelty / (novelty + self.fails + j)
            self.distinct = self.distinct + ((failed > j) & is_new)
        self.passes, self.fails = self.passes + passed, self.fails + failed
