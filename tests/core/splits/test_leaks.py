"""The leak check finds what stands on two sides, and says what and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RefusedError
from core.splits.sides import Member, Side, Split, split_hash
from core.splits.split import check_split, make_split, refuse_leak, refuse_overlap
from core.task import Reference, Task
from tests.core.splits.made import make_task, program_text

RATIOS = (0.6, 0.2, 0.2)
TASKS = [make_task("s", f"p{n // 2}", program_text(n), n) for n in range(20)]


def sealed(members: list[Member]) -> Split:
    return Split(tuple(members), 1, RATIOS, split_hash(members, 1, RATIOS))


def stand(task: Task, side: Side, family: str = "") -> Member:
    return Member(task.task_id, family or task.task_id, side)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 30))
def test_a_made_split_never_leaks(seed: int) -> None:
    assert check_split(make_split(TASKS, RATIOS, seed), TASKS) == ()


def test_one_program_on_two_sides_is_found_whatever_families_the_split_claims() -> None:
    one, other = TASKS[0], TASKS[1]
    split = sealed([stand(one, Side.TRAIN), stand(other, Side.TEST)])
    (finding,) = check_split(split, TASKS)
    assert str(finding) == "s/p0-0 (train) and s/p0-1 (test): both are bugs of the program s/p0"


def test_a_torn_family_is_found_even_where_nothing_else_links_its_tasks() -> None:
    split = sealed(
        [stand(TASKS[0], Side.TRAIN, "by-hand"), stand(TASKS[2], Side.VALIDATION, "by-hand")]
    )
    (finding,) = check_split(split, TASKS)
    assert finding.evidence == "both are of the family by-hand"


def test_a_copied_reference_across_sides_is_refused_with_both_tasks_and_the_evidence() -> None:
    one, other = TASKS[0], TASKS[2]
    split = sealed([stand(one, Side.TRAIN), stand(other, Side.TEST)])
    refuse_leak(split, TASKS)
    fixes = [
        Reference(one.task_id, "def f(a): return a"),
        Reference(other.task_id, "def g(b): return b"),
    ]
    with pytest.raises(RefusedError, match=r"s/p0-0 \(train\) and s/p1-2 \(test\): the reference"):
        refuse_leak(split, TASKS, fixes)


def test_many_leaks_are_counted_and_the_first_ones_named() -> None:
    sides = [Side.TRAIN, Side.TEST]
    split = sealed([stand(task, sides[n % 2]) for n, task in enumerate(TASKS)])
    assert len(check_split(split, TASKS)) == 10
    with pytest.raises(RefusedError, match="and 7 more"):
        refuse_leak(split, TASKS)


def test_a_split_that_was_changed_is_refused() -> None:
    split = make_split(TASKS, RATIOS, 1)
    moved = replace(split.members[0], side=Side.HELDOUT)
    with pytest.raises(RefusedError, match="its hash does not fit"):
        check_split(replace(split, members=(moved, *split.members[1:])), TASKS)


def test_a_split_of_unknown_tasks_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"names s/p0-0, which is not .* \(2 such in all\)"):
        check_split(make_split(TASKS, RATIOS, 1), TASKS[2:])


def test_a_heldout_copy_of_a_trained_program_is_refused() -> None:
    held = make_task("h", "other", "def g(y):\n    return y + 3\n")
    refuse_overlap(TASKS[4:], [held])
    with pytest.raises(RefusedError, match=r"h/other-0 \(heldout\) and s/p1-3 \(train\)"):
        refuse_overlap(TASKS, [held])


def test_a_trained_task_cannot_be_held_out() -> None:
    with pytest.raises(RefusedError, match=r"s/p0-0 \(train\) and s/p0-0 \(heldout\)"):
        refuse_overlap(TASKS[:1], TASKS[:1])
