"""Makes folders of small programs with a `task.toml` each, as a person would keep them."""

from __future__ import annotations

from pathlib import Path

RIGHT = '''\
"""Adds up the prices of a basket, with one free for every three."""


def total(prices):
    paid = sorted(prices)[len(prices) // 3 :]
    return sum(paid) + 0
'''
WRONG = RIGHT.replace("// 3", "// 2")
CASES = """\
target = "basket.py"
reference = "fixed/basket.py"
entry_point = "total"

[[case]]
args = "([1, 2, 3],)"
expected = "5"

[[case]]
args = "([4, 5, 6, 7],)"
expected = "18"
shown = false

[[case]]
args = "([],)"
expected = "0"
"""
TESTS = """\
target = "src/clock.py"
reference = "fixed.py"
description = "Minutes of a time such as 2:05."
tests = "tests/test_clock.py"
support = ["src/words.py"]
licence = "CC0"
program = "clock"
"""
CLOCK = "from src.words import SIGN\n\n\ndef minutes(text):\n    h, m = text.split(SIGN)\n"
CLOCK_RIGHT = CLOCK + "    return int(h) * 60 + int(m)\n"
CLOCK_TEST = """\
from src.clock import minutes

def test_hours():
    assert minutes("2:05") == 125

def test_none():
    assert minutes("0:00") == 0
"""

KATA = '''\
def half(n):
    """Half, downwards."""
    return n // 2


ENTRY = "half"
SHOWN = [((4,), 2), ((7,), 3)]
HELD_BACK = [((0,), 0)]
'''
LOOP = """\
def count(n):
    total = 0
    while n > 0:
        n = n - 1
        total = total + 1
    return total


ENTRY = "count"
SHOWN = [((3,), 3), ((1,), 1)]
HELD_BACK = [((0,), 0)]
"""


def write(root: Path, path: str, text: str) -> None:
    """A file with the folders above it."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def make_folder(root: Path) -> Path:
    """Two programs: one with cases, one with a pytest file and a helper."""
    write(root, "basket/task.toml", CASES)
    write(root, "basket/basket.py", WRONG)
    write(root, "basket/fixed/basket.py", RIGHT)
    write(root, "time/clock/task.toml", TESTS)
    write(root, "time/clock/src/clock.py", CLOCK_RIGHT.replace("60", "6"))
    write(root, "time/clock/src/words.py", 'SIGN = ":"\n')
    write(root, "time/clock/fixed.py", CLOCK_RIGHT)
    write(root, "time/clock/tests/test_clock.py", CLOCK_TEST)
    return root


TWO = """\
target = "src/clock.py"
reference = "fixed/clock.py"
files = ["src/words.py"]
tests = "tests/test_clock.py"
program = "clock"

[references]
"src/words.py" = "fixed/words.py"
"""


def make_two(root: Path) -> Path:
    """A program whose bug is in two files: neither right one alone passes."""
    write(root, "task.toml", TWO)
    write(root, "src/clock.py", CLOCK_RIGHT.replace("60", "6"))
    write(root, "src/words.py", 'SIGN = ";"\n')
    write(root, "fixed/clock.py", CLOCK_RIGHT)
    write(root, "fixed/words.py", 'SIGN = ":"  # as the clock has it\n')
    write(root, "tests/test_clock.py", CLOCK_TEST)
    return root
