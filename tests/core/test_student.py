"""Student's t against closed forms, printed tables and its own symmetry."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.student import incomplete_beta, t_quantile, t_tail

PUBLISHED = [
    (0.975, 3, 3.1824463053),
    (0.975, 5, 2.5705818356),
    (0.975, 10, 2.2281388520),
    (0.975, 20, 2.0859634473),
    (0.975, 30, 2.0422724563),
    (0.975, 100, 1.9839715185),
    (0.95, 10, 1.8124611228),
    (0.95, 30, 1.6972608866),
    (0.995, 10, 3.1692726726),
]


@pytest.mark.parametrize(("probability", "df", "value"), PUBLISHED)
def test_quantiles_equal_the_published_ones(probability: float, df: int, value: float) -> None:
    assert t_quantile(probability, df) == pytest.approx(value, abs=1e-8)


@pytest.mark.parametrize("p", [0.6, 0.8, 0.95, 0.975, 0.999, 0.9999995])
def test_quantiles_equal_the_closed_forms_of_one_two_and_four_degrees(p: float) -> None:
    spread = 4.0 * p * (1.0 - p)
    cosine = math.cos(math.acos(math.sqrt(spread)) / 3.0) / math.sqrt(spread)
    assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-9)
    assert t_quantile(p, 2) == pytest.approx((2.0 * p - 1.0) * math.sqrt(2.0 / spread), rel=1e-9)
    assert t_quantile(p, 4) == pytest.approx(2.0 * math.sqrt(cosine - 1.0), rel=1e-7)


def test_many_degrees_of_freedom_come_near_the_normal_distribution() -> None:
    assert t_quantile(0.975, 10_000_000) == pytest.approx(1.9599639845, abs=1e-6)


@given(st.floats(0.001, 0.999), st.integers(1, 500))
def test_the_quantile_inverts_the_tail(probability: float, df: int) -> None:
    assert t_tail(t_quantile(probability, df), df) == pytest.approx(1.0 - probability, rel=1e-9)


@given(st.floats(-50.0, 50.0), st.integers(1, 200))
def test_the_two_tails_sum_to_one(t: float, df: int) -> None:
    assert t_tail(t, df) + t_tail(-t, df) == pytest.approx(1.0, abs=1e-12)


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.0, 1.0))
def test_the_incomplete_beta_of_integers_is_a_binomial_tail(a: int, b: int, x: float) -> None:
    n = a + b - 1
    tail = math.fsum(math.comb(n, j) * x**j * (1.0 - x) ** (n - j) for j in range(a, n + 1))
    assert incomplete_beta(a, b, x) == pytest.approx(tail, abs=1e-12)


@pytest.mark.parametrize(("probability", "df"), [(0.0, 3), (1.0, 3), (0.9, 0)])
def test_a_quantile_that_does_not_exist_is_an_error(probability: float, df: int) -> None:
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(probability, df)
