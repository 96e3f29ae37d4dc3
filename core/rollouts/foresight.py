"""What a run that treats all tasks alike will have given when it is over.

The rollouts so far tell of the pass rates of all tasks together and of each (`passrates`); the
rest is let happen in many worlds that fit them, so that what is foretold has an interval.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.rollouts.passrates import Prior
from core.rollouts.planner import N_WORLDS, SEED, Outlook, Tally, column, span, worlds_of
from core.rollouts.worth import novelty_of


def foresee(
    tallies: Mapping[str, Tally], left: Mapping[str, int], n_per_task: int
) -> tuple[Outlook, dict[str, float]]:
    """The whole when so many more rollouts are done, and the pairs expected of each task."""
    names = sorted(tallies)
    known = [tallies[name] for name in names]
    passes, fails = column(known, "n_passed"), column(known, "n_failed")
    rest = np.array([left.get(name, 0) for name in names], dtype=np.int64)
    rng = np.random.default_rng(SEED)
    worlds = worlds_of(known, N_WORLDS)
    novelty = novelty_of([(tally.n_failed, tally.n_distinct) for tally in known])
    rates = Prior.of(passes, fails).draw(passes, fails, N_WORLDS, rng)
    worlds.run(np.tile(rest, (N_WORLDS, 1)), rates, novelty, rng)
    spent, n_done = sum(tally.cost for tally in known), sum(tally.n for tally in known)
    each = spent / max(1, sum(tally.n_judged for tally in known))
    pairs = worlds.pairs(n_per_task)
    outlook = Outlook(
        n_pairs=span(pairs.sum(axis=1)),
        n_contrasting=span(((worlds.passes > 0) & (worlds.fails > 0)).sum(axis=1)),
        n_rollouts=span(worlds.n.sum(axis=1)),
        cost=span(spent + (worlds.n.sum(axis=1) - n_done) * each),
    )
    means = pairs.mean(axis=0)
    return outlook, {name: float(mean) for name, mean in zip(names, means, strict=True)}
