"""Reads the Python half of a QuixBugs checkout.

The suite comes with its answers beside its questions. What becomes of a program here is a task
that carries the buggy code, its description (upstream a string after the code) and its tests,
and apart from it a reference; the two never share a file. A program with JSON cases is judged
by those cases, with the comparison that its own test file makes; the others by that test file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SuiteError
from core.suites.checkout import Checkout, bare_string, defines, parse_python
from core.suites.quixbugs_tests import read_case_test, read_cases
from core.suites.source import Item, Made, TreeSource
from core.task import Case, Comparator, Oracle, Reference, SourceFile, Task

SUITE = "quixbugs"
_PROGRAMS, _CORRECT = "python_programs", "correct_python_programs"
_TESTS, _CASES = "python_testcases", "json_testcases"
_FOLDERS = (_PROGRAMS, _CORRECT, _TESTS, _CASES)
_LOADER = "load_testdata"
_NO_PROGRAMS = ("node", "__init__")
_LAYOUT = (
    f"A QuixBugs checkout has the folders {_PROGRAMS}, {_CORRECT}, {_TESTS} and {_CASES}: "
    "`git clone https://github.com/jkoppel/QuixBugs` makes one."
)


@dataclass(frozen=True, slots=True)
class _Tests:
    """What judges a program: cases, or the files of a pytest run."""

    comparator: Comparator = Comparator.EXACT
    cases: tuple[Case, ...] = ()
    support: tuple[SourceFile, ...] = ()


@dataclass(frozen=True, slots=True)
class PythonHalf(TreeSource):
    """The Python programs of a checkout as a source."""

    def marks(self) -> Iterable[Path]:
        """All programs and tests."""
        root = self.checkout.root
        return (file for folder in _FOLDERS for file in (root / folder).iterdir())

    def items(self) -> Iterable[Item]:
        """Everything that is, or should be, a program."""
        return [Item(name, name, f"{_PROGRAMS}/{name}.py") for name in _candidates(self.checkout)]

    def read(self, item: Item) -> Made:
        """One program."""
        commit = self.checkout.commit()
        origin = f"commit {commit}" if commit else ""
        return _read_program(self.checkout, self.suite, item.name, origin)


def open_checkout(path: Path, suite: str = SUITE) -> PythonHalf:
    """A checkout's Python half; raises `SuiteError` when the folder is not such a checkout."""
    checkout = Checkout(path)
    missing = [name for name in _FOLDERS if not checkout.has(name)]
    if missing:
        raise SuiteError(f"{path} has no {' and no '.join(missing)}. {_LAYOUT}")
    if not _candidates(checkout):
        raise SuiteError(f"{path} has no programs in {_PROGRAMS}. {_LAYOUT}")
    return PythonHalf(checkout, suite)


def _candidates(checkout: Checkout) -> list[str]:
    """Names of everything that is, or should be, a program."""
    programs = {
        name
        for folder in (_PROGRAMS, _CORRECT)
        for name in checkout.names(folder, ".py")
        if name not in _NO_PROGRAMS and not name.endswith("_test")
    }
    tested = {
        name.removeprefix("test_")
        for name in checkout.names(_TESTS, ".py")
        if name.startswith("test_")
    }
    return sorted(programs | tested)


def _read_program(checkout: Checkout, suite: str, name: str, origin: str) -> Made:
    if not name.isidentifier():
        raise SuiteError("its name is not a Python name")
    path, test_path = f"{_PROGRAMS}/{name}.py", f"{_TESTS}/test_{name}.py"
    code, description = split_description(path, checkout.read(path))
    correct_path = f"{_CORRECT}/{name}.py"
    # The strings of a correct file hold other solutions, some of which are wrong.
    correct, _ = split_description(correct_path, checkout.read(correct_path))
    for where, text in ((path, code), (correct_path, correct)):
        if not defines(parse_python(where, text), name):
            raise SuiteError(f"{where} defines no function {name}")
    tests = _read_tests(checkout, name, test_path)
    task = Task(
        task_id=f"{suite}/{name}",
        suite=suite,
        program=name,
        entry_point=name if tests.cases else "",
        target=SourceFile(path, code),
        description=description,
        oracle=Oracle.CASES if tests.cases else Oracle.PYTEST,
        comparator=tests.comparator,
        cases=tests.cases,
        test_path="" if tests.cases else test_path,
        support=tests.support,
        origin=origin,
        licence="MIT",
        twin=f"{SUITE}/{name}",
    )
    return Made(task, Reference(task.task_id, correct))


def split_description(path: str, text: str) -> tuple[str, str]:
    """The code of a file, and the string statements that follow it, which are its contract."""
    body = parse_python(path, text).body
    n_code = len(body)
    while n_code and bare_string(body[n_code - 1]) is not None:
        n_code -= 1
    lines = text.split("\n")
    if n_code < len(body):
        first = body[n_code]
        lines = lines[: first.lineno]
        lines[-1] = lines[-1].encode()[: first.col_offset].decode()  # offsets count bytes
    strings = [bare_string(node) or "" for node in body[n_code:]]
    return "\n".join(lines).strip("\n") + "\n", "\n\n".join(map(str.strip, strings))


def _read_tests(checkout: Checkout, name: str, path: str) -> _Tests:
    text = checkout.read(path)
    imports = _imports(parse_python(path, text))
    if _LOADER not in imports:
        return _Tests(support=_support(checkout, imports, SourceFile(path, text)))
    test, cases_path = read_case_test(path, text), f"{_CASES}/{name}.json"
    cases = read_cases(cases_path, checkout.read(cases_path), test.skipped)
    return _Tests(test.comparator, cases)


def _imports(tree: ast.Module) -> set[str]:
    """Top-level names of the modules that a file imports, wherever it does so."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def _support(checkout: Checkout, imports: set[str], test: SourceFile) -> tuple[SourceFile, ...]:
    """What `pytest` needs beside the program: its configuration, the test and its helpers."""
    paths = ["conftest.py"]
    paths += [f"{_TESTS}/{name}.py" for name in sorted(imports)]
    found = [
        SourceFile(path, checkout.read(path))
        for path in paths
        if path == "conftest.py" or checkout.has(path)
    ]
    return (*found, test)
