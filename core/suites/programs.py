"""Correct programs for a forge: the built-in ones, and those of a person's own folder."""

from __future__ import annotations

from pathlib import Path

from core.errors import SuiteError
from core.selection import Selection, choose
from core.suites.builtin import KataProgram, read_program, read_programs
from core.suites.checkout import Checkout
from core.suites.folder import Folder
from core.suites.source import slug
from core.task import Oracle, SourceFile, Task

BUILTIN_SUITE = "kata"
_MARK = "\nENTRY = "
_LAYOUT = (
    "A forge takes programs that are correct: each in a folder with a task.toml, or as a file that "
    "ends with ENTRY, SHOWN and HELD_BACK as the built-in ones do."
)


def builtin_programs() -> list[Task]:
    """The programs that come along."""
    return [_template(BUILTIN_SUITE, program) for program in read_programs()]


def folder_programs(
    path: Path, suite: str, selection: Selection
) -> tuple[list[Task], list[tuple[str, str]]]:
    """The correct programs of a folder, or of one file; and what is none, with the reason."""
    found: list[Task] = []
    problems: list[tuple[str, str]] = []
    for file in _files(path):
        try:
            found.append(_template(suite, read_program(file)))
        except SuiteError as error:
            problems.append((slug(file.stem), str(error)))
    folder = Folder(Checkout(path), suite)
    for item in folder.items() if path.is_dir() else ():
        try:
            found.append(folder.program(item))
        except SuiteError as error:
            problems.append((item.name, f"{item.place}: {error}"))
    if not found and not problems:
        raise SuiteError(f"{path} has no programs. {_LAYOUT}")
    return _each_once(choose(found, selection)), problems


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    try:
        files = sorted(file for file in path.glob("*.py") if file.is_file())
        return [file for file in files if _MARK in file.read_text("utf-8", "replace")]
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}") from error


def _each_once(programs: list[Task]) -> list[Task]:
    """Several bugs of one program have one correct program: it is forged once."""
    return list({(task.program, task.target.text): task for task in programs}.values())


def _template(suite: str, program: KataProgram) -> Task:
    return Task(
        task_id=f"{suite}/{slug(program.name)}",
        suite=suite,
        program=program.name,
        entry_point=program.entry_point,
        target=SourceFile(f"{program.name}.py", program.source),
        description=program.description,
        oracle=Oracle.CASES,
        cases=program.cases,
        licence="MIT" if suite == BUILTIN_SUITE else "",
    )
