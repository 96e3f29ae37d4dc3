"""Splits: complete, family-wise, near the ratio, and a function of the seed alone."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RefusedError, UsageError
from core.splits.assign import assign
from core.splits.families import find_families, group
from core.splits.scan import scan_all
from core.splits.split import SIDES, Ratios, Side, Split, Wishes, divide, make_split, move, stratum
from core.task import Task
from tests.core.splits.made import make_task, program_text

steady = settings(deadline=None, max_examples=60)
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


@steady
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


@steady
@given(family_sizes, ratios_, st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_tasks_does_not_matter(
    sizes: list[int], ratios: Ratios, seed: int, shuffler: random.Random
) -> None:
    tasks = tasks_of(sizes)
    first = make_split(tasks, ratios, seed)
    shuffler.shuffle(tasks)
    assert make_split(tasks, ratios, seed) == first


@steady
@given(family_sizes, st.integers(0, 5))
def test_another_seed_has_another_hash(sizes: list[int], seed: int) -> None:
    tasks = tasks_of(sizes)
    one, other = (make_split(tasks, (0.6, 0.2, 0.2), n) for n in (seed, seed + 1))
    assert one.hash != other.hash


def test_another_seed_moves_tasks() -> None:
    tasks = tasks_of([1] * 40)
    assert len({make_split(tasks, (0.6, 0.2, 0.2), seed).members for seed in range(5)}) == 5


@steady
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
    families = find_families(tasks)
    tested = Counter(
        name
        for seed in range(n_splits)
        for name in divide(families, (0.5, 0.2, 0.3), seed).on(Side.TEST)
    )
    assert len(tested) == 10
    # 120 expected for each, standard deviation 9.2.
    assert all(80 <= n <= 160 for n in tested.values())


def test_a_large_family_is_trained_on_as_often_as_the_ratio_says() -> None:
    tasks = tasks_of([4] + [1] * 36)
    n_splits = 300
    families = find_families(tasks)
    n_trained = sum(
        "s/p0-0" in divide(families, (0.5, 0.2, 0.3), seed).on(Side.TRAIN)
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


def test_every_side_gets_its_share_of_hard_and_easy_families() -> None:
    tasks = tasks_of([1] * 60)
    rates = {task.task_id: (0.0, 0.5, 1.0)[n % 3] for n, task in enumerate(tasks)}
    families = find_families(tasks)
    for seed in range(5):
        split = divide(families, (0.5, 0.2, 0.3), seed, Wishes(pass_rates=rates))
        for side, n_wanted in zip(SIDES, (10, 4, 6), strict=True):
            found = Counter(rates[name] for name in split.on(side))
            assert found == {0.0: n_wanted, 0.5: n_wanted, 1.0: n_wanted}


def test_without_difficulty_chance_alone_divides() -> None:
    tasks = tasks_of([1] * 60)
    families = find_families(tasks)
    hard = {task.task_id for task in tasks[::3]}
    found = {len(hard & set(divide(families, (0.5, 0.2, 0.3), n).on(Side.TEST))) for n in range(9)}
    assert len(found) > 1


@steady
@given(family_sizes, ratios_, st.integers(0, 3), st.lists(st.floats(0, 1), max_size=40))
def test_strata_leave_no_side_empty_and_no_family_torn(
    sizes: list[int], ratios: Ratios, seed: int, rates: list[float]
) -> None:
    tasks = tasks_of(sizes)
    known = {task.task_id: rate for task, rate in zip(tasks, rates, strict=False)}
    families = find_families(tasks)
    split = divide(families, ratios, seed, Wishes(pass_rates=known))
    assert all((n > 0) == (share > 0) for n, share in zip(counts(split), ratios, strict=True))
    assert Counter(m.task_id for m in split.members) == Counter(t.task_id for t in tasks)
    assert len({(m.family, m.side) for m in split.members}) == len(sizes)
    assert divide(families, ratios, seed, Wishes(pass_rates=known)) == split


def test_a_family_is_as_hard_as_its_measured_tasks() -> None:
    (family,) = find_families(tasks_of([3]))
    assert stratum(family, {}) == "unmeasured"
    assert stratum(family, {"s/p0-0": 0.0, "s/p0-1": 0.5}) == "hard"
    assert stratum(family, {"s/p0-0": 0.5}) == "middling"
    assert stratum(family, {"s/p0-0": 0.9, "other": 0.0}) == "easy"


def test_what_is_held_out_is_no_relative_of_what_is_divided() -> None:
    inside = tasks_of([2] * 6)
    outside = [make_task("h", f"p{n}", program_text(n * 100), n) for n in range(8)]
    heldout = frozenset(task.task_id for task in outside)
    scan = scan_all([*inside, *outside])
    families = group(scan.tasks, scan.links, heldout)
    split = divide(families, (0.5, 0.2, 0.3), 1, Wishes(heldout))
    held = split.on(Side.HELDOUT)
    assert set(held) == {"h/p6-6", "h/p7-7"}
    assert sum(counts(split)) == len(inside)
    alone = divide(find_families(inside), (0.5, 0.2, 0.3), 1)
    assert list(alone.members) == [m for m in split.members if m.side is not Side.HELDOUT]


def test_a_moved_family_makes_a_new_split_and_moving_back_another() -> None:
    split = make_split(tasks_of([3] * 6), (0.5, 0.2, 0.3), 1)
    family, old = split.members[0].family, split.members[0].side
    new = next(side for side in SIDES if side is not old)
    moved = move(split, [family], new)
    assert {m.side for m in moved.members if m.family == family} == {new}
    assert [m for m in moved.members if m.family != family] == [
        m for m in split.members if m.family != family
    ]
    back = move(moved, [family], old)
    assert back.members == split.members
    assert len({split.hash, moved.hash, back.hash}) == 3
    assert back.parent == moved.hash


def test_a_move_that_changes_nothing_or_names_no_family_is_refused() -> None:
    split = make_split(tasks_of([1] * 6), (0.5, 0.2, 0.3), 1)
    with pytest.raises(UsageError, match="no family 'nonsense'"):
        move(split, ["nonsense"], Side.TEST)
    with pytest.raises(UsageError, match="already"):
        move(split, [split.members[0].family], split.members[0].side)
