"""Assertions become calls with claims where they are literal, and nothing else does."""

from __future__ import annotations

import tracemalloc

import pytest

from core.errors import SuiteError
from core.suites.asserts import Asserted, read_asserts
from core.suites.folding import NotLiteral, write


def read(*lines: str, entry_point: str = "f") -> tuple[Asserted, ...]:
    body = "".join(f"    {line}\n" for line in lines)
    return read_asserts(
        "test", f"METADATA = {{}}\n\ndef check(g):\n{body}\ncheck(f)\n", entry_point
    )


@pytest.mark.parametrize(
    ("line", "args", "claim", "expected"),
    [
        ("assert g(1, [2]) == (3, None)", "(1, [2])", "result == (3, None)", "(3, None)"),
        ("assert f(1) == 2", "(1,)", "result == 2", "2"),
        ("assert 2 == g(1)", "(1,)", "result == 2", "2"),
        ("assert g() == -1.5, 'why'", "()", "result == -1.5", "-1.5"),
        ("assert g(2 * 3 * 5) == 2 ** 8", "(30,)", "result == 256", "256"),
        ("assert g('ab' * 2) == list(range(3))", "('abab',)", "result == [0, 1, 2]", "[0, 1, 2]"),
        ("assert g({3, 1}) == {'b', 'a'}", "({1, 3},)", "result == {'a', 'b'}", "{'a', 'b'}"),
        ("assert g({'k': 1}) == set()", "({'k': 1},)", "result == set()", "set()"),
        ("assert g(1)", "(1,)", "bool(result)", None),
        ("assert not g(1)", "(1,)", "not result", None),
        ("assert g(1) is True", "(1,)", "result is True", None),
        ("assert g(1) is None", "(1,)", "result is None", None),
        ("assert abs(g(1) - 0.5) < 1e-6", "(1,)", "abs(result - 0.5) < 1e-06", None),
        ("assert math.fabs(g(1) - 0.5) < 1", "(1,)", "fabs(result - 0.5) < 1", None),
        ("assert tuple(g([1])) == tuple(f([1]))", "([1],)", "tuple(result) == tuple(result)", None),
        ("assert g(1) in (2, 3)", "(1,)", "result in (2, 3)", None),
        ("assert 1 < g(1)[0] <= 2", "(1,)", "1 < result[0] <= 2", None),
        ("assert len(g(1)) == 2 and g(1)", "(1,)", "len(result) == 2 and result", None),
    ],
)
def test_each_shape_of_assertion_becomes_a_call_and_a_claim(
    line: str, args: str, claim: str, expected: str | None
) -> None:
    assert read(line) == (Asserted(args, claim, expected),)


def test_names_and_loops_are_followed_as_far_as_they_are_literal() -> None:
    found = read(
        "lst = list(range(3))",
        "assert g(lst) == 3",
        "for x in (1, 2):",
        "    assert g(x, x + 1) == str(x)",
        "out = g([0])",
        "assert out == 5",
        "assert True, 'always'",
        "assert g(lst) == 3",
    )
    assert [(one.args, one.expected) for one in found] == [
        ("([0, 1, 2],)", "3"),
        ("(1, 2)", "'1'"),
        ("(2, 3)", "'2'"),
        ("([0],)", "5"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ("import random", "assert g(random.random()) == 1"),
        ("assert g(1) == g(2)",),
        ("assert g(*[1]) == 1",),
        ("assert g(x=1) == 1",),
        ("assert g(unknown) == 1",),
        ("assert helper(g(1)) == 1",),
        ("assert g(1).strip() == ''",),
        ("assert False",),
        ("x = input()", "assert g(x)"),
        ("while True:", "    assert g(1) == 1"),
        ("for i in range(10 ** 9):", "    assert g(i) == i"),
        ("assert g('a' * 10 ** 9) == 1",),
        ("assert g(9 ** 9 ** 9) == 1",),
        ("assert g('%1000000000d' % 1) == 1",),
        ("with open('x'):", "    assert g(1) == 1"),
        ("import os", "os.remove('x')", "assert g(1) == 1"),
        ("assert g(1) == float('inf')",),
    ],
)
def test_a_test_that_does_more_is_told_apart(lines: tuple[str, ...]) -> None:
    with pytest.raises(NotLiteral):
        read(*lines)


def test_nothing_large_is_made_to_find_out() -> None:
    tracemalloc.start()
    try:
        for line in ("assert g('a' * 10 ** 8)", "assert g(10 ** 9 * [0])", "assert g(7 ** 7 ** 7)"):
            with pytest.raises(NotLiteral):
                read(line)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1 << 22


def test_assertions_without_a_check_function_are_read_as_well() -> None:
    assert read_asserts("test", "assert f(1) == 2\n", "f")[0].expected == "2"


def test_what_is_no_python_names_its_line() -> None:
    with pytest.raises(SuiteError, match="test:1 is not Python"):
        read_asserts("test", "assert (\n", "f")


def test_equal_sets_are_written_alike() -> None:
    assert write({"b", "a", "c"}) == write({"c", "b", "a"}) == "{'a', 'b', 'c'}"
    assert write((frozenset({2, 1}), {})) == "(frozenset({1, 2}), {})"
