"""Pair formulas against the known table and against simulated rollouts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.costs.contrast import (
    PairRule,
    capped_mean,
    p_contrast,
    passes_pmf,
    sequential_rollouts,
    task_pairs,
)

_UNCAPPED = 10_000
_N_SIMULATED = 20_000

TABLE = [
    (0.02, (0.08, 0.15), (17.4, 7.7), (53.6, 50.1), 1),
    (0.10, (0.34, 0.57), (4.1, 2.1), (14.1, 10.2), 6),
    (0.30, (0.75, 0.94), (2.2, 1.6), (8.5, 3.8), 22),
    (0.50, (0.88, 0.99), (2.3, 2.0), (8.1, 3.0), 43),
    (0.70, (0.75, 0.94), (3.4, 3.3), (8.5, 3.8), 66),
    (0.90, (0.34, 0.57), (10.0, 10.0), (14.1, 10.2), 89),
    (0.98, (0.08, 0.15), (50.0, 50.0), (53.6, 50.1), 98),
]


@pytest.mark.parametrize(("rate", "contrast", "per_pair", "per_task", "pass_pass"), TABLE)
def test_expectations_are_those_of_the_known_table(
    rate: float,
    contrast: tuple[float, float],
    per_pair: tuple[float, float],
    per_task: tuple[float, float],
    pass_pass: int,
) -> None:
    for n, chance, rollouts in zip((4, 8), contrast, per_pair, strict=True):
        task = task_pairs(n, rate, PairRule.BEST_VS_FAILS, most=_UNCAPPED)
        assert p_contrast(rate, n) == pytest.approx(chance, abs=0.0051)
        assert task.p_contrast == pytest.approx(p_contrast(rate, n), abs=1e-12)
        assert n / task.n_usable == pytest.approx(rollouts, abs=0.051)
    fixed, sequential = per_task
    assert 8 / p_contrast(rate, 8) == pytest.approx(fixed, abs=0.06)
    assert sequential_rollouts(rate, 8) / p_contrast(rate, 8) == pytest.approx(sequential, abs=0.06)
    rest = task_pairs(8, rate, PairRule.BEST_VS_REST, most=_UNCAPPED)
    assert round(100 * rest.pass_pass_share) == pass_pass


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [2, 4, 8])
def test_uncapped_expectations_have_their_closed_form(rate: float, n: int) -> None:
    q = 1.0 - rate
    fails = task_pairs(n, rate, PairRule.BEST_VS_FAILS, most=_UNCAPPED).n_usable
    rest = task_pairs(n, rate, PairRule.BEST_VS_REST, most=_UNCAPPED)
    everything = task_pairs(n, rate, PairRule.ALL, most=_UNCAPPED).n_pairs
    assert fails == pytest.approx(n * q * (1.0 - q ** (n - 1)))
    assert rest.n_pairs == pytest.approx((n - 1) * (1.0 - q**n))
    assert rest.n_pairs - rest.n_usable == pytest.approx(n * rate - 1.0 + q**n)
    assert everything == pytest.approx(n * (n - 1) * rate * q)


@pytest.mark.parametrize("rule", PairRule)
@pytest.mark.parametrize(("rate", "sd"), [(0.1, 0.0), (0.5, 0.2), (0.9, 0.25)])
@pytest.mark.parametrize(("most", "share"), [(3, 1.0), (3, 0.6), (8, 0.6)])
def test_expectations_are_those_of_simulated_rollouts(
    rule: PairRule, rate: float, sd: float, most: int, share: float
) -> None:
    rng, n = np.random.default_rng(7), 8
    rates = np.full(_N_SIMULATED, rate)
    if sd:
        strength = rate * (1.0 - rate) / sd**2 - 1.0
        rates = rng.beta(rate * strength, (1.0 - rate) * strength, _N_SIMULATED)
    passes = rng.binomial(n, rates)
    fails = n - passes
    total = {
        PairRule.BEST_VS_FAILS: np.where(passes > 0, fails, 0),
        PairRule.BEST_VS_REST: np.where(passes > 0, n - 1, 0),
        PairRule.ALL: passes * fails,
    }[rule]
    kept = np.minimum(rng.binomial(total, share), most)
    task = task_pairs(n, rate, rule, most=most, sd=sd, share=share)
    tolerance = 4.0 * kept.std() / math.sqrt(_N_SIMULATED) + 1e-9
    assert task.n_pairs == pytest.approx(kept.mean(), abs=tolerance)
    seen = ((passes > 0) & (fails > 0)).mean()
    assert task.p_contrast == pytest.approx(seen, abs=4.0 * 0.5 / math.sqrt(_N_SIMULATED))


def test_stopping_once_both_outcomes_are_seen_takes_the_expected_rollouts() -> None:
    rng, rate, most = np.random.default_rng(11), 0.3, 6
    passed = rng.random((_N_SIMULATED, most)) < rate
    both = (passed.cumsum(axis=1) > 0) & ((~passed).cumsum(axis=1) > 0)
    taken = np.where(both.any(axis=1), both.argmax(axis=1) + 1, most)
    tolerance = 4.0 * taken.std() / math.sqrt(_N_SIMULATED)
    assert sequential_rollouts(rate, most) == pytest.approx(taken.mean(), abs=tolerance)


def test_a_strong_generator_gives_pass_fail_pairs_only_in_the_known_number() -> None:
    task = task_pairs(4, 0.958, PairRule.BEST_VS_FAILS, most=8)
    assert round(3000 * task.n_usable) == 504


@pytest.mark.parametrize("sd", [0.0, 1e-6, 1e-3, 0.2])
@pytest.mark.parametrize("n", [1, 8, 1000])
def test_chances_of_passes_sum_to_one_with_the_right_mean(n: int, sd: float) -> None:
    chances = passes_pmf(n, 0.3, sd)
    assert math.fsum(chances) == pytest.approx(1.0, abs=1e-6)
    mean = math.fsum(k * chance for k, chance in enumerate(chances))
    assert mean == pytest.approx(0.3 * n, rel=1e-6)


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_tasks_all_passed_or_all_failed_give_no_pair(rate: float) -> None:
    for rule in (PairRule.BEST_VS_FAILS, PairRule.ALL):
        assert task_pairs(8, rate, rule, most=3).n_pairs == 0.0
    assert task_pairs(8, rate, PairRule.BEST_VS_REST, most=3).n_usable == 0.0


def test_a_cap_bounds_the_mean_and_filters_lower_it() -> None:
    assert capped_mean(10, 1.0, 3) == 3.0
    assert capped_mean(2, 0.5, 3) == 1.0
    assert capped_mean(10, 0.0, 3) == 0.0
    assert capped_mean(2, 0.5, 1) == 0.75
