"""Reads HumanEvalFix: the Python rows of HumanEvalPack, as JSON Lines or Parquet.

The examples of a row become the tests an agent may see, its hidden test only grades. Both are
turned into calls that are judged outside the sandbox's process; a test that is more than
assertions on literals runs as a file of its own in the fork, with the helpers as they were
given. What describes the bug or holds the answer is kept with the reference.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from itertools import dropwhile
from pathlib import Path

from core.errors import SuiteError
from core.suites.asserts import Asserted, read_asserts
from core.suites.checkout import defines, parse_python, plain
from core.suites.folding import NotLiteral
from core.suites.rows import RowSource, Values, convert, find_rows, text
from core.suites.source import Item, Made, slug
from core.task import Case, Comparator, Oracle, Reference, SourceFile, Task
from core.text import clean

SUITE = "humanevalfix"
_TARGET, _SHOWN, _HIDDEN = "solution.py", "test_examples.py", "test_hidden.py"
_WITHHELD = ("bug_type", "failure_symptoms", "instruction")
_PATTERNS = ("data/python/data/*.jsonl", "python/*.parquet", "**/*.jsonl", "**/*.parquet")
_WHAT = (
    "HumanEvalFix is the Python part of bigcode/humanevalpack: "
    "data/python/data/humanevalpack.jsonl, or its Parquet file."
)
_ID = re.compile(r"Python/(\d+)")
_HEAD = "import random\n\nfrom solution import {entry_point}\n\nrandom.seed(0)\n\n"
_CALL = re.compile(r"^check\([^\n]*\)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a row; all fourteen are texts."""

    task_id: str
    prompt: str
    declaration: str
    canonical_solution: str
    buggy_solution: str
    bug_type: str
    failure_symptoms: str
    entry_point: str
    test: str
    example_test: str
    text: str
    signature: str
    docstring: str
    instruction: str


def open_rows(path: Path, suite: str = SUITE) -> RowSource:
    """A file of rows, or a folder that has one."""
    place = find_rows(path, _PATTERNS, _WHAT)
    return RowSource(place, ("task_id", "entry_point"), _name, lambda i, v: _make(suite, i, v))


def _name(values: Values) -> tuple[str, str]:
    task_id = text(values, "task_id")
    found = _ID.fullmatch(task_id)
    # Entry points repeat within the suite, so the number is what tells rows apart; it stands
    # last, since some of them have digits of their own.
    name = slug(f"{text(values, 'entry_point')}-{found[1]}" if found else task_id)
    return name, name


def _make(suite: str, item: Item, values: Values) -> Made:
    row = convert(values, Row)
    if not _ID.fullmatch(row.task_id):
        raise SuiteError(f"{clean(row.task_id)!r} is no Python task of HumanEvalPack")
    buggy = _program(row, "buggy_solution", row.buggy_solution)
    fixed = _program(row, "canonical_solution", row.canonical_solution)
    if buggy == fixed:
        raise SuiteError("its buggy and its canonical solution are the same")
    task = Task(
        task_id=f"{suite}/{item.name}",
        suite=suite,
        program=item.name,
        entry_point=row.entry_point,
        target=SourceFile(_TARGET, buggy),
        description=clean(row.docstring).strip(),
        oracle=Oracle.CASES,
        origin=row.task_id,
        licence="MIT",
        twin=row.task_id.replace("Python/", "HumanEval/"),
        keeps_held_back=True,
    )
    told = tuple(SourceFile(name, getattr(row, name)) for name in _WITHHELD)
    return Made(_with_tests(task, row), Reference(task.task_id, fixed, withheld=told))


def _program(row: Row, column: str, body: str) -> str:
    program = plain(column, row.declaration + body).strip("\n") + "\n"
    if not defines(parse_python(column, program), row.entry_point):
        raise SuiteError(f"its {column} defines no function {clean(row.entry_point)!r}")
    return program


def _with_tests(task: Task, row: Row) -> Task:
    """The tests as cases where all hidden ones can be, else as two files."""
    row = replace(row, example_test=_whole(row.example_test))
    shown = _asserts("example_test", row.example_test, row.entry_point)
    hidden = _asserts("test", row.test, row.entry_point)
    if hidden is None:
        return _with_files(task, row)
    if not hidden:
        raise SuiteError("its test asserts nothing")
    comparator, cases = _cases(shown or (), hidden)
    return replace(task, oracle=Oracle.CASES, comparator=comparator, cases=cases)


def _whole(examples: str) -> str:
    """Without indented lines that stand before everything: one published row begins with them,
    the rest of a copied solution, which is neither Python nor the agent's to see.
    """
    lines = examples.splitlines(keepends=True)
    return "".join(dropwhile(lambda line: not line.strip() or line[0].isspace(), lines))


def _asserts(column: str, source: str, entry_point: str) -> tuple[Asserted, ...] | None:
    """None for a test that is more than assertions on literals."""
    try:
        return read_asserts(column, plain(column, source), entry_point)
    except NotLiteral:
        return None


def _cases(
    shown: tuple[Asserted, ...], hidden: tuple[Asserted, ...]
) -> tuple[Comparator, tuple[Case, ...]]:
    every = dict.fromkeys((*shown, *hidden))
    if all(one.expected is not None for one in every):
        made = [Case(one.args, str(one.expected), shown=one in shown) for one in every]
        return Comparator.EXACT, tuple(made)
    return Comparator.HOLDS, tuple(Case(o.args, o.claim, shown=o in shown) for o in every)


def _with_files(task: Task, row: Row) -> Task:
    given = _without(row.entry_point, task.target.text)
    files = [SourceFile(_HIDDEN, _test_file("test", row.test, row.entry_point, given))]
    has_examples = "assert" in row.example_test
    if has_examples:
        shown = _test_file("example_test", row.example_test, row.entry_point, given)
        files.append(SourceFile(_SHOWN, shown))
    return replace(
        task,
        oracle=Oracle.PYTEST,
        entry_point="",
        test_path=_HIDDEN,
        shown_test_path=_SHOWN if has_examples else "",
        support=tuple(files),
    )


def _without(entry_point: str, program: str) -> str:
    """What stands beside a function: imports, and helpers that its tests may call as well."""
    lines = program.splitlines(keepends=True)
    for node in reversed(parse_python("declaration", program).body):
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines).strip("\n")


def _test_file(column: str, source: str, entry_point: str, given: str) -> str:
    """The test as pytest finds it: its own call of `check` becomes a test function's.

    Of the program under test it has the function alone: helpers that a patch changes, or names
    it gives to what is built in, decide nothing.
    """
    body = _CALL.sub("", plain(column, source)).strip("\n")
    head = f"{given}\n\n{_HEAD.format(entry_point=entry_point)}".lstrip("\n")
    made = f"{head}{body}\n\n\ndef test_check():\n    check({entry_point})\n"
    parse_python(column, made)
    return made
