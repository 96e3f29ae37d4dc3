"""Suites, their tasks, references and oracle checks.

References are read by one function only, for the oracle and leak checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.digest import digest
from core.store.database import Store
from core.task import Reference, Task


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """A suite in the workspace."""

    suite: str
    kind: str
    origin: str
    seed: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as stored; `body` is the task's JSON."""

    task_id: str
    suite: str
    program: str
    task_hash: str
    """Of all that a check depends on: a check with another one is of another task."""
    body: str


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A hidden reference as stored."""

    task_id: str
    body: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The newest oracle check of a task; `body` is its baseline's JSON."""

    task_id: str
    suite: str
    task_hash: str
    status: str
    reason: str
    n_hung: int
    buggy_verdict: str
    reference_verdict: str
    reference_cpu_s: float
    body: str
    checked_at: datetime
    due: str = ""
    """The pass that has still to make it again; until then it is good."""


@dataclass(frozen=True, slots=True)
class MutantRow:
    """What became of one proposed mutant."""

    suite: str
    program: str
    kind: str
    line: int
    fate: str
    task_id: str | None


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    """A suite with its counts."""

    suite: str
    kind: str
    origin: str
    n_tasks: int
    n_programs: int
    n_admitted: int
    n_quarantined: int


def hash_task(task: Task, reference: Reference | None) -> str:
    """Of a task with everything by which its reference is judged."""
    if reference is None:
        return digest(task)
    return digest([task, reference.text, reference.is_patch, reference.others, reference.row])


async def replace_suite(
    store: Store, suite: SuiteRow, tasks: tuple[Task, ...], references: tuple[Reference, ...]
) -> None:
    """Put a suite in place of an older one of that name.

    The suite's own row comes last: until then the older one is listed.
    """
    known = {reference.task_id: reference for reference in references}
    rows = [
        TaskRow(
            task_id=task.task_id,
            suite=task.suite,
            program=task.program,
            task_hash=hash_task(task, known.get(task.task_id)),
            body=msgspec.json.encode(task).decode(),
        )
        for task in tasks
    ]
    hidden = [ReferenceRow(r.task_id, msgspec.json.encode(r).decode()) for r in references]
    old = [task.task_id for task in await load_tasks(store, suite.suite)]
    await store.replace("task_references", "task_id", [*old, *(r.task_id for r in rows)], hidden)
    await store.replace("tasks", "suite", [suite.suite], rows)
    await store.replace("forge_mutants", "suite", [suite.suite], [])
    await store.replace("suites", "suite", [suite.suite], [suite])


async def save_checks(store: Store, rows: list[CheckRow]) -> None:
    """Put the checks in place of the tasks' older ones."""
    if rows:
        await store.replace("task_checks", "task_id", [row.task_id for row in rows], rows)


async def mark_due(store: Store, task_ids: Sequence[str], name: str) -> None:
    """Have checks made again by a pass of this name; they are good until each is replaced."""
    update = "UPDATE task_checks SET due = ? WHERE task_id IN (SELECT unnest(?::VARCHAR[]))"
    await store.change(lambda cursor: cursor.execute(update, [name, list(task_ids)]))


async def list_suites(store: Store) -> list[SuiteSummary]:
    """All suites with their counts, by name."""
    rows = await store.fetch(
        """SELECT s.suite, s.kind, s.origin, count(t.task_id), count(DISTINCT t.program),
               count(*) FILTER (WHERE c.status = 'admitted' AND c.task_hash = t.task_hash),
               count(*) FILTER (WHERE c.status = 'quarantined' AND c.task_hash = t.task_hash)
           FROM suites s LEFT JOIN tasks t USING (suite)
           LEFT JOIN task_checks c ON c.task_id = t.task_id
           GROUP BY ALL ORDER BY s.suite"""
    )
    return [SuiteSummary(*row) for row in rows]


async def load_summary(store: Store, suite: str) -> SuiteSummary | None:
    """One suite with its counts."""
    return next((row for row in await list_suites(store) if row.suite == suite), None)


async def load_hashes(store: Store, suite: str) -> dict[str, str]:
    """The stored hash of each task by id: that of the text it was stored with."""
    rows = await store.fetch("SELECT task_id, task_hash FROM tasks WHERE suite = ?", [suite])
    return dict(rows)


async def load_tasks(store: Store, suite: str) -> list[Task]:
    """The tasks of a suite, by id."""
    rows = await store.fetch("SELECT body FROM tasks WHERE suite = ? ORDER BY task_id", [suite])
    return [msgspec.json.decode(body, type=Task) for (body,) in rows]


async def load_references(store: Store, suite: str) -> dict[str, Reference]:
    """The hidden references of a suite, for the oracle and leak checks alone."""
    rows = await store.fetch(
        "SELECT r.body FROM task_references r JOIN tasks t USING (task_id) WHERE t.suite = ?",
        [suite],
    )
    references = (msgspec.json.decode(body, type=Reference) for (body,) in rows)
    return {reference.task_id: reference for reference in references}


async def load_checks(store: Store, suite: str) -> dict[str, CheckRow]:
    """Checks of the tasks as they now are; a changed task counts as unchecked."""
    names = ", ".join(f"c.{name}" for name in CheckRow.__dataclass_fields__)
    rows = await store.fetch(
        f"SELECT {names} FROM task_checks c JOIN tasks t USING (task_id, task_hash) "
        "WHERE t.suite = ? ORDER BY task_id",
        [suite],
    )
    return {row[0]: CheckRow(*row) for row in rows}
