"""Relatives across public suites are found, by the test that can, and others are not joined.

The tasks are written anew in the likeness of the public ones: the same problems, other words
and other code.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.splits.families import group
from core.splits.known import load_known
from core.splits.likeness import LEAST_TOKENS, alike_contracts, alike_programs
from core.splits.links import Link, LinkKind
from core.splits.reading import read
from core.splits.scan import Scan, scan_all
from core.task import Reference, SourceFile, Task
from tests.core.splits.made import make_task

PAIRS = [
    ("gcd", 13),
    ("get_factors", 25),
    ("is_valid_parenthesization", 61),
    ("is_valid_parenthesization", 56),
    ("to_base", 44),
    ("sieve", 96),
    ("max_sublist_sum", 114),
]

GCD = """def gcd(m, n):
    while n:
        m, n = n, m % n
    return m
"""
DIVISOR = """def largest_divisor(one, two):
    if two == 0:
        return one
    return largest_divisor(two, one % two)
"""
ROUND = """def is_balanced(text):
    depth = 0
    for sign in text:
        if sign == '(':
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                return False
    return depth == 0
"""
POINTED = ROUND.replace("'('", "'<'").replace("is_balanced", "closes").replace("depth", "level")
LARGEST = """def largest(numbers, k):
    if k == 0:
        return []
    found = sorted(numbers)[-k:]
    return found
"""
KTH = """def kth(numbers, k):
    pivot = numbers[0]
    below = [x for x in numbers if x < pivot]
    above = [x for x in numbers if x > pivot]
    if k < len(below):
        return kth(below, k)
    if k >= len(numbers) - len(above):
        return kth(above, k - len(numbers) + len(above))
    return pivot
