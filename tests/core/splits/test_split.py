"""Splits: complete, family-wise, near the ratio, and a function of the seed alone."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RefusedError, UsageError
from core.splits.assign import assign
from core.splits.split import SIDES, Ratios, Side, Split, make_split
from core.task import Task
from tests.core.splits.made import make_task, program_text

ratios_ = st.sampled_from(
    [(0.7, 0.1, 0.2), (0.6, 0.1, 0.3), (0.34, 0.33, 0.33), (0.8, 0.0, 0.2), (0.1, 0.1, 0.8)]
)
family_sizes = st.lists(st.integers(1, 6), min_size=3, max_size=12)


def tasks_of(sizes: list[int]) -> list[Task]:
    return [
        make_task("s", f"p{family}", program_text(100 * family + n), n)
        for family, size in enumerate(sizes)
        for n in range(size)
    ]


def counts(split: Split) -> list[int]:
    return [len(split.on(side)) for side in SIDES]


@given(family_sizes, ratios_, st.integers(0, 5))
def test_every_task_is_in_once_and_no_family_on_two_sides(
    sizes: list[int], ratios: Ratios, seed: int
) -> None:
    tasks = tasks_of(sizes)
    split = make_split(tasks, ratios, seed)
    assert Counter(m.task_id for m in split.members) == Counter(t.task_id for t in tasks)
    sides: dict[str, set[Side]] = defaultdict(set)
    for task in tasks:
        sides[task.program] |= {m.side for m in split.members if m.task_id == task.task_id}
    assert all(len(found) == 1 for found in sides.values())


@given(family_sizes, ratios_, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_tasks_does_not_matter(
    sizes: list[int], ratios: Ratios, seed: int, shuffler: random.Random
) -> None:
    tasks = tasks_of(sizes)
    first = make_split(tasks, ratios, seed)
    shuffler.shuffle(tasks)
    assert make_split(tasks, ratios, seed) == first


@given(family_sizes, st.integers(0, 5))
def test_another_seed_has_another_hash(sizes: list[int], seed: int) -> None:
    tasks = tasks_of(sizes)
    one, other = (make_split(tasks, (0.6, 0.2, 0.2), n) for n in (seed, seed + 1))
    assert one.hash != other.hash


def test_another_seed_moves_tasks() -> None:
    tasks = tasks_of([1] * 40)
    assert len({make_split(tasks, (0.6, 0.2, 0.2), seed).members for seed in range(5)}) == 5


@given(st.lists(st.integers(1, 6), min_size=3, max_size=7), ratios_, st.integers(0, 3))
def test_sizes_are_the_nearest_that_whole_families_allow(
    sizes: list[int], ratios: Ratios, seed: int
) -> None:
    def distance(found: list[int]) -> float:
        return sum(abs(n - ratio * sum(sizes)) for n, ratio in zip(found, ratios, strict=True))

    def filled(found: list[int]) -> bool:
        return all((n > 0) == (ratio > 0) for n, ratio in zip(found, ratios, strict=True))

    possible = []
    for sides in itertools.product(range(3), repeat=len(sizes)):
        found = [sum(size for size, on in zip(sizes, sides, strict=True) if on == side)
                 for side in range(3)]  # fmt: skip
        if filled(found):
            possible.append(distance(found))
    made = counts(make_split(tasks_of(sizes), ratios, seed))
    assert filled(made)
    assert distance(made) == pytest.approx(min(possible))


def test_single_tasks_meet_the_ratio_exactly() -> None:
    assert counts(make_split(tasks_of([1] * 40), (0.7, 0.1, 0.2), 1)) == [28, 4, 8]


def test_any_single_task_is_equally_likely_to_be_tested() -> None:
    tasks = tasks_of([1] * 10)
    n_splits = 400
    tested = Counter(
        name
        for seed in range(n_splits)
        for name in make_split(tasks, (0.5, 0.2, 0.3), seed).on(Side.TEST)
    )
    assert len(tested) == 10
    # 120 expected for each, standard deviation 9.2.
    assert all(80 <= n <= 160 for n in tested.values())


def test_a_large_family_is_trained_on_as_often_as_the_ratio_says() -> None:
    tasks = tasks_of([4] + [1] * 36)
    n_splits = 300
    n_trained = sum(
        "s/p0-0" in make_split(tasks, (0.5, 0.2, 0.3), seed).on(Side.TRAIN)
        for seed in range(n_splits)
    )
    # 150 expected, standard deviation 8.7.
    assert 125 <= n_trained <= 185


def test_families_too_many_to_enumerate_still_meet_the_ratio_and_the_seed() -> None:
    source = random.Random(1)
    sizes = [source.choice([1, 1, 1, 2, 5, 30]) for _ in range(1500)]
    sides = assign(sizes, (0.7, 0.1, 0.2), random.Random(7))
    found = [sum(n for n, on in zip(sizes, sides, strict=True) if on == side) for side in range(3)]
    for n, share in zip(found, (0.7, 0.1, 0.2), strict=True):
        assert abs(n - share * sum(sizes)) <= 1.0
    assert sides == assign(sizes, (0.7, 0.1, 0.2), random.Random(7))
    assert sides != assign(sizes, (0.7, 0.1, 0.2), random.Random(8))


def test_a_side_of_share_zero_stays_empty() -> None:
    assert counts(make_split(tasks_of([1] * 10), (0.7, 0.0, 0.3), 0)) == [7, 0, 3]


def test_fewer_families_than_sides_are_refused_with_what_to_do() -> None:
    with pytest.raises(RefusedError, match="9 tasks in 2 families cannot fill 3 sides"):
        make_split(tasks_of([4, 5]), (0.7, 0.1, 0.2), 0)
    with pytest.raises(RefusedError, match="0 tasks in 0 families"):
        make_split([], (0.7, 0.1, 0.2), 0)


@pytest.mark.parametrize("ratios", [(0.7, 0.2, 0.2), (1.2, -0.1, -0.1), (float("nan"), 0.5, 0.5)])
def test_a_ratio_that_does_not_sum_to_one_is_a_usage_error(ratios: Ratios) -> None:
    with pytest.raises(UsageError, match="write it like"):
        make_split(tasks_of([1] * 10), ratios, 0)
