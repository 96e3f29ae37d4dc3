"""The built-in programs are read as text, and a broken file is told where."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from core.errors import SuiteError
from core.suites.builtin import KataProgram, read_program, read_programs
from core.task import Case

GOOD = '''\
"""Half of a number."""


def half(n):
    return n / 2


ENTRY = "half"
SHOWN = [
    ((4,), 2.0),
    (({1: (2, {3})},), [None, "é"]),  # not a number
]
HELD_BACK = [((-1,), -0.5)]
'''


def read(tmp_path: Path, text: str) -> KataProgram:
    (tmp_path / "half.py").write_text(text, encoding="utf-8")
    return read_program(tmp_path / "half.py")


def test_a_program_is_what_stands_before_its_entry(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == KataProgram(
        name="half",
        source='"""Half of a number."""\n\n\ndef half(n):\n    return n / 2\n',
        entry_point="half",
        description="Half of a number.",
        cases=(
            Case("(4,)", "2.0", shown=True),
            Case("({1: (2, {3})},)", "[None, 'é']", shown=True),
            Case("(-1,)", "-0.5", shown=False),
        ),
    )


def test_the_docstring_of_the_entry_function_stands_in_for_that_of_the_module(
    tmp_path: Path,
) -> None:
    text = GOOD.replace('"""Half of a number."""\n', "").replace(
        "(n):\n", '(n):\n    """Halve."""\n'
    )
    assert read(tmp_path, text).description == "Halve."


def test_reading_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"open({str(mark)!r}, 'w').close()\n{GOOD}"
    assert read(tmp_path, text).entry_point == "half"
    assert not mark.exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return n / 2", "return (", r"half\.py:5 is not Python"),
        ('ENTRY = "half"\n', "", r"half\.py:13 ends without a line `ENTRY"),
        ('"half"', '"third"', r"half\.py:8 names no function"),
        ('"half"', "half", r"half\.py:8 is not a literal"),
        ("HELD_BACK", "HIDDEN", r"half\.py:13 is not ENTRY, SHOWN or HELD_BACK"),
        ("HELD_BACK = [((-1,), -0.5)]\n", "", r"half\.py:8 is not followed by HELD_BACK"),
        ("HELD_BACK = [", "SHOWN = [", r"half\.py:13 is not ENTRY, SHOWN or HELD_BACK, once"),
        ("((4,), 2.0)", "((4,), half(4))", r"half\.py:10 is not a literal"),
        ("((4,), 2.0)", "(4, 2.0)", r"half\.py:10 is not \(arguments, expected\)"),
        ("[((-1,), -0.5)]", "[]", r"half\.py:13 is not a list of cases"),
        ("HELD_BACK = [", "print()\nHELD_BACK = [", r"half\.py:13 is not ENTRY"),
        ("n / 2", "n / 2  # \x1b[2J", r"half\.py:5 has control characters"),
    ],
)
def test_a_broken_file_is_an_error_that_names_file_and_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    with pytest.raises(SuiteError, match=message):
        read(tmp_path, GOOD.replace(old, new))


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"none\.py cannot be read: No such file"):
        read_program(tmp_path / "none.py")


def test_every_shipped_program_is_read_with_shown_and_held_back_cases() -> None:
    programs = read_programs()
    assert len(programs) >= 60
    assert [program.name for program in programs] == sorted({one.name for one in programs})
    for program in programs:
        assert program.description
        assert {case.shown for case in program.cases} == {True, False}
        assert all(isinstance(ast.literal_eval(case.args), tuple) for case in program.cases)
        compile(program.source, program.name, "exec")
