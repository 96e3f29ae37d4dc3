"""The sign-flip test against enumeration, and what it promises for any input."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.signflip import sign_flip_p

rates = st.builds(
    lambda passed, n: Fraction(min(passed, n), n), st.integers(0, 12), st.integers(1, 12)
)
differences = st.lists(st.builds(lambda a, b: a - b, rates, rates), min_size=1, max_size=10)


def enumerated(values: list[Fraction]) -> float:
    observed = abs(sum(values, Fraction(0)))
    sums = [
        abs(sum((sign * value for sign, value in zip(signs, values, strict=True)), Fraction(0)))
        for signs in itertools.product((1, -1), repeat=len(values))
    ]
    return sum(total >= observed for total in sums) / len(sums)


@given(differences)
def test_p_equals_the_enumeration_of_all_sign_patterns(values: list[Fraction]) -> None:
    assert sign_flip_p(values) == enumerated(values)


@given(differences, st.randoms(use_true_random=False))
def test_p_ignores_order_and_direction_and_stays_in_range(
    values: list[Fraction], shuffler: random.Random
) -> None:
    mirrored = [-value for value in values]
    shuffler.shuffle(mirrored)
    p = sign_flip_p(values)
    assert sign_flip_p(mirrored) == p
    assert 0.0 < p <= 1.0


@given(differences)
def test_unchanged_tasks_add_no_evidence(values: list[Fraction]) -> None:
    assert sign_flip_p([*values, Fraction(0), Fraction(0)]) == sign_flip_p(values)


def test_no_change_at_all_is_p_one() -> None:
    assert sign_flip_p([0, 0, 0]) == 1.0
    assert sign_flip_p([]) == 1.0


@pytest.mark.parametrize("n_tasks", [6, 60, 3000])
def test_a_clean_sweep_has_the_smallest_p_there_is_and_never_zero(n_tasks: int) -> None:
    p = sign_flip_p([1] * n_tasks)
    assert p > 0.0
    assert p == pytest.approx(2.0 * 0.5**n_tasks, abs=1e-300)


@pytest.mark.parametrize("seed", range(6))
def test_run_counts_without_a_common_denominator_bound_p_closely_from_above(seed: int) -> None:
    source = random.Random(seed)
    primes = [31, 37, 41, 43, 47, 53]
    single = [Fraction(source.randint(1, prime), prime) for prime in primes]
    # Sums of two values make patterns tie exactly, which rounding would break.
    awkward = [*single, *(-(one + other) for one, other in itertools.pairwise(single))]
    p, exact = sign_flip_p(awkward), enumerated(awkward)
    assert exact <= p <= exact + 0.01
