"""Puts families of given sizes on three sides, as near to the wanted sizes as they allow.

Every reachable triple of sizes is enumerated, the best one is taken, and among the ways to
reach it a random source chooses. Only where the enumeration would not fit in memory are the
largest families placed beforehand, each where most is missing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

_MAX_BITS = 1 << 29
"""Memory of the enumeration (64 MB): enough for 800 families of one task each."""


def assign(sizes: Sequence[int], weights: Sequence[float], source: random.Random) -> list[int]:
    """The side (0, 1 or 2) of each family.

    Sides with a weight get at least one family, sides without get none; there must be as many
    families as weights. Families of equal size are equally likely everywhere.
    """
    wanted = [weight * sum(sizes) for weight in weights]
    return _place(sizes, wanted, [int(weight > 0.0) for weight in weights], source)


def assign_strata(
    strata: Sequence[Sequence[int]], weights: Sequence[float], source: random.Random
) -> list[list[int]]:
    """The side of each family of each stratum: every stratum is divided as the whole is.

    What one stratum cannot give a side, the next ones make good. The first stratum must have
    as many families as weights.
    """
    owed = [0.0, 0.0, 0.0]
    placed: list[list[int]] = []
    for at, sizes in enumerate(strata):
        wanted = [weight * sum(sizes) + more for weight, more in zip(weights, owed, strict=True)]
        least = [int(weight > 0.0 and at == 0) for weight in weights]
        sides = _place(sizes, [max(n, 0.0) for n in wanted], least, source, weights)
        for n, side in enumerate(sides):
            wanted[side] -= sizes[n]
        owed = wanted
        placed.append(sides)
    return placed


def _place(
    sizes: Sequence[int],
    wanted: Sequence[float],
    n_least: Sequence[int],
    source: random.Random,
    weights: Sequence[float] = (),
) -> list[int]:
    order = list(range(len(sizes)))
    source.shuffle(order)
    order.sort(key=lambda n: -sizes[n])
    missing = list(wanted)
    is_open = [weight > 0.0 for weight in weights or n_least]
    placed: dict[int, int] = {}
    n_ahead = _n_ahead([sizes[n] for n in order])
    for n in order[:n_ahead]:
        placed[n] = max(range(3), key=lambda side: (is_open[side], missing[side]))
        missing[placed[n]] -= sizes[n]
    order = order[n_ahead:]
    source.shuffle(order)
    rest = [sizes[n] for n in order]
    least = [int(n_least[n] > 0 and n not in placed.values()) for n in range(3)]
    most = [sum(rest) if is_allowed else 0 for is_allowed in is_open]
    reach = _reachable(rest)
    left = _best_sizes(reach[-1], sum(rest), missing, (least, most))
    for n, sides in zip(reversed(order), reversed(reach[:-1]), strict=True):
        placed[n], left = _step(sizes[n], left, (sides, sum(rest) + 1), source)
    return [placed[n] for n in range(len(sizes))]


def _n_ahead(sizes: Sequence[int]) -> int:
    """How many families, from the first, keep the enumeration of the rest from fitting."""
    total = sum(sizes)
    # Three are always left, so that no side need stay empty.
    for n, size in enumerate(sizes[:-3]):
        if (total + 1) ** 2 * (len(sizes) - n) <= _MAX_BITS:
            return n
        total -= size
    return max(0, len(sizes) - 3)


def _reachable(sizes: Sequence[int]) -> list[int]:
    """Which sizes of sides 0 and 1 the first 0, 1, ..., all families can have.

    A set is one integer with bit `side 0 * width + side 1`, so that adding a family to every
    member at once is a shift.
    """
    width = sum(sizes) + 1
    reach = [1]
    for size in sizes:
        last = reach[-1]
        reach.append(last | last << size | last << (size * width))
    return reach


def _best_sizes(
    reachable: int,
    total: int,
    wanted: Sequence[float],
    limits: tuple[Sequence[int], Sequence[int]],
) -> list[int]:
    """The sizes with the smallest summed distance from `wanted`, each within its limits."""
    n_bytes = (total + 1) ** 2 // 8 + 1
    packed = np.frombuffer(reachable.to_bytes(n_bytes, "little"), dtype=np.uint8)
    first, second = np.divmod(np.flatnonzero(np.unpackbits(packed, bitorder="little")), total + 1)
    sizes = np.stack([first, second, total - first - second])
    least, most = (np.array(limit)[:, None] for limit in limits)
    fits = np.all((sizes >= least) & (sizes <= most), axis=0)
    # Rounded, so that sizes equally near are a tie whatever the rounding of their sums.
    distance = np.abs(sizes - np.array(wanted)[:, None]).sum(axis=0).round(9)
    best = np.argmin(np.where(fits, distance, np.inf))
    return [int(size) for size in sizes[:, best]]


def _step(
    size: int, left: list[int], before: tuple[int, int], source: random.Random
) -> tuple[int, list[int]]:
    """The side of the last family, and the sizes that remain for those before it."""
    reachable, width = before
    options = {
        side: [room - size * (n == side) for n, room in enumerate(left)]
        for side in range(3)
        if left[side] >= size
    }
    options = {
        side: rest for side, rest in options.items() if reachable >> (rest[0] * width + rest[1]) & 1
    }
    side = source.choice(list(options))
    return side, options[side]
