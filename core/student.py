"""Student's t distribution, without a statistics library.

The tail comes from the regularised incomplete beta function,
`P(T > t) = I_x(df/2, 1/2) / 2` with `x = df / (df + t^2)` (NIST DLMF 8.17(i)), and that from
its continued fraction (DLMF 8.17.22), evaluated front to back by the modified Lentz method.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

_TINY = 1e-300
_PRECISION = 1e-16
_MAX_TERMS = 100_000


def incomplete_beta(a: float, b: float, x: float, complement: float | None = None) -> float:
    """`I_x(a, b)` for a, b > 0 and 0 <= x <= 1.

    `complement` is 1 - x where the caller knows it more exactly than a subtraction does.
    """
    y = 1.0 - x if complement is None else complement
    if x <= 0.0:
        return 0.0
    if y <= 0.0:
        return 1.0
    # The fraction converges fast on this side of the mean only; the other is its mirror image.
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _power(b, a, y, x) / (b * _fraction(b, a, y))
    return _power(a, b, x, y) / (a * _fraction(a, b, x))


def t_tail(t: float, df: float) -> float:
    """`P(T > t)` for df > 0."""
    square = t * t
    half = 0.5 * incomplete_beta(df / 2.0, 0.5, df / (df + square), square / (df + square))
    return half if t >= 0.0 else 1.0 - half


@lru_cache(maxsize=4096)
def t_quantile(probability: float, df: float) -> float:
    """The t with `P(T <= t) = probability`, found by bisection to the last bit."""
    if not 0.0 < probability < 1.0 or df <= 0.0:
        raise ValueError(f"no t quantile for probability {probability} and df {df}")
    if probability < 0.5:
        return -t_quantile(1.0 - probability, df)
    tail = 1.0 - probability
    low, high = 0.0, 1.0
    while t_tail(high, df) > tail:
        low, high = high, high * 2.0
    while low < (middle := (low + high) / 2.0) < high:
        if t_tail(middle, df) > tail:
            low = middle
        else:
            high = middle
    return low


def _power(a: float, b: float, x: float, y: float) -> float:
    """`x^a y^b / B(a, b)`."""
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return math.exp(a * math.log(x) + b * math.log(y) - log_beta)


def _fraction(a: float, b: float, x: float) -> float:
    """`1 + d1/(1 + d2/(1 + ...))`, as a product of ratios of its convergents."""
    value, upper, lower = 1.0, 1.0, 0.0
    for n, term in enumerate(_terms(a, b, x)):
        upper = 1.0 + term / upper
        lower = 1.0 / ((1.0 + term * lower) or _TINY)
        upper = upper or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) <= _PRECISION or n >= _MAX_TERMS:
            break
    return value


def _terms(a: float, b: float, x: float) -> Iterator[float]:
    m = 0
    while True:
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        m += 1
        yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
