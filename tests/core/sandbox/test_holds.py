"""A claim is decided by looking at a value, and by nothing that could do anything else."""

from __future__ import annotations

import ast

import pytest

from core.sandbox.compare import matches
from core.sandbox.holds import holds, refusal
from core.task import Case, Comparator


@pytest.mark.parametrize(
    ("claim", "value", "is_true"),
    [
        ("result == [1, (2, {3: {4}})]", [1, (2, {3: {4}})], True),
        ("result == (1, 2)", [1, 2], False),
        ("result is True", 1, False),
        ("result is True", True, True),
        ("result is not None", 0, True),
        ("bool(result)", [0], True),
        ("not result", "", True),
        ("abs(result - 0.5) < 1e-06", 0.5000001, True),
        ("abs(result - 0.5) < 1e-06", 0.50001, False),
        ("fabs(result) <= 1", -1, True),
        ("isclose(result, 1.0, abs_tol=0.1)", 1.05, True),
        ("1 < result[0] <= 2", (2,), True),
        ("len(result) == 2 and result[-1] == 'b'", "ab", True),
        ("result in ([], ())", (), True),
        ("sorted(result, reverse=True) == [2, 1]", {1, 2}, True),
        ("tuple(result[1:]) == (2,) or result == 0", [1, 2], True),
        ("isinstance(result, int)", 1.0, False),
        ("result + 1 == 2", "1", False),  # it would raise
        ("result['a'] == 1", {}, False),
        ("abs(result) < 1", None, False),
        ("result > 1", None, False),
        ("1 / result == 1", 0, False),
    ],
)
def test_a_claim_says_what_the_assertion_would(claim: str, value: object, is_true: bool) -> None:
    assert holds(claim, value) is is_true


@pytest.mark.parametrize(
    "claim",
    [
        "__import__('os')",
        "result.__class__",
        "open('x')",
        "eval('1')",
        "[x for x in result]",
        "(lambda: 1)()",
        "other == 1",
        "result ** 9",
        "f'{result}'",
        "print(result)",
        "sum(result, start=1)",
        "type(result)(1)",
        "{**result}",
        "(yield)",
        "x := 1",
        "",
        "1; 2",
        "result == (",
    ],
)
def test_what_is_no_claim_is_refused_and_not_evaluated(claim: str) -> None:
    with pytest.raises(ValueError, match="claim"):
        holds(claim, 1)


def test_values_do_not_grow() -> None:
    assert not holds("result * 1000000000 == 1", "a")
    assert not holds("result + result == 'aa'", "a")


def test_a_refusal_names_what_is_strange() -> None:
    assert refusal(ast.parse("result == helper(1)", mode="eval").body) == "helper(1)"


def test_a_claim_is_judged_on_the_text_that_came_back() -> None:
    case = Case("(1,)", "abs(result - 2) < 0.1", shown=True)
    assert matches(case, Comparator.HOLDS, "2.05")
    assert not matches(case, Comparator.HOLDS, "2.5")
    assert not matches(case, Comparator.HOLDS, "not a literal")