"""


def quix(name: str, text: str = "", description: str = "") -> Task:
    return _task("quixbugs", name, name, text, description)


def human(number: int, text: str = "", description: str = "", entry: str = "f") -> Task:
    return _task("humanevalfix", f"Python-{number}", entry, text, description)


def _task(suite: str, name: str, program: str, text: str, description: str) -> Task:
    made = make_task(suite, program, text or f"{suite} {name} = ?")
    return replace(
        made, task_id=f"{suite}/{name}", program=name, entry_point=program, description=description
    )


def links_of(kind: LinkKind, *tasks: Task) -> list[Link]:
    return [link for link in scan_all(tasks).links if link.kind is kind]


def is_joined(scan: Scan, one: Task, other: Task) -> bool:
    families = group(scan.tasks, scan.links)
    return any({one.task_id, other.task_id} <= set(family.task_ids) for family in families)


@pytest.mark.parametrize(("name", "number"), PAIRS)
def test_each_pair_of_quixbugs_and_humaneval_is_one_family_with_its_source(
    name: str, number: int
) -> None:
    one, other = quix(name), human(number)
    scan = scan_all([one, other])
    assert is_joined(scan, one, other)
    (link,) = [link for link in scan.links if link.kind is LinkKind.KNOWN]
    assert link.is_certain
    assert "both ask" in link.evidence
    assert "(" in link.evidence


@pytest.mark.parametrize("name", ["kth", "gcd"])
def test_the_look_alikes_of_humaneval_120_are_not_joined(name: str) -> None:
    text = {"kth": KTH, "gcd": GCD}[name]
    contract = "Given an array of integers and a number k, return {} of the array."
    one = quix(name, text, contract.format("the k-th lowest element"))
    other = human(
        120, LARGEST, contract.format("a sorted list with the largest k numbers"), "largest"
    )
    assert not is_joined(scan_all([one, other]), one, other)


@pytest.mark.parametrize("suite", ["humaneval", "HumanEval+", "human-eval", "humanevalpack"])
def test_a_suite_is_known_by_all_its_names(suite: str) -> None:
    other = _task(suite, "HumanEval_13", "greatest", "", "")
    copy = human(13)
    one = quix("gcd")
    scan = scan_all([one, other, copy])
    assert is_joined(scan, one, other)
    assert is_joined(scan, copy, other)


def test_an_item_is_known_by_what_its_suite_records_whatever_the_suite_is_called() -> None:
    other = replace(_task("mine", "renamed", "f", "", ""), twin="HumanEval/13")
    assert is_joined(scan_all([quix("gcd"), other]), quix("gcd"), other)


def test_java_and_python_of_one_program_are_twins() -> None:
    java = _task("quixbugs-java", "GCD", "GCD", "", "")
    assert is_joined(scan_all([quix("gcd"), java]), quix("gcd"), java)


def test_every_listed_pair_names_public_suites_and_says_why() -> None:
    known = load_known()
    names = {suite.name for suite in known.suites}
    for pair in known.pairs:
        assert {pair.one.split("/")[0], pair.other.split("/")[0]} <= names
        assert pair.why
        assert pair.source
    assert len({(pair.one, pair.other) for pair in known.pairs}) == len(known.pairs) >= len(PAIRS)


def test_programs_of_one_shape_are_a_question_that_joins_nothing() -> None:
    one = _task("a", "one", "is_balanced", ROUND, "")
    other = _task("b", "two", "closes", POINTED.replace("return False", "return not True"), "")
    scan = scan_all([one, other])
    (link,) = [link for link in scan.links if link.kind is LinkKind.SHAPE]
    assert not link.is_certain
    assert "%" in link.evidence
    assert not is_joined(scan, one, other)


def test_programs_shorter_than_twenty_tokens_resemble_nothing() -> None:
    short = "def f(x):\n    return x + 1\n"
    assert len(read(short).tokens) < LEAST_TOKENS
    assert all(not found for found in alike_programs([read(short).tokens] * 2))
    assert any(found for found in alike_programs([read(ROUND).tokens] * 2))


def test_a_program_inside_a_longer_one_is_alike_by_containment() -> None:
    longer = ROUND + "\n\n" + KTH.replace("kth", "nth") + "\n\n" + LARGEST
    tokens = [read(text).tokens for text in (ROUND, longer)]
    found = [alike for step in alike_programs(tokens) for alike in step]
    assert len(found) == 1


def test_contracts_of_rare_words_are_alike_only_for_as_many_arguments() -> None:
    texts = [
        "The greatest common divisor of two whole numbers by the rule of Euclid.",
        "Find by Euclid the greatest divisor that two whole numbers have in common.",
        "Put books on a shelf, thick ones first.",
    ]
    alike = [a for step in alike_contracts(texts, [2, 2, 2]) for a in step]
    assert [(a.one, a.other) for a in alike] == [(0, 1)]
    assert not [a for step in alike_contracts(texts, [2, 1, 2]) for a in step]


def test_the_same_contract_for_another_program_is_a_question() -> None:
    contract = "The greatest common divisor of two whole numbers by the rule of Euclid."
    one, other = (
        _task("a", "one", "gcd", GCD, contract),
        _task("b", "x", "largest_divisor", DIVISOR, contract),
    )
    (link,) = links_of(LinkKind.CONTRACT, one, other)
    assert not link.is_certain


def test_layout_is_told_from_renaming() -> None:
    spaced = ROUND.replace("depth = 0", "depth = (0)  # start")
    one, other = _task("a", "one", "f", ROUND, ""), _task("b", "two", "f", spaced, "")
    third = _task("c", "three", "f", ROUND.replace("depth", "level"), "")
    kinds = {link.other: link.kind for link in scan_all([one, other, third]).links}
    assert kinds == {"b/two": LinkKind.LAYOUT, "c/three": LinkKind.RENAMED}


def test_what_suites_record_joins_tasks_file_commit_and_problem() -> None:
    base = replace(_task("swe", "t0", "t0", "", ""), repo="o/p", base_commit="c0")
    same_file = replace(base, task_id="swe/t1", program="t1", base_commit="c1")
    other = replace(base.target, path="else.py", text="x = 'else'")
    same_commit = replace(base, task_id="swe/t2", program="t2", target=other)
    foreign = replace(
        same_file, task_id="swe/t3", program="t3", repo="o/q", target=replace(other, text="y = 0")
    )
    scan = scan_all([base, same_file, same_commit, foreign])
    evidence = {link.other: link.evidence for link in scan.links if link.kind is LinkKind.KIN}
    assert evidence == {
        "swe/t1": "both patch o/p:t0.py",
        "swe/t2": "both start from o/p@c0",
    }
    twins = [
        replace(_task(suite, "x", "x", f"{suite} text = 1", ""), twin="problem-7")
        for suite in ("a", "b")
    ]
    (link,) = links_of(LinkKind.KIN, *twins)
    assert link.evidence == "both are the problem problem-7"


def test_every_file_of_a_fix_counts_for_one_file_and_for_shape() -> None:
    wide = replace(
        _task("swe", "t0", "t0", "import b", ""),
        repo="o/p",
        files=("t0.py", "b.py"),
        support=(SourceFile("b.py", ROUND), SourceFile("test_b.py", POINTED)),
        test_path="test_b.py",
    )
    (link,) = links_of(
        LinkKind.KIN,
        wide,
        replace(wide, task_id="swe/t1", program="t1", target=SourceFile("b.py", "y = 1"), files=()),
    )
    assert link.evidence == "both patch o/p:b.py"
    alike = _task("other", "x", "x", ROUND + "\nTABLE = [1, 2]\n", "")
    (link,) = links_of(LinkKind.SHAPE, wide, alike)
    assert {link.one, link.other} == {"swe/t0", "other/x"}
    copy = _task("other", "y", "y", ROUND.replace("depth", "level"), "")
    (link,) = links_of(LinkKind.RENAMED, wide, copy)
    assert "the b.py of swe/t0" in link.evidence
    assert not links_of(LinkKind.RENAMED, wide, _task("other", "z", "z", POINTED, ""))
    unnamed = replace(wide, files=())
    assert not links_of(LinkKind.SHAPE, unnamed, alike)


def test_contracts_that_only_point_elsewhere_are_no_question() -> None:
    said = "Cli, bug {0}.\nReport: https://issues.example.org/browse/CLI-{0}\nFailing tests:\n"
    said += "  org.apache.cli.ParserTest::testShort{0}"
    texts = [said.format(n) for n in (5, 51)]
    assert not [a for step in alike_contracts(texts, [None, None]) for a in step]


def test_a_patch_as_reference_is_compared_as_text_not_as_a_program() -> None:
    tasks = [_task("a", "one", "f", "x = 1", ""), _task("b", "two", "f", "y = 2 + 2", "")]
    patch = "--- a\n+++ b\n-x\n+y\n"
    scan = scan_all(tasks, [Reference(task.task_id, patch, is_patch=True) for task in tasks])
    (link,) = scan.links
    assert link.kind is LinkKind.EXACT
    assert "the patch of a/one" in link.evidence


def test_a_family_asks_once_however_many_bugs_it_has() -> None:
    bugs = [make_task("a", "p", ROUND.replace("+= 1", f"+= {n}"), n) for n in range(2, 6)]
    others = [make_task("b", "q", POINTED.replace("-= 1", f"-= {n}"), n) for n in range(2, 6)]
    fixes = [Reference(task.task_id, ROUND) for task in bugs]
    fixes += [Reference(task.task_id, POINTED + "\nTABLE = [1, 2]\n") for task in others]
    links = [link for link in scan_all([*bugs, *others], fixes).links if not link.is_certain]
    assert [(link.one, link.other) for link in links] == [("a/p-2", "b/q-2")]


def test_bugs_of_one_program_are_never_a_question_however_alike() -> None:
    bugs = [make_task("a", "p", ROUND.replace("+= 1", f"+= {n}"), n) for n in range(2, 6)]
    assert {link.kind for link in scan_all(bugs).links} == {LinkKind.PROGRAM}


def test_progress_ends_at_its_total_and_never_goes_back() -> None:
    tasks = [make_task("s", f"p{n}", ROUND.replace("1", str(n)), n) for n in range(50)]
    scan = Scan(tasks, {})
    steps = list(scan.steps())
    assert [step.n_done for step in steps] == sorted(step.n_done for step in steps)
    assert steps[-1].n_done == steps[-1].n_total
    assert {test.kind for test in scan.tests} == set(LinkKind) - {
        LinkKind.BEHAVIOUR,
        LinkKind.ANSWER,
    }
