"""Reads SWE-bench rows (Lite, Verified, the full set), as Parquet or JSON Lines.

A row is a commit of somebody's project and the patch that mends it, in Lite one file. The
program itself is not in the row, and only the suite's official program can judge an answer; what
is here is enough to divide the tasks without leaks and to hand predictions over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import SuiteError
from core.suites.clones import Clones
from core.suites.patches import parse_patch
from core.suites.rows import RowSource, Values, convert, find_rows, text
from core.suites.source import Item, Made, slug
from core.task import Oracle, Reference, SourceFile, Task
from core.text import clean

SUITE = "swebench"
_WITHHELD = ("hints_text", "test_patch")
_PATTERNS = ("data/test-*.parquet", "test-*.parquet", "*.parquet", "*.jsonl")
_WHAT = "SWE-bench comes as Parquet or JSON Lines, such as data/test-00000-of-00001.parquet."
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_ID = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """The columns that every edition has and that are used here."""

    repo: str
    instance_id: str
    base_commit: str
    patch: str
    test_patch: str
    problem_statement: str
    FAIL_TO_PASS: str | list[str]
    PASS_TO_PASS: str | list[str]
    hints_text: str | None = None
    version: str | None = None


def open_rows(path: Path, suite: str = SUITE, clones: Clones | None = None) -> RowSource:
    """A file of rows, or a folder that has one; with clones of the projects also their programs."""
    place = find_rows(path, _PATTERNS, _WHAT)
    columns = ("instance_id", "repo", "patch")

    def make(item: Item, values: Values) -> Made:
        made = _make(suite, item, values)
        return made if clones is None else with_texts(made, lambda: _programs(made, clones))

    return RowSource(place, columns, _name, make)


def _name(values: Values) -> tuple[str, str]:
    name, repo = slug(text(values, "instance_id")), text(values, "repo")
    return name, f"{repo}:{files_of(text(values, 'patch'))[0]}"


def _make(suite: str, item: Item, values: Values) -> Made:
    row = convert(values, Row)
    files = files_of(row.patch)
    if not _ID.fullmatch(row.instance_id):
        raise SuiteError("its instance_id is no id")
    if not _REPO.fullmatch(row.repo):
        raise SuiteError("its repo is no owner/name")
    if not _COMMIT.fullmatch(row.base_commit):
        raise SuiteError("its base_commit is no commit")
    if not tests(row.FAIL_TO_PASS):
        raise SuiteError("its FAIL_TO_PASS names no test")
    tests(row.PASS_TO_PASS)
    task = Task(
        task_id=f"{suite}/{item.name}",
        suite=suite,
        program=f"{row.repo}:{files[0]}",
        entry_point="",
        target=SourceFile(files[0], ""),
        description=clean(row.problem_statement).strip(),
        oracle=Oracle.OFFICIAL,
        origin=clean(f"{row.repo} {row.base_commit[:12]}"),
        licence="",  # the project's own, which the row does not say
        twin=row.instance_id,
        repo=row.repo,
        base_commit=row.base_commit,
        files=files if len(files) > 1 else (),
    )
    told = tuple(SourceFile(name, str(values.get(name) or "")) for name in _WITHHELD)
    own = json.dumps(values, default=str, sort_keys=True)
    return Made(task, Reference(task.task_id, row.patch, is_patch=True, withheld=told, row=own))


def with_texts(made: Made, read: Callable[[], tuple[SourceFile, ...]]) -> Made:
    """The task with the texts of the files that its fix changes; new ones are left out.

    Where they cannot be read it stays without, and says why: it can still be divided.
    """
    task = made.task
    try:
        texts = {file.path: file for file in read()}
    except SuiteError as error:
        told = clean(f"{task.origin}; without its program: {error}")
        return made._replace(task=replace(task, origin=told))
    support = tuple(texts[path] for path in task.files if path != task.target.path)
    support = tuple(file for file in support if file.text)
    return made._replace(task=replace(task, target=texts[task.target.path], support=support))


def _programs(made: Made, clones: Clones) -> tuple[SourceFile, ...]:
    task = made.task
    return tuple(
        SourceFile(
            file.path,
            "" if file.is_new else clones.read((task.repo,), task.base_commit, file.path),
        )
        for file in parse_patch(made.reference.text)
    )


def tests(value: str | list[str]) -> list[str]:
    """A list of tests, which most editions write as JSON inside a text."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise SuiteError("its list of tests is not JSON") from error
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise SuiteError("its list of tests is no list of names")
    return found


def files_of(patch: str) -> tuple[str, ...]:
    """The files that a fix changes, in order; a `SuiteError` for none, or a strange one."""
    paths = tuple(dict.fromkeys(file.path for file in parse_patch(patch)))
    if not paths:
        raise SuiteError("its fix changes no file")
    refuse_strange(paths)
    return paths


def refuse_strange(paths: Iterable[str]) -> None:
    """Raise a `SuiteError` for a path that leads out of a project, or no terminal can show."""
    for path in paths:
        if clean(path) != path or path.startswith("/") or ".." in path.split("/"):
            raise SuiteError("its fix names a strange path")
