"""Drives an import: reads what was chosen of a source, a few items at a time.

What is read is stored at once, apart from the suite's older tasks; so an import that is stopped,
by whatever means, goes on where it was, and the older tasks stay until the new ones are whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.context import Context
from core.digest import short
from core.errors import BoundaryError, ErrorKind, SuiteError, UsageError, boundary
from core.selection import Selection, select
from core.store.imports import (
    ImportRow,
    finish_import,
    load_done,
    load_problems,
    save_rows,
    task_row,
)
from core.store.suites import SuiteRow, load_summary, load_tasks
from core.suites.clones import open_clones
from core.suites.importers import find_importer
from core.suites.progress import Progress
from core.suites.source import Importer, Item, Source, slug, stamp_files
from core.text import clean, one_line

_N_AT_ONCE = 16
_REASON_CHARS = 400


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import."""

    suite: str = ""
    """The suite's name; the importer's own when empty."""
    selection: Selection = Selection()
    repos: Path | None = None
    """A folder of git clones, out of which a suite's programs are read where its rows have none."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A task, or what should have become one, and why it is not usable."""

    task_id: str
    reason: str
    place: str = ""
    """File, or file and line, of what did not become a task."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found."""

    suite: str
    n_tasks: int
    problems: tuple[Problem, ...]
    n_resumed: int = 0
    """Items that an earlier, stopped import had read."""
    n_without_program: int = 0
    """Tasks whose program was not in the clones; their origin says why. They can be divided."""


async def import_suite(
    context: Context, name: str, path: Path, options: ImportOptions
) -> ImportReport:
    """Import a benchmark from disk in place of the suite of its name."""
    importer = find_importer(name)
    suite = suite_name(options.suite or name)
    context.workspace.refuse_full_disk()
    source = await asyncio.to_thread(_open, importer, path, suite, options.repos)
    items = await asyncio.to_thread(lambda: list(source.items()))
    chosen = select(items, lambda item: (item.name, item.family), options.selection)
    told = [name, suite, source.origin, source.stamp, *(part for item in chosen for part in item)]
    if options.repos is not None:
        told += [str(options.repos), stamp_files([options.repos])]
    import_id = short([clean(str(part)) for part in told])
    n_resumed = await _read_all(context, source, (import_id, suite), chosen)
    row = SuiteRow(suite, name, clean(source.origin), None, context.now())
    await finish_import(context.store, import_id, row)
    problems = await load_problems(context.store, suite)
    summary = await load_summary(context.store, suite)
    return ImportReport(
        suite,
        summary.n_tasks if summary is not None else 0,
        tuple(Problem(one.name, one.reason, one.place) for one in problems),
        n_resumed,
        await _n_without(context, suite) if options.repos is not None else 0,
    )


async def _n_without(context: Context, suite: str) -> int:
    return sum(not task.target.text for task in await load_tasks(context.store, suite))


def _open(importer: Importer, path: Path, suite: str, repos: Path | None) -> Source:
    if repos is None:
        return importer.open(path, suite)
    if importer.open_with is None:
        raise UsageError(f"A suite of the kind {importer.name} has its programs; no clone is read.")
    return importer.open_with(path, suite, open_clones(repos))


def suite_name(wished: str) -> str:
    """A name for a suite; a `SuiteError` when it cannot be one."""
    if not wished or slug(wished) != wished:
        raise SuiteError(
            f"{clean(wished)!r} is no name for a suite: letters, digits, `.`, `_`, `-`."
        )
    return wished


async def _read_all(
    context: Context, source: Source, names: tuple[str, str], items: Sequence[Item]
) -> int:
    """Store a row for each item that has none yet; how many had one."""
    import_id, suite = names
    done = await load_done(context.store, import_id)
    todo = [n for n in range(len(items)) if n not in done]
    first = {item.name: n for n, item in reversed(list(enumerate(items)))}
    progress = Progress(context.emit, context.clock, f"import {suite}", len(items), len(done))
    progress.begin()
    n_bad = 0

    def read(part: Sequence[int]) -> list[ImportRow]:
        rows = []
        for n in part:
            item = items[n]
            twin = items[first[item.name]] if first[item.name] != n else None
            row = ImportRow(import_id, suite, n, item.name, item.place, "")
            rows.append(_read(source, row, item, twin))
        return rows

    for at in range(0, len(todo), _N_AT_ONCE):
        part = todo[at : at + _N_AT_ONCE]
        rows = await asyncio.to_thread(read, part)
        await save_rows(context.store, rows)
        n_bad += sum(bool(row.reason) for row in rows)
        progress.step(f"{n_bad} left out" if n_bad else "", len(part))
    return len(done)


def _read(source: Source, row: ImportRow, item: Item, twin: Item | None) -> ImportRow:
    try:
        if twin is not None:
            raise SuiteError(f"its name is taken by {twin.place}")
        with boundary(ErrorKind.SUITE, "it could not be read"):
            made = source.read(item)
            # What is not Unicode, wherever in the row, cannot be stored.
            return task_row(row, made.task, made.reference)
    except (SuiteError, BoundaryError) as error:  # one bad row costs itself alone
        return _problem(row, str(error))


def _problem(row: ImportRow, reason: str) -> ImportRow:
    text = one_line(clean(reason), _REASON_CHARS)
    return ImportRow(row.import_id, row.suite, row.n, row.name, row.place, text)
