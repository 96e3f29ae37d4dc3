"""Where the next rollouts of a run should go, so that they become pairs.

Every task is probed with a few rollouts. What the probes tell of all tasks together says what
to expect of each. The rest of the budget goes, batch by batch, to the tasks where the next
usable pair is cheapest: one that only passed is left alone unless nothing else is worth more,
one without a pass gets a second chance, since a single pass makes pairs of all its fails. A
task's j-th pair counts j^-1.5, because more pairs of one task teach less than pairs of another.

The rule is a function of the probes and the tallies, so that an interrupted run decides the
same again, and so that running it forward in drawn worlds predicts what a budget will give.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from core.rollouts.passrates import Floats, Ints, Prior
from core.rollouts.worlds import Worlds
from core.rollouts.worth import Worth, novelty_of

N_WORLDS = 200
"""In which a rule is run forward."""
_LOW, _HIGH = 0.05, 0.95
SEED = 20_261
"""Of those worlds, so that equal tallies foretell the same."""
_N_OF_MEAN = 4.0
"""How many rollouts of its own a task needs before its price counts more than the mean's."""


@dataclass(frozen=True, slots=True)
class ContrastOptions:
    """How a budget of rollouts is spent on contrast."""

    n_rollouts: int
    """The budget, probes included."""
    n_probes: int = 4
    """Rollouts of each task before anything is decided about it."""
    n_per_task: int = 3
    """Pairs of one task that are worth having."""
    n_most: int = 24
    """Rollouts of one task at most."""
    n_batch: int = 16
    """Rollouts between two decisions."""
    min_gain: float = 0.025
    """A task is left when one more rollout brings less than this of a first pair."""
    n_pairs_wanted: int | None = None
    """Stop when there are so many usable pairs; None spends the budget where it can help."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a task, and what its rollouts cost."""

    n_passed: int = 0
    n_failed: int = 0
    n_distinct: int = 0
    """Failing programs that differ from each other."""
    cost: float = 0.0
    """Of all its rollouts together, in any one unit."""
    n_lost: int = 0
    """Rollouts without a verdict: they tell nothing, but are spent."""

    @property
    def n(self) -> int:
        """Rollouts so far."""
        return self.n_judged + self.n_lost

    @property
    def n_judged(self) -> int:
        """Rollouts that tell something of its pass rate."""
        return self.n_passed + self.n_failed


@dataclass(frozen=True, slots=True)
class Span:
    """A prediction with its 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a budget will have given when it is spent."""

    n_pairs: Span
    """Usable ones: a pass beside distinct fails, so many a task."""
    n_contrasting: Span
    """Tasks with a pass and a fail."""
    n_rollouts: Span
    cost: Span
    """In the unit of the tallies."""


def probes_due(tallies: Mapping[str, Tally], options: ContrastOptions) -> dict[str, int]:
    """Rollouts that the probe of each task still lacks, dealt in turn while the budget lasts."""
    left = options.n_rollouts - sum(tally.n for tally in tallies.values())
    due: Counter[str] = Counter()
    for n_before in range(options.n_probes):
        lacking = [name for name in sorted(tallies) if tallies[name].n <= n_before]
        due.update(lacking[: max(0, left - due.total())])
    return dict(due)


