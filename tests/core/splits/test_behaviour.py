"""Programs that do the same are found by what they do, and chance is not taken for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.sandbox.pool import Sandbox
from core.splits.behaviour import Trial, judge, trials, try_out
from core.splits.links import Link
from core.splits.reading import read
from core.splits.scan import Kind
from core.task import Case, Comparator, Oracle
from tests.core.splits.made import make_task

GCD = "def gcd(m, n):\n    while n:\n        m, n = n, m % n\n    return m\n"
DIVISOR = """def divisor(one, two):
    return one if two == 0 else divisor(two, one % two)
"""
MODULO = "def rest(one, two):\n    return one % two if two else one\n"
EVEN = "def even(n):\n    return n % 2 == 0\n"
SMALL = "def small(n):\n    return n < 6\n"
NUMBERS = [(12, 18), (7, 21), (9, 6), (100, 75), (17, 5), (8, 12), (35, 14), (1, 1)]
DEEP = """def base(n, b):
    out = ''
    while n:
        n, r = divmod(n, b)
        out = str(r) + out
    return out
"""
WIDE = DEEP.replace("base", "spell").replace("str(r)", "'0123456789ABCDEF'[r]")


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(1) as opened:
        yield opened


def kind(name: str, text: str, cases: list[tuple[str, str]], **changes: object) -> Kind:
    made = replace(
        make_task("s", name, text),
        entry_point=name,
        cases=tuple(Case(args, expected, True) for args, expected in cases),
        **changes,  # type: ignore[arg-type]
    )
    return Kind(made.task_id, made, read(text))


def numbers(results: list[object]) -> list[tuple[str, str]]:
    return [(repr(args), repr(value)) for args, value in zip(NUMBERS, results, strict=True)]


async def link_of(sandbox: Sandbox, one: Kind, other: Kind) -> Link | None:
    rows = [await try_out(sandbox, Trial(*pair)) for pair in ((one, other), (other, one))]
    assert rows[0] is not None
    assert rows[1] is not None
    return judge(one, other, rows[0], rows[1])


async def test_two_ways_to_the_same_results_are_certainly_one_task(sandbox: Sandbox) -> None:
    results: list[object] = [6, 7, 3, 25, 1, 4, 7, 1]
    one, other = kind("gcd", GCD, numbers(results)), kind("divisor", DIVISOR, numbers(results))
    link = await link_of(sandbox, one, other)
    assert link is not None
    assert link.is_certain
    assert link.evidence == (
        "the reference of s/divisor-0 passes 8 of 8 cases of s/gcd-0, the other way 8 of 8"
    )


async def test_other_results_are_no_relation(sandbox: Sandbox) -> None:
    one = kind("gcd", GCD, numbers([6, 7, 3, 25, 1, 4, 7, 1]))
    other = kind("rest", MODULO, numbers([12, 7, 3, 25, 2, 8, 7, 0]))
    assert await link_of(sandbox, one, other) is None


async def test_yes_and_no_agree_by_chance_and_prove_nothing(sandbox: Sandbox) -> None:
    one = kind("even", EVEN, [(f"({n},)", str(n % 2 == 0)) for n in (2, 4, 7, 9, 11, 0, 8, 13)])
    other = kind("small", SMALL, [(f"({n},)", str(n < 6)) for n in (2, 4, 7, 9, 11, 0, 13, 15)])
    assert await link_of(sandbox, one, other) is None


async def test_all_cases_one_way_are_a_question(sandbox: Sandbox) -> None:
    small = [(5, 2), (8, 3), (9, 4), (25, 6), (7, 7), (30, 8)]
    large = [(255, 16), (171, 16), (10, 16), (14, 15), (5, 2), (8, 3)]
    spelt = {(255, 16): "FF", (171, 16): "AB", (10, 16): "A", (14, 15): "E"}
    digits = {(5, 2): "101", (8, 3): "22", (9, 4): "21", (25, 6): "41", (7, 7): "10", (30, 8): "36"}
    known = spelt | digits
    one = kind("base", DEEP, [(repr(args), repr(known[args])) for args in small])
    other = kind("spell", WIDE, [(repr(args), repr(known[args])) for args in large])
    link = await link_of(sandbox, one, other)
    assert link is not None
    assert not link.is_certain
    assert "6 of 6 cases of s/base-0, the other way 2 of 6" in link.evidence


async def test_a_program_that_hangs_on_foreign_cases_passes_none_of_them(sandbox: Sandbox) -> None:
    endless = kind("spin", "def spin(m, n):\n    while m:\n        pass\n", [("(0, 0)", "None")])
    asked = kind("gcd", GCD, numbers([6, 7, 3, 25, 1, 4, 7, 1]))
    row = await try_out(sandbox, Trial(asked, endless))
    assert row is not None
    assert (row.n_passed, row.n_cases) == (0, 8)


async def test_what_yields_and_what_returns_the_same_items_are_compared(sandbox: Sandbox) -> None:
    cases = [(f"({n},)", repr(list(range(n)))) for n in range(2, 9)]
    one = kind("up", "def up(n):\n    yield from range(n)\n", cases, comparator=Comparator.ITERATES)
    other = kind("ids", "def ids(n):\n    return list(range(n))\n", cases)
    link = await link_of(sandbox, one, other)
    assert link is not None
    assert link.is_certain


def test_only_tasks_with_cases_and_as_many_arguments_are_tried_and_no_known_relatives() -> None:
    cases = [("(1,)", "1")]
    one, two = (kind(name, f"def {name}(a):\n    return a\n", cases) for name in ("one", "two"))
    wider = kind("wider", "def wider(a, b):\n    return a\n", [("(1, 2)", "1")])
    without = kind("without", "def without(a):\n    return a\n", [])
    tested = kind("tested", "def tested(a):\n    return a\n", cases, oracle=Oracle.PYTEST)
    kinds = [one, two, wider, without, tested]
    found = trials(kinds, set())
    assert [(there.asked, there.answering) for there, _ in found] == [(one, two)]
    assert trials(kinds, {frozenset((one.task.task_id, two.task.task_id))}) == []
