"""Intervals, run noise and pass@k: what each number promises."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.stats import (
    Count,
    lower_bound,
    paired_interval,
    pass_at_k,
    pass_hat_k,
    seed_se,
    t_interval,
    upper_bound,
    zero_flip_message,
)

shares = st.builds(Fraction, st.integers(-10, 10), st.just(10))
many_shares = st.lists(shares, min_size=2, max_size=40)


def test_the_t_interval_is_the_textbook_one() -> None:
    interval = t_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert interval.mean == 3.0
    assert interval.df == 4
    assert interval.se == pytest.approx(math.sqrt(2.5 / 5))
    assert interval.high - 3.0 == pytest.approx(2.7764451052 * math.sqrt(0.5), abs=1e-8)


@given(many_shares)
def test_every_interval_contains_the_mean_and_bounds_lie_inside(values: list[Fraction]) -> None:
    interval = paired_interval(values)
    low, high = lower_bound(values), upper_bound(values)
    slack = 1e-12
    assert -1.0 <= interval.low <= low + slack <= interval.mean + 2 * slack
    assert interval.mean <= high + 2 * slack <= interval.high + 3 * slack <= 1.0 + 3 * slack


@given(many_shares)
def test_a_surer_interval_is_never_narrower(values: list[Fraction]) -> None:
    narrow, wide = paired_interval(values, 0.8), paired_interval(values, 0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_the_t_interval_covers_the_truth_as_often_as_it_says() -> None:
    source = np.random.default_rng(20)
    n_trials, n_tasks, n_runs = 1500, 20, 5
    n_covered = 0
    for _ in range(n_trials):
        base = source.uniform(0.1, 0.9, n_tasks)
        tuned = np.clip(base + 0.08, 0.0, 1.0)
        seen = source.binomial(n_runs, tuned) - source.binomial(n_runs, base)
        interval = t_interval([float(value) for value in seen / n_runs])
        # Given these tasks the truth is their own mean effect.
        n_covered += interval.low <= float(np.mean(tuned - base)) <= interval.high
    assert 0.93 <= n_covered / n_trials <= 0.97


def test_one_task_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least 2 tasks"):
        t_interval([0.5])


def test_run_noise_widens_an_interval_that_a_few_equal_tasks_made_too_narrow() -> None:
    counts = [Count(2, 4)] * 5
    noise = seed_se(counts, counts)
    assert noise is not None
    assert noise == pytest.approx(math.sqrt(2 * 5 * (0.25 * 4 / 3) / 4) / 5)
    interval = paired_interval([Fraction(0)] * 5, 0.95, noise)
    assert interval.high == pytest.approx(2.7764451052 * noise, abs=1e-8)


def test_single_runs_have_no_known_noise() -> None:
    assert seed_se([Count(1, 1)], [Count(1, 2)]) is None


@pytest.mark.parametrize("change", [Fraction(0), Fraction(1), Fraction(-1, 2)])
def test_equal_differences_never_make_an_interval_without_width(change: Fraction) -> None:
    few, many = paired_interval([change] * 3), paired_interval([change] * 300)
    assert few.low < 0.0 or few.high > 0.0
    assert few.high - few.low > many.high - many.low > 0.0


def test_three_tasks_won_are_no_proof_and_twelve_are() -> None:
    assert paired_interval([Fraction(1)] * 3).low < 0.0
    assert paired_interval([Fraction(1)] * 12).low > 0.0


@pytest.mark.parametrize(("n_tasks", "percent"), [(12, 22), (20, 14), (40, 7)])
def test_no_flips_says_how_many_tasks_could_still_change(n_tasks: int, percent: int) -> None:
    assert zero_flip_message(n_tasks) == (
        f"no flips in {n_tasks} tasks: up to {percent} % of tasks could still change"
    )


@pytest.mark.parametrize(("n_runs", "n_passed", "k"), [(5, 2, 3), (6, 0, 2), (4, 4, 4), (7, 6, 2)])
def test_pass_at_k_and_pass_hat_k_equal_all_draws_of_k_runs(
    n_runs: int, n_passed: int, k: int
) -> None:
    runs = [True] * n_passed + [False] * (n_runs - n_passed)
    draws = list(itertools.combinations(runs, k))
    assert pass_at_k(n_runs, n_passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))
    assert pass_hat_k(n_runs, n_passed, k) == pytest.approx(sum(map(all, draws)) / len(draws))


@pytest.mark.parametrize(("n_runs", "n_passed", "k"), [(3, 1, 4), (3, 4, 1), (3, 1, 0)])
def test_fewer_runs_than_k_is_an_error_and_not_a_one(n_runs: int, n_passed: int, k: int) -> None:
    for estimate in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="cannot estimate"):
            estimate(n_runs, n_passed, k)
