"""Reads a person's own folder of programs: each in a folder with a `task.toml` that describes it.

`task.toml` names the program (`target`), the correct one (`reference`), and what judges them:
cases (`[[case]]` with `args` and `expected` as Python literals, or `cases`, a file of JSON Lines
with pairs of arguments and result) with an `entry_point`, or `tests`, a pytest or JUnit 4 file.
Where the bug is in several files, `files` names the further ones, which a patch may change too, and
the table `references` their correct versions. Without a reference the target counts as correct:
then there is no bug, but a forge can make some.
"""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from core.errors import SuiteError
from core.sandbox.holds import holds
from core.sandbox.zygote.literal import read
from core.suites.checkout import Checkout, defines, parse_python
from core.suites.quixbugs_tests import read_cases
from core.suites.source import Item, Made, TreeSource, slug
from core.task import Case, Comparator, Language, Oracle, Reference, SourceFile, Task
from core.text import clean

SUITE = "folder"
_FILE = "task.toml"
_MAX_DEPTH = 4
_MAX_TASKS = 100_000
_LAYOUT = (
    f"A folder of tasks has one {_FILE} for each, beside its program: "
    "target, reference, and cases with an entry_point, or tests."
)


class _Case(msgspec.Struct, forbid_unknown_fields=True):
    args: str
    expected: str
    shown: bool = True


class _Described(msgspec.Struct, forbid_unknown_fields=True):
    """What a `task.toml` may say."""

    target: str
    reference: str = ""
    program: str = ""
    language: Language = Language.PYTHON
    description: str = ""
    entry_point: str = ""
    comparator: Comparator = Comparator.EXACT
    case: tuple[_Case, ...] = ()
    cases: str = ""
    tests: str = ""
    shown_tests: str = ""
    support: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    references: dict[str, str] = {}
    licence: str = ""
    origin: str = ""
    twin: str = ""
    repo: str = ""
    base_commit: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        """Paths of all files that it names, as it writes them."""
        single = (self.target, self.reference, self.cases, self.tests, self.shown_tests)
        several = (*self.support, *self.files, *self.references.values())
        return tuple(path for path in (*single, *several) if path)


