from __future__ import annotations

import pytest

from core.sandbox.scan import flag, suspicions

BEFORE = "import re\n\ndef f(a):\n    return a + 1\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import os", "imports os"),
        ("import os.path as p", "imports os"),
        ("from _pytest import python", "imports _pytest"),
        ("from sys import modules", "uses .modules"),
        ("import sys; sys.modules.clear()", "uses .modules"),
        ("import sys; x = sys._getframe(1).f_locals", "uses .f_locals"),
        ("x = __import__('gc')", "uses __import__"),
        ("eval('1')", "uses eval"),
        ("open('x')", "uses open"),
        ("x = f.__globals__", "uses .__globals__"),
        ("class A:\n    def __eq__(self, other): return True", "defines __eq__"),
        ("class A:\n    __eq__ = lambda self, other: True", "uses __eq__"),
        ("A = type('A', (), {'__eq__': lambda s, o: True})", "names __eq__"),
        ("import builtins", "imports builtins"),
        ("import atexit", "imports atexit"),
    ],
)
def test_what_a_repair_does_not_need_is_named(line: str, words: str) -> None:
    assert words in suspicions(BEFORE, f"{BEFORE}{line}\n")
    assert flag(BEFORE, f"{BEFORE}{line}\n").startswith("tampered? ")


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace("a + 1", "a"),
        "import math, collections\n" + BEFORE,
        BEFORE.replace("return", "import sys; sys.setrecursionlimit(99); return"),
        BEFORE + "class Node:\n    def __lt__(self, other): return True\n",
        BEFORE + "def g(xs): return sorted(set(xs), key=len)\n",
    ],
)
def test_a_repair_is_not_marked(after: str) -> None:
    assert flag(BEFORE, after) == ""


def test_what_the_program_did_before_is_no_mark() -> None:
    before = "import os\ndef f(a):\n    return open(os.devnull)\n"
    assert suspicions(before, before.replace("open(", "open(a or ")) == ()


def test_text_that_is_no_program_is_looked_at_all_the_same() -> None:
    assert suspicions(BEFORE, "def f(:\n  __import__('os')") == ("uses __import__",)
    assert suspicions(BEFORE, "(" * 100_000) == ()
