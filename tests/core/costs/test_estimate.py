"""Intervals over tasks: Student's t, and true as often as they say."""

from __future__ import annotations

import random

import pytest

from core.costs.estimate import Estimate, over_tasks


def test_the_interval_is_students_t_over_the_means_of_the_tasks() -> None:
    found = over_tasks([("a", 1.0), ("a", 3.0), ("b", 4.0), ("c", 9.0)])
    assert found is not None
    # Means 2, 4, 9: sd 3.605551, t(.95, 2) = 2.919986.
    assert (found.mean, found.n_tasks) == (5.0, 3)
    assert found.high == pytest.approx(5.0 + 2.919986 * 3.605551 / 3**0.5, abs=1e-5)
    assert found.low == 0.0, "nothing costs less than nothing"


def test_without_two_tasks_there_is_no_interval() -> None:
    assert over_tasks([]) is None
    assert over_tasks([("a", 1.0), ("a", 2.0)]) == Estimate(1.5, None, None, 1)


@pytest.mark.parametrize(("n_tasks", "n_each"), [(2, 5), (5, 2), (10, 1), (20, 1)])
def test_the_truth_lies_inside_as_often_as_is_said(n_tasks: int, n_each: int) -> None:
    """Tasks that are solved in a few turns or stick at their limit, as rollouts do."""
    rng, n_inside, n_pilots = random.Random(7), 0, 600
    for _ in range(n_pilots):
        values = []
        for task in range(n_tasks):
            stuck = rng.uniform(0.0, 0.7)
            for _ in range(n_each):
                turns = 20 if rng.random() < stuck else rng.randint(1, 6)
                values.append((str(task), float(turns)))
        found = over_tasks(values)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        n_inside += found.low <= 0.35 * 20 + 0.65 * 3.5 <= found.high
    assert n_inside / n_pilots >= 0.82
