from __future__ import annotations

import pytest

from core.errors import SandboxError
from core.sandbox.compare import matches
from core.task import Case, Comparator

EXACT, ITERATES = Comparator.EXACT, Comparator.ITERATES
SEQUENCE, APPROX = Comparator.SEQUENCE, Comparator.APPROX


def says(comparator: Comparator, expected: str, got: str, args: str = "(1, 0.1)") -> bool:
    return matches(Case(args, expected, True), comparator, got)


@pytest.mark.parametrize(
    ("expected", "got", "is_match"),
    [
        ("[1, 2]", "[1, 2]", True),
        ("[1, 2]", "(1, 2)", False),
        ("[1, 2]", "[1, 2, 3]", False),
        ("1", "1.0", True),
        ("1", "True", True),
        ("'1'", "1", False),
        ("None", "[]", False),
        ("{'a': [1]}", "{'a': [1]}", True),
        ("{'a': 1}", "{'a': 1, 'b': 2}", False),
        ("{'a': (1,)}", "{'a': [1]}", False),
        ("{1, 2}", "{2, 1}", True),
        ("set()", "{}", False),
        ("inf", "inf", True),
        ("inf", "-inf", False),
        ("[nan]", "[nan]", True),
        ("nan", "1.0", False),
        ("0.3", "0.30000000000000004", False),
        ("1", "__import__('os')", False),
        ("1", "1" * 5000, False),
        ("1", "(" * 300, False),
    ],
)
def test_exact_is_python_equality_and_nan_is_nan(expected: str, got: str, is_match: bool) -> None:
    assert says(EXACT, expected, got) is is_match


def test_an_iterator_is_the_list_of_what_it_yields() -> None:
    assert says(ITERATES, "(1, 2)", "[1, 2]")
    assert says(ITERATES, "[1, 2]", "[1, 2]")
    assert not says(ITERATES, "[(1,)]", "[[1]]")


def test_sequences_forget_list_or_tuple_at_every_depth() -> None:
    assert says(SEQUENCE, "[(1, [2])]", "([1, (2,)],)")
    assert says(SEQUENCE, "{'a': [1]}", "{'a': (1,)}")
    assert not says(SEQUENCE, "[1, 2]", "[2, 1]")
    assert not says(SEQUENCE, "[1, 2]", "{1, 2}")


def test_approximate_numbers_are_within_the_last_argument() -> None:
    assert says(APPROX, "1.0", "1.09")
    assert not says(APPROX, "1.0", "1.2")
    assert says(APPROX, "[1.0, 'a']", "[1.05, 'a']")
    assert not says(APPROX, "inf", "1e308")
    assert not says(APPROX, "1.0", "nan")
    assert not says(APPROX, "1.01", "True")
    assert not says(APPROX, "1.01", f"{10**400}")


@pytest.mark.parametrize("args", ["(1, 'x')", "(1, True)", "()", "(1, -0.1)", "(1, nan)", "f()"])
def test_a_tolerance_that_is_none_is_no_verdict(args: str) -> None:
    with pytest.raises(SandboxError, match="cannot be judged"):
        says(APPROX, "1.0", "1.0", args)