@dataclass(frozen=True, slots=True)
class Folder(TreeSource):
    """A folder of tasks as a source."""

    def marks(self) -> Iterator[Path]:
        """All descriptions, and every file that one names."""
        for folder in self._folders():
            place = self.checkout.root / folder
            yield place / _FILE
            with suppress(SuiteError):  # `read` says it
                yield from [place / _inside(path) for path in self._describe(folder).named]

    def items(self) -> Iterator[Item]:
        """Every folder with a description, by path."""
        for folder in self._folders():
            name = slug(folder.replace(os.sep, "-")) or slug(self.checkout.root.name)
            try:
                family = self._describe(folder).program or name
            except SuiteError:
                family = name  # `read` says it again
            place = os.path.join(folder, _FILE) if folder else _FILE
            yield Item(name, clean(family), clean(place), folder)

    def read(self, item: Item) -> Made:
        """One task."""
        described = self._describe(str(item.key))
        if not described.reference:
            raise SuiteError(
                "it names no reference, so it has no bug; `gemel suite forge PATH` makes some"
            )
        task = self._task(item, described)
        reference = self._file(item, described.reference).text
        _check_program(described, described.reference, reference)
        others = self._others(item, described)
        known = {file.path: file.text for file in (*task.support, task.target)}
        fixes = {task.target.path: reference, **{file.path: file.text for file in others}}
        if all(text.strip() == known[path].strip() for path, text in fixes.items()):
            raise SuiteError("its target and its reference are the same")
        for path in (described.reference, *described.references.values()):
            if os.path.normpath(path) in known:
                raise SuiteError("its reference is among the files that an agent's code can read")
        return Made(task, Reference(task.task_id, reference, others=others))

    def program(self, item: Item) -> Task:
        """The task with the correct program as its target, for a forge."""
        described = self._describe(str(item.key))
        task = self._task(item, described)
        if not described.reference:
            return task
        text = self._file(item, described.reference).text
        _check_program(described, described.reference, text)
        right = {file.path: file for file in self._others(item, described)}
        support = tuple(right.get(file.path, file) for file in task.support)
        return replace(task, target=SourceFile(task.target.path, text), support=support)

    def _others(self, item: Item, described: _Described) -> tuple[SourceFile, ...]:
        """The correct versions of the further files, under the names of the buggy ones."""
        files = {os.path.normpath(path) for path in described.files}
        names = {os.path.normpath(path): other for path, other in described.references.items()}
        if strange := sorted(names.keys() - files):
            raise SuiteError(f"references names {clean(strange[0])}, which is none of its files")
        found = []
        for path, other in sorted(names.items()):
            text = self._file(item, other).text
            _check_syntax(described, other, text)
            found.append(SourceFile(path, text))
        return tuple(found)

    def _task(self, item: Item, described: _Described) -> Task:
        target = self._file(item, described.target)
        _check_program(described, described.target, target.text)
        task = Task(
            task_id=f"{self.suite}/{item.name}",
            suite=self.suite,
            program=clean(described.program) or item.name,
            entry_point=described.entry_point,
            target=target,
            description=clean(described.description).strip() or _docstring(described, target.text),
            oracle=Oracle.CASES,
            support=tuple(self._file(item, p) for p in (*described.support, *described.files)),
            origin=clean(described.origin) or item.place,
            licence=clean(described.licence),
            language=described.language,
            twin=clean(described.twin),
            repo=clean(described.repo),
            base_commit=clean(described.base_commit),
        )
        if described.files:
            further = (os.path.normpath(path) for path in described.files)
            task = replace(task, files=tuple(dict.fromkeys((target.path, *further))))
        return self._with_tests(item, described, task)

    def _with_tests(self, item: Item, described: _Described, task: Task) -> Task:
        cases = tuple(self._cases(item, described))
        if bool(cases) == bool(described.tests):
            raise SuiteError("it needs either cases or tests")
        if cases:
            if described.language is not Language.PYTHON or task.support:
                raise SuiteError("cases are for one Python file without others")
            if not defines(parse_python(described.target, task.target.text), task.entry_point):
                raise SuiteError(f"its target defines no function {task.entry_point!r}")
            return replace(task, comparator=described.comparator, cases=cases)
        is_java = described.language is Language.JAVA
        if is_java and described.shown_tests:
            raise SuiteError("shown_tests are for Python")
        named = [path for path in (described.tests, described.shown_tests) if path]
        return replace(
            task,
            entry_point="",
            oracle=Oracle.JUNIT if is_java else Oracle.PYTEST,
            test_path=described.tests,
            shown_test_path=described.shown_tests,
            support=(*task.support, *(self._file(item, path) for path in named)),
        )

    def _cases(self, item: Item, described: _Described) -> Iterator[Case]:
        if described.cases:
            file = self._file(item, described.cases)
            yield from read_cases(file.path, file.text, ())
        for n, case in enumerate(described.case, 1):
            made = Case(clean(case.args).strip(), clean(case.expected).strip(), case.shown)
            _check_case(n, made, described.comparator)
            yield made

    def _describe(self, folder: str) -> _Described:
        text = self.checkout.read(os.path.join(folder, _FILE))
        try:
            return msgspec.convert(tomllib.loads(text), type=_Described)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise SuiteError(f"{_FILE} is not TOML: {clean(str(error))}") from error
        except msgspec.ValidationError as error:
            raise SuiteError(f"{_FILE}: {clean(str(error))}") from error

    def _file(self, item: Item, path: str) -> SourceFile:
        """A file of the task's own folder, by its path there."""
        inside = _inside(path)
        return SourceFile(inside, self.checkout.read(os.path.join(str(item.key), inside)))

    def _folders(self) -> list[str]:
        """Folders with a description, relative to the root; links are not followed."""
        root = self.checkout.root
        found = []
        for here, folders, files in os.walk(root):
            relative = os.path.relpath(here, root)
            depth = 0 if relative == "." else relative.count(os.sep) + 1
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            if _FILE in files:
                found.append("" if relative == "." else relative)
                folders.clear()
            if depth == _MAX_DEPTH:
                folders.clear()
            if len(found) > _MAX_TASKS:
                raise SuiteError(f"{root} has more than {_MAX_TASKS} tasks")
        return found


def open_folder(path: Path, suite: str = SUITE) -> Folder:
    """A folder of tasks; raises `SuiteError` when it has none."""
    source = Folder(Checkout(path), suite)
    if not path.is_dir():
        raise SuiteError(f"{path} is no folder. {_LAYOUT}")
    if next(source.items(), None) is None:
        raise SuiteError(f"{path} has no {_FILE}. {_LAYOUT}")
    return source


def _inside(path: str) -> str:
    """A path that stays in its folder, in one form; a `SuiteError` for any other."""
    plain = os.path.normpath(path)
    if os.path.isabs(path) or plain.startswith("..") or clean(path) != path:
        raise SuiteError(f"{clean(path)} leads out of its folder")
    return plain


def _check_syntax(described: _Described, path: str, text: str) -> None:
    if described.language is Language.PYTHON and path.endswith(".py"):
        parse_python(path, text)


def _check_program(described: _Described, path: str, text: str) -> None:
    if described.language is Language.PYTHON:
        tree = parse_python(path, text)
        if described.entry_point and not defines(tree, described.entry_point):
            raise SuiteError(f"{path} defines no function {clean(described.entry_point)!r}")


def _check_case(n: int, case: Case, comparator: Comparator) -> None:
    """What a case holds must be a literal; told by number."""
    try:
        args = read(case.args, len(case.args))
        if comparator is Comparator.HOLDS:
            holds(case.expected, None)
        else:
            read(case.expected, len(case.expected))
    except ValueError as error:
        raise SuiteError(f"case {n} is not made of Python literals") from error
    if not isinstance(args, tuple):
        raise SuiteError(f"the args of case {n} are no tuple, such as `(1,)`")


def _docstring(described: _Described, text: str) -> str:
    if described.language is not Language.PYTHON:
        return ""
    tree = parse_python(described.target, text)
    texts = [ast.get_docstring(tree)]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == described.entry_point:
            texts.append(ast.get_docstring(node))
    return next((clean(one) for one in texts if one), "")
