"""Reads Defects4J: a checkout of its repository, or a file of its metadata as JSON Lines.

Neither holds a program: only the official command can check one out, compile and test it. A
checkout's patches lead from the fixed program to the buggy one and are turned round here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SuiteError
from core.suites.checkout import Checkout
from core.suites.clones import Clones
from core.suites.patches import apply_patch, parse_patch, reverse_patch
from core.suites.rows import RowSource, Values, convert, text
from core.suites.source import Item, Made, Source, TreeSource, slug
from core.suites.swebench import files_of, refuse_strange, with_texts
from core.task import Language, Oracle, Reference, SourceFile, Task
from core.text import clean

SUITE = "defects4j"
_PROJECTS = "framework/projects"
_WORD = re.compile(r"[\w.-]+", re.ASCII)
_HEADS = ("bug.id", "revision.id.buggy", "revision.id.fixed")
_NAME = re.compile(r"""\bname\s*=\s*["']([\w.-]+)["']""")
_TRIGGER = re.compile(r"^--- (\S+)$", re.MULTILINE)
_LAYOUT = (
    f"A Defects4J checkout has {_PROJECTS}/NAME/active-bugs.csv: "
    "`git clone https://github.com/rjust/defects4j` makes one. A .jsonl file of its metadata will "
    "do for dividing."
)


@dataclass(frozen=True, slots=True)
class Bug:
    """What is known of a bug without its program."""

    project: str
    bug_id: int
    revision_buggy: str
    patch_files: tuple[str, ...]
    trigger_tests: tuple[str, ...]
    modified_classes: tuple[str, ...] = ()
    report_id: str | None = None
    report_url: str | None = None


@dataclass(frozen=True, slots=True)
class CheckoutSource(TreeSource):
    """The active bugs of every project of a checkout."""

    clones: Clones | None = None

    def marks(self) -> Iterator[Path]:
        """The lists of bugs, and what is read of each."""
        files = ("active-bugs.csv", "patches/*.src.patch", "trigger_tests/*")
        for pattern in files:
            yield from (self.checkout.root / _PROJECTS).glob(f"*/{pattern}")
        yield from self.checkout.root.glob("framework/core/Project/*.pm")

    def items(self) -> Iterator[Item]:
        """Every active bug."""
        for project in self.checkout.folders(_PROJECTS):
            if self.checkout.has(f"{_PROJECTS}/{project}/active-bugs.csv"):
                for line, row in self._bugs(project):
                    place = f"{project}/active-bugs.csv:{line}"
                    name = slug(f"{project}-{row['bug.id']}")
                    yield Item(name, self._family(project, row["bug.id"]), place, line)

    def read(self, item: Item) -> Made:
        """One bug."""
        project = item.place.partition("/")[0]
        row = next(row for line, row in self._bugs(project) if line == item.key)
        number = row["bug.id"]
        if not number.isdecimal():
            raise SuiteError(f"its id {clean(number)!r} is no number")
        upstream = self._file(project, f"patches/{number}.src.patch")
        patch = reverse_patch(upstream)
        bug = Bug(
            project=project,
            bug_id=int(number),
            revision_buggy=row["revision.id.buggy"],
            patch_files=files_of(patch),
            trigger_tests=tuple(_TRIGGER.findall(self._file(project, f"trigger_tests/{number}"))),
            report_id=row.get("report.id"),
            report_url=row.get("report.url"),
        )
        made = _make(self.suite, item, bug, patch)
        if self.clones is None:
            return made
        fixed = row["revision.id.fixed"]
        return with_texts(made, lambda: self._buggy(project, fixed, upstream))

    def _buggy(self, project: str, revision: str, upstream: str) -> tuple[SourceFile, ...]:
        """Files as a checkout of the bug has them: those of the fix, with upstream's patch."""
        assert self.clones is not None
        names = (*self._names(project), project)
        files = []
        for change in parse_patch(upstream):
            old = "" if change.is_new else self.clones.read(names, revision, change.path)
            files.append(SourceFile(change.path, apply_patch(change, old)))
        return tuple(files)

    def _names(self, project: str) -> tuple[str, ...]:
        """What the project's repository is called, as its module says."""
        try:
            return tuple(_NAME.findall(self.checkout.read(f"framework/core/Project/{project}.pm")))
        except SuiteError:
            return ()

    def _bugs(self, project: str) -> Iterator[tuple[int, dict[str, str]]]:
        lines = self._file(project, "active-bugs.csv").splitlines()
        rows = csv.DictReader(lines)
        if not set(_HEADS) <= set(rows.fieldnames or ()):
            raise SuiteError(f"{project}/active-bugs.csv:1 has no columns {', '.join(_HEADS)}")
        for row in rows:
            yield rows.line_num, {key: value or "" for key, value in row.items() if key}

    def _family(self, project: str, number: str) -> str:
        try:
            patch = self._file(project, f"patches/{number}.src.patch")
            return f"{project}:{files_of(patch)[0]}"
        except SuiteError:
            return ""

    def _file(self, project: str, path: str) -> str:
        return self.checkout.read(f"{_PROJECTS}/{project}/{path}", is_old=True)


def open_place(path: Path, suite: str = SUITE, clones: Clones | None = None) -> Source:
    """A checkout, or a file of metadata; with clones of the projects also their programs."""
    if path.is_file() and clones is not None:
        raise SuiteError(
            "A file of metadata has no patches, and without them a clone does not give the buggy "
            "programs: import a Defects4J checkout with --repos."
        )
    if path.is_file():
        columns = ("project", "bug_id", "patch_files", "modified_classes")
        return RowSource(path, columns, _name, lambda item, row: _made_of(suite, item, row))
    checkout = Checkout(path)
    if not checkout.has(_PROJECTS):
        raise SuiteError(f"{path} has no {_PROJECTS}. {_LAYOUT}")
    return CheckoutSource(checkout, suite, clones)


def _name(values: Values) -> tuple[str, str]:
    project = text(values, "project")
    files = _files_of(values["patch_files"], values["modified_classes"])
    return slug(f"{project}-{values['bug_id']}"), f"{project}:{files[0] if files else ''}"


def _made_of(suite: str, item: Item, values: Values) -> Made:
    bug = convert(values, Bug)
    files = _files_of(bug.patch_files, bug.modified_classes)
    if not files:
        raise SuiteError("it names no file and no class that its fix changes")
    return _make(suite, item, replace(bug, patch_files=files), "")


def _files_of(files: object, classes: object) -> tuple[str, ...]:
    """The files of a fix; where they are not known, where its classes would be."""
    if isinstance(files, list | tuple) and files:
        return tuple(map(str, files))
    named = classes if isinstance(classes, list | tuple) else ()
    return tuple(f"{str(one).replace('.', '/')}.java" for one in named)


def _make(suite: str, item: Item, bug: Bug, patch: str) -> Made:
    if not bug.trigger_tests:
        raise SuiteError("no test is known that shows it")
    if not _WORD.fullmatch(bug.project):
        raise SuiteError("its project is no name")
    if not _WORD.fullmatch(bug.revision_buggy):
        raise SuiteError("its revision_buggy is no revision")
    files = bug.patch_files
    refuse_strange(files)
    task = Task(
        task_id=f"{suite}/{item.name}",
        suite=suite,
        program=f"{bug.project}:{files[0]}",
        entry_point="",
        target=SourceFile(files[0], ""),
        description=_describe(bug),
        oracle=Oracle.OFFICIAL,
        origin=clean(f"{bug.project} bug {bug.bug_id}, revision {bug.revision_buggy[:12]}"),
        licence="MIT",
        language=Language.JAVA,
        twin=f"defects4j/{bug.project}-{bug.bug_id}",
        repo=f"defects4j/{bug.project}",
        base_commit=bug.revision_buggy,
        files=files if len(files) > 1 else (),
        test_ids=tuple(clean(one) for one in bug.trigger_tests),
    )
    return Made(task, Reference(task.task_id, patch, is_patch=True))


def _describe(bug: Bug) -> str:
    """The contract is the project's; what stands here is where the bug shows."""
    lines = [f"{bug.project}, bug {bug.bug_id}."]
    if bug.report_url and bug.report_url != "UNKNOWN":
        lines.append(f"Report: {bug.report_url}")
    lines += ["Failing tests:", *(f"  {one}" for one in bug.trigger_tests)]
    return clean("\n".join(lines))
