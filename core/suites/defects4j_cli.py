"""Judges patches with the official `defects4j` program: check out, patch, compile, test.

Its tests end with exit code 0 whether they pass or not; the truth stands in a file. The times
that some tests expect are those of one time zone.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError, SuiteError
from core.sandbox import process
from core.sandbox.process import Command
from core.suites.checkout import decode_old
from core.suites.official import Asked, Desk, Judged, Judgement, call, environment, why
from core.suites.patches import apply_patch, parse_patch
from core.task import Reference, Task

_ZONE = {"TZ": "America/Los_Angeles"}
_JAVA = "11"
_VERSION = re.compile(r'version "(\d+)')
_FAILING = re.compile(r"^--- (\S+)", re.MULTILINE)
_QUICK_S, _STEP_S, _TEST_S = 30.0, 900.0, 3_600.0


@dataclass(frozen=True, slots=True)
class Defects4J:
    """The program as it is found on the PATH."""

    @property
    def n_at_once(self) -> int:
        """Each takes minutes."""
        return 1

    @property
    def holds_code(self) -> bool:
        """Its tests can do what its user can."""
        return False

    def proves_bugs(self) -> bool:
        """The buggy program is tested as it is."""
        return True

    def preflight(self, references: Sequence[Reference]) -> None:
        """In order: the program, Java 11, the projects' repositories."""
        del references
        program = shutil.which("defects4j")
        if program is None:
            raise _refused("`defects4j` is not on the PATH")
        java = _java_version()
        if java != _JAVA:
            found = f"it finds {java}" if java else "it finds none"
            raise _refused(f"it needs Java {_JAVA} exactly, and {found}; JAVA_HOME says which")
        home = _home(program)
        # A wrapper elsewhere does not tell where the projects are: then a checkout says it.
        if home is not None and not _is_filled(home / "project_repos"):
            raise _refused("its projects are not there: run its `init.sh`")

    def judge(self, asked: Sequence[Asked], desk: Desk) -> list[Judged]:
        """One after the other, each in a checkout of its own that is removed again."""
        return [Judged(one.task.task_id, *_judge(one, desk)) for one in asked]


def failing_tests(text: str) -> tuple[str, ...]:
    """The tests that a file of failing tests names."""
    return tuple(dict.fromkeys(_FAILING.findall(text)))


def _judge(one: Asked, desk: Desk) -> tuple[Judgement, str]:
    place = desk.folder / "program"
    try:
        project, number = one.task.twin.rpartition("/")[2].rsplit("-", 1)
        wanted = ["checkout", "-p", project, "-v", f"{number}b", "-w", place.name]
        done = call(["defects4j", *wanted], desk, wall_s=_STEP_S, extra=_ZONE)
        if done.exit_code != 0:
            return Judgement.NOT_JUDGED, f"checkout: {why(done)}"
        try:
            _patch(place, one.patch)
        except SuiteError as error:
            return Judgement.UNRESOLVED, str(error)
        return _test(one.task, place, desk, is_patched=bool(one.patch))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _test(task: Task, place: Path, desk: Desk, *, is_patched: bool) -> tuple[Judgement, str]:
    done = call(["defects4j", "compile", "-w", place.name], desk, wall_s=_STEP_S, extra=_ZONE)
    if done.exit_code != 0:
        # The buggy program itself compiles, or something is wrong with the machine.
        verdict = Judgement.UNRESOLVED if is_patched else Judgement.NOT_JUDGED
        return verdict, f"it does not compile: {why(done)}"
    file = place / "failing_tests"
    file.unlink(missing_ok=True)
    argv = ["defects4j", "test", "-r", "-w", place.name]
    done = call(argv, desk, wall_s=_TEST_S, extra=_ZONE)
    if done.exit_code != 0 or not file.is_file():
        return Judgement.NOT_JUDGED, f"test: {why(done)}"
    failing = failing_tests(file.read_text("utf-8", "replace"))
    if not failing:
        return Judgement.RESOLVED, ""
    shown = next((name for name in failing if name in task.test_ids), failing[0])
    return Judgement.UNRESOLVED, f"{len(failing)} tests fail, {shown} first"


def _patch(place: Path, patch: str) -> None:
    """Change the files of a checkout; a `SuiteError` says what does not fit."""
    root = place.resolve()
    for change in parse_patch(patch):
        file = (root / change.path).resolve()
        if not file.is_relative_to(root):
            raise SuiteError(f"the patch leads out of the program: {change.path}")
        old, encoding = decode_old(file.read_bytes() if file.is_file() else b"")
        try:
            new = apply_patch(change, old).encode(encoding)
        except UnicodeEncodeError as error:
            raise SuiteError(f"{change.path} is {encoding}, and the patch is not") from error
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(new)


def _home(program: str) -> Path | None:
    """The checkout that the program belongs to, when it lies in one."""
    folder = Path(program).resolve().parent
    return folder.parent.parent if folder.parts[-2:] == ("framework", "bin") else None


def _is_filled(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _java_version() -> str:
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin/java") if home else shutil.which("java")
    if program is None or not os.access(program, os.X_OK):
        return ""
    argv = [program, "-version"]
    done = process.run(Command(argv, Path.home(), environment(), wall_s=_QUICK_S))
    found = _VERSION.search(done.stderr + done.stdout)
    return found[1] if found else ""


def _refused(what: str) -> RefusedError:
    return RefusedError(
        f"Defects4J cannot be judged here: {what}. Importing and dividing it works without."
    )
