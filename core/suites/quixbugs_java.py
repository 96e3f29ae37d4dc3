"""Reads the Java half of a QuixBugs checkout.

The correct programs stand in a package of their own there; here each is made a file of the
package that the tests use. The contract is taken from the Python half, which has it in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import SuiteError
from core.suites.checkout import Checkout
from core.suites.quixbugs import split_description
from core.suites.source import Item, Made, TreeSource
from core.task import Language, Oracle, Reference, SourceFile, Task

SUITE = "quixbugs-java"
_PROGRAMS, _CORRECT, _TESTS = "java_programs", "correct_java_programs", "java_testcases/junit"
_FOLDERS = (_PROGRAMS, _CORRECT, _TESTS)
_PYTHON = "python_programs"
_SUFFIX = "_TEST"
_TIMEOUT = re.compile(r"(@(?:org\.junit\.)?Test)\s*\(\s*timeout\s*=\s*\d+[lL]?\s*\)")
"""Seconds on a clock mean more on a busy machine; the task's own limit counts CPU seconds."""
_CLASS = re.compile(r"\bclass\s+([A-Za-z_]\w*)")
_LAYOUT = (
    f"The Java half of a QuixBugs checkout has the folders {_PROGRAMS}, {_CORRECT} and {_TESTS}: "
    "`git clone https://github.com/jkoppel/QuixBugs` makes one."
)


@dataclass(frozen=True, slots=True)
class JavaHalf(TreeSource):
    """The Java programs of a checkout as a source."""

    def marks(self) -> Iterable[Path]:
        """All programs and tests."""
        root = self.checkout.root
        return (file for folder in _FOLDERS for file in (root / folder).iterdir())

    def items(self) -> list[Item]:
        """Everything that has a test, or a correct program."""
        names = set(self.checkout.names(_TESTS, f"{_SUFFIX}.java"))
        # Helpers have neither.
        names |= {name for name in self.checkout.names(_CORRECT, ".java") if name.isupper()}
        return [
            Item(name.lower(), name.lower(), f"{_PROGRAMS}/{name}.java", name)
            for name in sorted(names)
        ]

    def read(self, item: Item) -> Made:
        """One program."""
        name = str(item.key)
        if not name.isidentifier():
            raise SuiteError("its name is not a Java name")
        path = f"{_PROGRAMS}/{name}.java"
        buggy = _source(self.checkout, path, name)
        correct = _source(self.checkout, f"{_CORRECT}/{name}.java", name)
        test_path = f"{_TESTS}/{name}{_SUFFIX}.java"
        commit = self.checkout.commit()
        task = Task(
            task_id=f"{self.suite}/{item.name}",
            suite=self.suite,
            program=item.name,
            entry_point="",
            target=SourceFile(path, buggy),
            description=self._description(item.name),
            oracle=Oracle.JUNIT,
            test_path=test_path,
            support=self._support(name, test_path),
            origin=f"commit {commit}" if commit else "",
            licence="MIT",
            language=Language.JAVA,
            twin=f"quixbugs/{item.name}",
        )
        return Made(task, Reference(task.task_id, correct.replace(_CORRECT, _PROGRAMS)))

    def _support(self, name: str, test_path: str) -> tuple[SourceFile, ...]:
        """The test, and the classes that it or the program uses, and those that they use."""
        folders = {_PROGRAMS: self._helpers(_PROGRAMS), _TESTS: self._helpers(_TESTS)}
        test = _source(self.checkout, test_path, f"{name}{_SUFFIX}")
        found = {test_path: _TIMEOUT.sub(r"\1", test)}
        target = self.checkout.read(f"{_PROGRAMS}/{name}.java")
        todo = [target, *found.values()]
        while todo:
            words = set(re.findall(r"\w+", todo.pop()))
            for folder, helpers in folders.items():
                for helper in sorted(words & helpers - {name, f"{name}{_SUFFIX}"}):
                    path = f"{folder}/{helper}.java"
                    if path not in found:
                        found[path] = _source(self.checkout, path, helper)
                        todo.append(found[path])
        return tuple(SourceFile(path, found[path]) for path in sorted(found))

    def _helpers(self, folder: str) -> set[str]:
        """Classes that are neither a program nor a test."""
        names = self.checkout.names(folder, ".java")
        return {name for name in names if not name.isupper()}

    def _description(self, name: str) -> str:
        path = f"{_PYTHON}/{name}.py"
        try:
            return split_description(path, self.checkout.read(path))[1]
        except SuiteError:
            return ""


def open_checkout(path: Path, suite: str = SUITE) -> JavaHalf:
    """A checkout's Java half; raises `SuiteError` when the folder is not such a checkout."""
    checkout = Checkout(path)
    missing = [name for name in _FOLDERS if not checkout.has(name)]
    if missing:
        raise SuiteError(f"{path} has no {' and no '.join(missing)}. {_LAYOUT}")
    source = JavaHalf(checkout, suite)
    if not source.items():
        raise SuiteError(f"{path} has no programs in {_PROGRAMS}. {_LAYOUT}")
    return source


def _source(checkout: Checkout, path: str, name: str) -> str:
    text = checkout.read(path)
    if name not in _CLASS.findall(text):
        raise SuiteError(f"{path} defines no class {name}")
    return text
