"""How much every item shares with every earlier one, by way of what they have in common.

Only features that occur are touched, so that a thousand programs compare in a second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def overlaps(bags: Sequence[Mapping[Hashable, float]]) -> Iterator[Floats]:
    """For each item the scalar product with each item before it.

    A bag holds an item's features with their weights.
    """
    numbers: dict[Hashable, int] = {}
    rows = [[numbers.setdefault(feature, len(numbers)) for feature in bag] for bag in bags]
    sizes = [len(row) for row in rows]
    features = np.fromiter((n for row in rows for n in row), np.int64, sum(sizes))
    weights = np.fromiter((w for bag in bags for w in bag.values()), np.float64, sum(sizes))
    owners = np.repeat(np.arange(len(bags)), sizes)
    order = np.argsort(features, kind="stable")  # within a feature the owners ascend
    owners, postings = owners[order], weights[order]
    starts = np.searchsorted(features[order], np.arange(len(numbers) + 1))
    for item, (row, bag) in enumerate(zip(rows, bags, strict=True)):
        if not row or not item:
            yield np.zeros(item)
            continue
        spans = [slice(starts[n], starts[n + 1]) for n in row]
        others = np.concatenate([owners[span] for span in spans])
        shares = np.concatenate(
            [postings[span] * own for span, own in zip(spans, bag.values(), strict=True)]
        )
        summed: Floats = np.bincount(others, shares, minlength=item).astype(np.float64)
        yield summed[:item]
