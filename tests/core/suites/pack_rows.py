"""Rows with the fourteen columns of HumanEvalPack, made of programs of our own.

Every way to assert that the published tests know is here: equality with literals, arithmetic
and tuples, tolerance, truth, identity, a loop, a bound name, the function on both sides, random
inputs, helpers beside the function, examples that miss the bug, and none at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Made:
    """One row to be: a function, its bug, and the lines of its tests."""

    entry_point: str
    parameters: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    examples: tuple[str, ...]
    before: str = ""
    """Helpers and imports before the function."""

    def row(self, number: int) -> dict[str, str]:
        """All columns."""
        head = f"{self.before}def {self.entry_point}({self.parameters}):\n"
        said = f"What {self.entry_point} is to do, in words of number {number}."
        return {
            "task_id": f"Python/{number}",
            "prompt": f'{head}    """{said}\n    """\n',
            "declaration": head,
            "canonical_solution": _body(self.right),
            "buggy_solution": _body(self.wrong),
            "bug_type": "value misuse",
            "failure_symptoms": "incorrect output",
            "entry_point": self.entry_point,
            "test": _check(self.entry_point, self.tests),
            "example_test": _check(self.entry_point, self.examples),
            "text": said,
            "signature": f"{self.entry_point}({self.parameters})",
            "docstring": said,
            "instruction": f"Write `{self.entry_point}` so that number {number} is mended.",
        }


CASES = (
    Made(
        "grow", "n", "return n * 2 + 1", "return n * 2 - 1",
        ("assert grow(1) == 3", "assert grow(2 * 3 * 5) == 61", "assert grow(-2) == -3"),
        ("assert grow(1) == 3",),
    ),
    Made(
        "pair_up", "a, b", "return (a, [b])", "return (b, [a])",
        (
            "assert pair_up(1, 'x') == (1, ['x'])",
            "assert pair_up('a' * 3, {1, 2}) == ('aaa', [{2, 1}]), 'a set'",
            "assert pair_up(None, {'k': 1.5}) == (None, [{'k': 1.5}])",
            "assert True, 'always'",
        ),
        ("assert pair_up(1, 'x') == (1, ['x'])",),
    ),
    Made(
        "half_of", "x", "return x / 2", "return x / 3",
        (
            "assert abs(half_of(1.0) - 0.5) < 1e-6",
            "assert math.fabs(half_of(3) - 1.5) <= 10 ** -6",
            "assert abs(half_of(0.0)) < 1e-6",
        ),
        ("assert abs(half_of(7.0) - 3.5) < 1e-6",),
    ),
    Made(
        "is_even", "n", "return n % 2 == 0", "return n % 2 == 1",
        ("assert is_even(2)", "assert not is_even(3)", "assert is_even(-4), 'below nought'"),
        ("assert is_even(2)",),
    ),
    Made(
        "first_or_none", "items", "return items[0] if items else None", "return items[-1:] or None",
        (
            "assert first_or_none([]) is None",
            "assert first_or_none([5, 6]) is not None",
            "assert first_or_none([5, 6]) == 5",
            "assert 7 == first_or_none([7])",
            "assert first_or_none([True]) is True",
        ),
        ("assert first_or_none([]) is None",),  # the bug does not show in it
    ),
    Made(
        "in_base", "n, base", "return str(n % base)", "return str(n // base)",
        ("for x in range(2, 6):", "    assert in_base(x, x + 1) == str(x)"),
        ("assert in_base(2, 3) == '2'",),
    ),
    Made(
        "add_odd", "items", "return sum(i for i in items if i % 2)", "return sum(items)",
        ("lst = list(range(0, 10))", "total = 25", "assert add_odd(lst) == total"),
        ("assert add_odd([1, 2]) == 1",),
    ),
    Made(
        "tidy_up", "items", "return sorted(items)", "return sorted(items)[1:]",
        (
            "assert tuple(tidy_up([3, 1])) == tuple(tidy_up([3, 1]))",
            "assert len(tidy_up([2, 2, 1])) == 3",
            "out = tidy_up([9, 8])",
            "assert out[0] == 8 and out[-1] == 9",
            "assert tidy_up([]) in ([], ())",
        ),
        ("assert tidy_up([1]) == [1]",),
    ),
    Made(
        "count_down", "n",
        "while n > 0:\n    n -= 1\nreturn n", "while n != 0:\n    n -= 2\nreturn n",
        ("assert count_down(4) == 0", "assert count_down(3) == 0"),
        ("assert count_down(2) == 0",),
    ),
    Made(
        "grow", "n", "return n + 2", "return n + 3",
        ("assert grow(1) == 3",), (), before="",
    ),
)  # fmt: skip
"""Rows whose tests become cases; the bug of `count_down` hangs, `grow` is there twice."""

FILES = (
    Made(
        "shifted", "text", "return shift(text, 1)", "return shift(text, 2)",
        (
            "from random import choice",
            "for _ in range(20):",
            "    word = ''.join(choice('abc') for _ in range(5))",
            "    assert shifted(word) == shift(word, 1)",
        ),
        ("assert shifted('a') == 'b'",),
        before="def shift(text, by):\n    return ''.join(chr(ord(c) + by) for c in text)\n\n\n",
    ),
    Made(
        "total_of", "items", "return sum(items)", "return sum(items) + 1",
        (
            "import random",
            "numbers = [random.randint(0, 9) for _ in range(10)]",
            "assert total_of(numbers) == sum(numbers)",
        ),
        (),
    ),
)  # fmt: skip
"""Rows whose tests draw at random, and keep to their own files."""


def rows() -> list[dict[str, str]]:
    """All of them, numbered."""
    return [made.row(number) for number, made in enumerate((*CASES, *FILES))]


def write_lines(path: Path, values: Sequence[object]) -> Path:
    """As JSON Lines."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in values), "utf-8")
    return path


def _body(lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines.split("\n"))


def _check(entry_point: str, lines: Sequence[str]) -> str:
    body = _body("\n".join(lines) if lines else "pass")
    return f"\n\nMETADATA = {{}}\n\n\ndef check({entry_point}):\n{body}\ncheck({entry_point})"
