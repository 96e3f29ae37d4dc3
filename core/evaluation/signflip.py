"""The exact sign-flip test over tasks.

If tuning changed nothing, each task's difference is as likely to be its negative. The p-value
is the share of the 2^M sign patterns whose sum is at least as far from zero as the observed
one, counted by dynamic programming over integer sums: no simulation, no seed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

_MAX_TOTAL = 1_000_000
"""Largest sum of scaled differences that is still counted sum by sum (8 MB, about a second
for a thousand tasks). Run counts that all differ can push their common denominator past it."""


def sign_flip_p(differences: Sequence[Fraction | int]) -> float:
    """Two-sided p-value, in (0, 1]; 1 when no task changed.

    Fractions are scaled to their common denominator. Where that makes the sums too many to
    count, the differences are rounded to a grid and every pattern within the rounding error
    of the observed sum counts as extreme: the result is then an upper bound.
    """
    sizes, slack = _integers([Fraction(value) for value in differences if value])
    total, observed = sum(map(abs, sizes)), abs(sum(sizes)) - slack
    if observed <= 0:
        return 1.0
    # A pattern's sum is total - 2 x (what was flipped), so one tail is "little was flipped";
    # the other is its mirror image, and the two do not overlap because observed > 0.
    tail = _tail([abs(size) for size in sizes], (total - observed) // 2)
    return min(1.0, max(2.0 * tail, sys.float_info.min))


def _integers(values: list[Fraction]) -> tuple[list[int], int]:
    """The values as integers of one scale, and by how much a sum may be off."""
    scale = math.lcm(*(value.denominator for value in values))
    exact = [int(value * scale) for value in values]
    common = math.gcd(*exact) or 1
    exact = [value // common for value in exact]
    total = sum(map(abs, exact))
    if total <= _MAX_TOTAL:
        return exact, 0
    # Each value is off by at most half a step, in the observed sum and in the pattern's.
    return [round(Fraction(value * _MAX_TOTAL, total)) for value in exact], len(exact)


def _tail(sizes: list[int], limit: int) -> float:
    """Share of all subsets whose sum is at most `limit`."""
    share = np.zeros(limit + 1)
    share[0] = 1.0
    for size in sizes:
        flipped = np.zeros_like(share)
        if size <= limit:
            flipped[size:] = share[: limit + 1 - size]
        share = 0.5 * (share + flipped)
    return float(share.sum())
