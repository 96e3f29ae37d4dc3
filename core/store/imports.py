"""Imports under way: rows wait apart until the whole replaces the suite's older tasks at once."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import msgspec

from core.store.database import Store
from core.store.suites import SuiteRow, hash_task
from core.task import Reference, Task

_COLUMNS = "task_id, suite, program, task_hash, body"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One item of a source: a task with its reference, or the reason why it is none."""

    import_id: str
    suite: str
    n: int
    """The item's place among those that were chosen."""
    name: str
    place: str
    """File, or file and line."""
    reason: str
    """Empty for a task."""
    task_id: str = ""
    program: str = ""
    task_hash: str = ""
    body: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SuiteProblem:
    """What stood in a suite's source and did not become a task."""

    suite: str
    name: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForgePart:
    """What became of one program's mutants, as JSON."""

    forge_id: str
    suite: str
    n: int
    body: str


def task_row(row: ImportRow, task: Task, reference: Reference) -> ImportRow:
    """The row of an item that became a task."""
    return ImportRow(
        row.import_id,
        row.suite,
        row.n,
        row.name,
        row.place,
        "",
        task.task_id,
        task.program,
        hash_task(task, reference),
        msgspec.json.encode(task).decode(),
        msgspec.json.encode(reference).decode(),
    )


async def load_done(store: Store, import_id: str) -> set[int]:
    """Which items of an import are stored."""
    rows = await store.fetch("SELECT n FROM import_rows WHERE import_id = ?", [import_id])
    return {n for (n,) in rows}


async def save_rows(store: Store, rows: list[ImportRow]) -> None:
    """Store what was read."""
    await store.insert("import_rows", rows)


async def finish_import(store: Store, import_id: str, suite: SuiteRow) -> None:
    """Put an import's tasks in place of the suite's older ones; all of it happens or nothing."""
    add_suite = store.inserting("suites", [suite])
    name = suite.suite

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        run = cursor.execute
        run(
            "DELETE FROM task_references WHERE task_id IN "
            "(SELECT task_id FROM tasks WHERE suite = $1 "
            "UNION SELECT task_id FROM import_rows WHERE import_id = $2)",
            [name, import_id],
        )
        for table in ("tasks", "forge_mutants", "suite_problems", "suites"):
            run(f"DELETE FROM {table} WHERE suite = $1", [name])
        made = "FROM import_rows WHERE import_id = $1 AND reason = '' ORDER BY n"
        run(f"INSERT INTO tasks ({_COLUMNS}) SELECT {_COLUMNS} {made}", [import_id])
        run(f"INSERT INTO task_references SELECT task_id, reference {made}", [import_id])
        run(
            "INSERT INTO suite_problems SELECT suite, name, place, reason FROM import_rows "
            "WHERE import_id = $1 AND reason <> '' ORDER BY n",
            [import_id],
        )
        add_suite(cursor)
        run("DELETE FROM import_rows WHERE suite = $1", [name])

    await store.change(statements)


async def load_parts(store: Store, forge_id: str) -> dict[int, str]:
    """What is known of a forge's programs, by their numbers."""
    rows = await store.fetch("SELECT n, body FROM forge_parts WHERE forge_id = ?", [forge_id])
    return dict(rows)


async def save_part(store: Store, part: ForgePart) -> None:
    """Store what became of one program's mutants."""
    await store.insert("forge_parts", [part])


async def drop_parts(store: Store, suite: str) -> None:
    """Forget what forges of a suite stored on their way."""
    await store.replace("forge_parts", "suite", [suite], [])


async def load_problems(store: Store, suite: str) -> list[SuiteProblem]:
    """What did not become a task of a suite, by place."""
    tail = "WHERE suite = ? ORDER BY rowid"
    return await store.load(SuiteProblem, "suite_problems", tail, suite)
