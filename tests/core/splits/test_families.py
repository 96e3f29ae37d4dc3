"""Which tasks are one family, and on what evidence."""

from __future__ import annotations

import random

import pytest

from core.errors import RefusedError
from core.splits.families import find_families
from core.splits.links import LinkKind
from core.task import Reference
from tests.core.splits.made import make_task, program_text

GCD = "def gcd(a, b):\n    return a if b == 0 else gcd(a % b, b)\n"
COPY = "def divisor(m, n):\n    return m if n == 0 else divisor(m % n, n)\n"


def test_bugs_of_one_program_are_one_family() -> None:
    one, other = make_task("kata", "fee", program_text(1)), make_task("kata", "fee", "x = 2", 1)
    (family,) = find_families([one, other])
    assert family.name == "kata/fee"
    assert family.task_ids == ("kata/fee-0", "kata/fee-1")
    assert [link.kind for link in family.links] == [LinkKind.PROGRAM]
    assert family.links[0].evidence == "both are bugs of the program kata/fee"


def test_equal_program_names_in_two_suites_are_no_evidence() -> None:
    tasks = [make_task("a", "solve", program_text(1)), make_task("b", "solve", program_text(2))]
    assert len(find_families(tasks)) == 2


def test_a_renamed_copy_in_another_suite_joins_and_says_so() -> None:
    (family,) = find_families([make_task("q", "gcd", GCD), make_task("h", "thirteen", COPY)])
    (link,) = family.links
    assert family.name == "h/thirteen"
    assert link.kind is LinkKind.RENAMED
    assert link.evidence == (
        "the program of h/thirteen-0 and the program of q/gcd-0 "
        "are the same program up to names and layout"
    )


def test_copied_programs_with_different_bugs_join_through_their_references() -> None:
    tasks = [make_task("q", "gcd", "x = 1"), make_task("h", "thirteen", "x = 2")]
    references = [Reference("q/gcd-0", GCD), Reference("h/thirteen-0", GCD + "\n")]
    assert len(find_families(tasks)) == 2
    (family,) = find_families(tasks, references)
    assert family.links[0].kind is LinkKind.EXACT
    assert "the reference of h/thirteen-0 and the reference of q/gcd-0" in family.links[0].evidence


def test_a_bug_that_is_the_fix_of_another_task_joins() -> None:
    tasks = [make_task("q", "gcd", GCD), make_task("h", "thirteen", "x = 2")]
    assert len(find_families(tasks, [Reference("h/thirteen-0", COPY)])) == 1


def test_families_join_over_a_chain_of_links() -> None:
    tasks = [
        make_task("a", "one", GCD),
        make_task("a", "one", program_text(5), 1),
        make_task("b", "two", COPY),
        make_task("b", "two", program_text(6), 1),
        make_task("c", "three", program_text(7)),
    ]
    families = find_families(tasks)
    assert [len(family.task_ids) for family in families] == [4, 1]
    assert len(families[0].links) == 3


def test_tasks_without_a_program_do_not_join() -> None:
    tasks = [make_task("a", "one", ""), make_task("a", "two", "# empty\n")]
    assert len(find_families(tasks)) == 2


def test_the_order_of_tasks_and_references_does_not_matter() -> None:
    tasks = [make_task("s", f"p{n % 7}", program_text(n % 11), n) for n in range(40)]
    references = [Reference(task.task_id, program_text(n % 5)) for n, task in enumerate(tasks)]
    expected = find_families(tasks, references)
    shuffler = random.Random(3)
    for _ in range(5):
        shuffler.shuffle(tasks)
        shuffler.shuffle(references)
        assert find_families(tasks, references) == expected


def test_two_tasks_of_one_id_are_refused() -> None:
    task = make_task("a", "one", GCD)
    with pytest.raises(RefusedError, match="Two tasks are called a/one-0"):
        find_families([task, task])


def test_references_of_unknown_tasks_are_ignored() -> None:
    assert len(find_families([make_task("a", "one", GCD)], [Reference("b/two", GCD)])) == 1