class Planner:
    """Deals out a budget after the probes."""

    def __init__(self, probes: Mapping[str, Tally], options: ContrastOptions) -> None:
        """Learn from the probes of all tasks, in the order of their names."""
        self._options = options
        self._names = sorted(probes)
        first = [probes[name] for name in self._names]
        passes, fails = column(first, "n_passed"), column(first, "n_failed")
        novelty = novelty_of([(tally.n_failed, tally.n_distinct) for tally in first])
        self._prior = Prior.of(passes, fails)
        self._worth = Worth.of(self._prior, novelty, options.n_most, options.n_per_task)
        self._prices = _prices(first)
        self._is_free = not any(tally.cost for tally in first)

    def next_batch(self, tallies: Mapping[str, Tally]) -> dict[str, int]:
        """Rollouts to run next by task; empty when nothing more is worth its price."""
        shares = self._batch(self._worlds(tallies, 1))[0]
        return {name: int(n) for name, n in zip(self._names, shares, strict=True) if n}

    def predict(self, tallies: Mapping[str, Tally]) -> Outlook:
        """Run the rule forward from the tallies to the end of the budget, in many worlds.

        Probes that are due come first; so it can also be asked before anything is known.
        """
        rng = np.random.default_rng(SEED)
        worlds = self._worlds(tallies, N_WORLDS)
        passes, fails = worlds.passes[0], worlds.fails[0]
        rates = Prior.of(passes, fails).draw(passes, fails, N_WORLDS, rng)
        n_before, spent = worlds.n, sum(tally.cost for tally in tallies.values())
        probes = probes_due(tallies, self._options)
        dealt = np.array([probes.get(name, 0) for name in self._names], dtype=np.int64)
        worlds.run(np.tile(dealt, (N_WORLDS, 1)), rates, self._worth.novelty, rng)
        while (shares := self._batch(worlds)).any():
            worlds.run(shares, rates, self._worth.novelty, rng)
        return Outlook(
            n_pairs=span(worlds.pairs(self._options.n_per_task).sum(axis=1)),
            n_contrasting=span(((worlds.passes > 0) & (worlds.fails > 0)).sum(axis=1)),
            n_rollouts=span(worlds.n.sum(axis=1)),
            cost=span(spent + (worlds.n - n_before) @ (self._prices * (not self._is_free))),
        )

    def _worlds(self, tallies: Mapping[str, Tally], n_worlds: int) -> Worlds:
        known = [tallies[name] for name in self._names]
        return worlds_of(known, n_worlds)

    def _batch(self, worlds: Worlds) -> Ints:
        """Rollouts by world and task, at most a batch per world."""
        options, pairs = self._options, worlds.pairs(self._options.n_per_task)
        left = np.minimum(options.n_rollouts - worlds.n.sum(axis=1), options.n_batch)
        if options.n_pairs_wanted is not None:
            left = np.where(pairs.sum(axis=1) >= options.n_pairs_wanted, 0, left)
        gains, sizes = self._worth.look_up(worlds.passes, worlds.fails, worlds.distinct)
        is_useful = (pairs < options.n_per_task) & (gains >= options.min_gain)
        wanted = np.where(is_useful, np.minimum(sizes, options.n_most - worlds.n), 0)
        order = np.argsort(-gains / self._prices, axis=1, kind="stable")
        return _dealt(np.maximum(wanted, 0), order, np.maximum(left, 0))


def predict_unseen(task_ids: Iterable[str], options: ContrastOptions) -> Outlook:
    """What a budget will give on tasks of which nothing is known yet; it costs nothing here."""
    blank = {task_id: Tally() for task_id in task_ids}
    return Planner(blank, options).predict(blank)


def worlds_of(tallies: list[Tally], n_worlds: int) -> Worlds:
    """So many worlds, all as the tallies say."""
    names = ("n_passed", "n_failed", "n_distinct", "n_lost")
    return Worlds(*(np.tile(column(tallies, name), (n_worlds, 1)) for name in names))


def column(tallies: list[Tally], name: str) -> Ints:
    """One count of every task."""
    return np.array([getattr(tally, name) for tally in tallies], dtype=np.int64)


def span(values: Ints | Floats) -> Span:
    """Mean and 90 % interval of what came in many worlds."""
    low, high = (float(bound) for bound in np.quantile(values, [_LOW, _HIGH]))
    if np.issubdtype(values.dtype, np.integer):
        low, high = math.floor(low), math.ceil(high)
    return Span(float(values.mean()), low, high)


def _prices(tallies: list[Tally]) -> Floats:
    """Of one rollout with a verdict, near the mean where little is known; 1 where all is free."""
    n = column(tallies, "n_judged").astype(np.float64)
    cost = np.array([tally.cost for tally in tallies])
    if cost.sum() <= 0 or not n.any():
        return np.ones(len(tallies))
    prices: Floats = (cost + _N_OF_MEAN * cost.sum() / n.sum()) / (n + _N_OF_MEAN)
    return prices


def _dealt(wanted: Ints, order: Ints, size: Ints) -> Ints:
    """Give each task in order what it wants until the size is used up."""
    in_order = np.take_along_axis(wanted, order, axis=1)
    before = np.cumsum(in_order, axis=1) - in_order
    dealt = np.zeros_like(wanted)
    given = np.clip(size[:, None] - before, 0, in_order)
    np.put_along_axis(dealt, order, given, axis=1)
    return dealt
