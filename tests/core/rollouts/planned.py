"""Suites with known pass rates, planned and run to the end, beside uniform sampling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.rollouts.planner import ContrastOptions, Outlook, Planner, Tally, probes_due

N_TASKS = 34
OPTIONS = ContrastOptions(n_rollouts=272)
Rates = NDArray[np.float64]


def _two_heaps(rng: np.random.Generator) -> Rates:
    is_hard = rng.random(N_TASKS) < 0.5
    return np.where(is_hard, rng.beta(1, 9, N_TASKS), rng.beta(9, 1, N_TASKS))


SUITES: Mapping[str, Callable[[np.random.Generator], Rates]] = {
    "learnable": lambda rng: rng.beta(2, 3, N_TASKS),
    "two heaps": _two_heaps,
    "easy": lambda rng: rng.beta(18, 1.5, N_TASKS),
    "hard": lambda rng: rng.beta(0.6, 6, N_TASKS),
    "all alike": lambda rng: np.full(N_TASKS, 0.3),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What was predicted after the probes, what came, and what uniform sampling finds."""

    outlook: Outlook
    n_pairs: int
    n_contrasting: int
    n_rollouts: int
    n_uniform_contrasting: int


def run(suite: str, seed: int, options: ContrastOptions = OPTIONS) -> Planned:
    """Plan and simulate one suite to the end of its budget."""
    rng = np.random.default_rng([seed, len(suite)])
    rates = SUITES[suite](rng)
    tallies = {f"t{n:02}": Tally() for n in range(N_TASKS)}
    while batch := probes_due(tallies, options):
        _simulate(tallies, batch, rates, rng)
    planner = Planner(tallies, options)
    outlook = planner.predict(tallies)
    while batch := planner.next_batch(tallies):
        _simulate(tallies, batch, rates, rng)
    found = list(tallies.values())
    n_rollouts = sum(tally.n for tally in found)
    return Planned(
        outlook,
        sum(min(t.n_distinct, options.n_per_task) for t in found if t.n_passed),
        sum(1 for t in found if t.n_passed and t.n_failed),
        n_rollouts,
        _uniform(rates, n_rollouts, rng),
    )


def _simulate(
    tallies: dict[str, Tally], batch: Mapping[str, int], rates: Rates, rng: np.random.Generator
) -> None:
    for name, n in batch.items():
        n_passed, old = int(rng.binomial(n, rates[int(name[1:])])), tallies[name]
        tallies[name] = replace(
            old,
            n_passed=old.n_passed + n_passed,
            n_failed=old.n_failed + n - n_passed,
            n_distinct=old.n_distinct + n - n_passed,
        )


def _uniform(rates: Rates, n_rollouts: int, rng: np.random.Generator) -> int:
    """Contrasting tasks when the same rollouts are spread evenly."""
    each, rest = divmod(n_rollouts, len(rates))
    n = np.full(len(rates), each)
    n[rng.permutation(len(rates))[:rest]] += 1
    n_passed = rng.binomial(n, rates)
    return int(((n_passed > 0) & (n_passed < n)).sum())
