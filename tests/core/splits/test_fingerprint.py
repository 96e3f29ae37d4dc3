"""Which programs count as the same."""

from __future__ import annotations

import pytest

from core.splits.fingerprint import fingerprint

ORIGINAL = '''\
import heapq

def merge(lists, limit=3):
    """Merge lists."""
    seen = []
    for items in lists:
        seen.extend(items)
    return heapq.nsmallest(limit, seen)
'''

RENAMED = """\
import heapq
def join(parts: list[list[int]], n: int = 3) -> list[int]:
    out = []   # collected
    for part in parts:
        out.extend(part)
    return heapq.nsmallest(n, out)
"""


def test_a_renamed_reformatted_copy_is_the_same_program() -> None:
    assert fingerprint(ORIGINAL) == fingerprint(RENAMED) != ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("limit=3", "limit=4"),
        ("extend", "append"),
        ("nsmallest", "nlargest"),
        ("(limit, seen)", "(seen, limit)"),
        ("    return heapq", "        return heapq"),
        ("in lists", "in sorted(lists)"),
    ],
)
def test_a_change_of_meaning_is_another_program(old: str, new: str) -> None:
    assert old in ORIGINAL
    assert fingerprint(ORIGINAL.replace(old, new)) != fingerprint(ORIGINAL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("class A:\n  def get(self): return self.x\n", "class B:\n  def read(me): return me.x\n"),
        (
            "def f(o):\n  o.total = 1\n  return o.total\n",
            "def g(o):\n  o.count = 1\n  return o.count\n",
        ),
        (
            "try:\n  f()\nexcept KeyError as e:\n  g(e)\n",
            "try:\n  f()\nexcept KeyError as err:\n  g(err)\n",
        ),
        ("def f():\n  global n\n  n = 1\n", "def g():\n  global m\n  m = 1\n"),
        ("import numpy as np\nnp.sum()\n", "import numpy\nimport numpy as q\nq.sum()\n"),
        ("match p:\n  case [a, *b]: print(b)\n", "match p:\n  case [c, *d]: print(d)\n"),
    ],
)
def test_names_are_blinded_wherever_a_program_binds_them(one: str, other: str) -> None:
    assert fingerprint(one) == fingerprint(other.replace("import numpy\n", ""))


def test_swapped_names_are_another_program() -> None:
    assert fingerprint("def f(a, b): return a - b") != fingerprint("def f(a, b): return b - a")


def test_programs_that_do_not_parse_are_compared_by_tokens() -> None:
    one, other = "def f(x:\n  return x + 1 # why\n", "def g(y:\n    return y+1\n"
    assert fingerprint(one) == fingerprint(other) != ""
    assert fingerprint(one) != fingerprint(other.replace("1", "2"))


@pytest.mark.parametrize("empty", ["", "\n\n", "# only a comment\n", '"""Only words."""\n'])
def test_a_program_of_nothing_resembles_nothing(empty: str) -> None:
    assert fingerprint(empty) == ""


@pytest.mark.parametrize(
    "hostile",
    ["(" * 5000, "a = " + "-" * 20_000 + "1", "x = '\\q'\n", "\0", "9" * 10_000, "a\ud800"],
)
def test_hostile_text_still_has_a_fingerprint(hostile: str) -> None:
    assert fingerprint(hostile) == fingerprint(hostile) != ""
