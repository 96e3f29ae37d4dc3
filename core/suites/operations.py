"""What can be done with suites: forge, import, check, list, and hand out admitted tasks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.agent.state import Baseline
from core.context import Context
from core.errors import UsageError
from core.store.suites import (
    SuiteRow,
    SuiteSummary,
    list_suites,
    load_checks,
    load_references,
    load_tasks,
    replace_suite,
)
from core.suites.builtin import read_programs
from core.suites.forging import Forge
from core.suites.oracle import ADMITTED, Checker, apply_check
from core.suites.quixbugs import read_checkout
from core.task import Reference, Task

BUILTIN_SUITE = "kata"


@dataclass(frozen=True, slots=True)
class Problem:
    """A task, or what should have become one, and why it is not usable."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForgeReport:
    """What a forge made."""

    suite: str
    n_programs: int
    n_tasks: int
    fates: dict[str, int]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found."""

    suite: str
    n_tasks: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What an oracle check says of a suite."""

    suite: str
    admitted: int
    quarantined: tuple[Problem, ...]
    hung: tuple[str, ...]
    """Tasks with a test that a deadline had to end."""


async def forge_builtin(context: Context, seed: int, n_per_program: int) -> ForgeReport:
    """Make the built-in suite anew: mutants of the kata programs that fail a shown case."""
    if n_per_program < 1:
        raise UsageError("A forge needs at least one mutant per program.")
    context.workspace.refuse_full_disk()
    forge = Forge(context.sandbox, context.emit, BUILTIN_SUITE, seed, n_per_program)
    programs = read_programs()
    forged = await forge.make(programs)
    suite = SuiteRow(BUILTIN_SUITE, "forge", "built-in programs", seed, context.now())
    await replace_suite(context.store, suite, forged.tasks, forged.references)
    await context.store.insert("forge_mutants", forged.mutants)
    fates = Counter(row.fate for row in forged.mutants)
    return ForgeReport(BUILTIN_SUITE, len(programs), len(forged.tasks), dict(sorted(fates.items())))


async def import_quixbugs(context: Context, path: Path) -> ImportReport:
    """Import the Python half of a QuixBugs checkout."""
    context.workspace.refuse_full_disk()
    found = await asyncio.to_thread(read_checkout, path)
    suite = SuiteRow("quixbugs", "quixbugs", str(path), None, context.now())
    await replace_suite(context.store, suite, found.tasks, found.references)
    problems = tuple(Problem(name, reason) for name, reason in found.problems)
    return ImportReport("quixbugs", len(found.tasks), problems)


async def check_suite(context: Context, suite: str, n_rounds: int, *, again: bool) -> CheckReport:
    """Check the tasks of a suite that have no valid check yet, or all of them `again`."""
    if n_rounds < 1:
        raise UsageError("A check needs at least one round.")
    tasks = await _tasks(context, suite)
    done = {} if again else await load_checks(context.store, suite)
    todo = [task for task in tasks if task.task_id not in done]
    if todo:
        context.workspace.refuse_full_disk()
        references: dict[str, Reference] = await load_references(context.store, suite)
        checker = Checker(context.store, context.sandbox, context.clock, context.emit, n_rounds)
        await checker.check(suite, todo, references)
    return await report_check(context, suite)


async def report_check(context: Context, suite: str) -> CheckReport:
    """The newest check of a suite."""
    checks = await load_checks(context.store, suite)
    return CheckReport(
        suite,
        sum(row.status == ADMITTED for row in checks.values()),
        tuple(Problem(r.task_id, r.reason) for r in checks.values() if r.status != ADMITTED),
        tuple(row.task_id for row in checks.values() if row.n_hung),
    )


async def suites(context: Context) -> list[SuiteSummary]:
    """All suites of the workspace."""
    return await list_suites(context.store)


async def admitted_tasks(
    context: Context, names: Iterable[str]
) -> dict[str, tuple[Task, Baseline]]:
    """Tasks that rollouts may use, calibrated, with their baselines, by id."""
    usable: dict[str, tuple[Task, Baseline]] = {}
    for suite in names:
        tasks, checks = await _tasks(context, suite), await load_checks(context.store, suite)
        if not any(task.task_id in checks for task in tasks):
            raise UsageError(
                f"The suite {suite} is not checked yet: run `gemel suite check {suite}` first."
            )
        for task in tasks:
            check = checks.get(task.task_id)
            if check is not None and check.status == ADMITTED:
                usable[task.task_id] = apply_check(task, check)
    return usable


async def _tasks(context: Context, suite: str) -> list[Task]:
    tasks = await load_tasks(context.store, suite)
    if not tasks:
        known = ", ".join(row.suite for row in await list_suites(context.store)) or "none yet"
        raise UsageError(
            f"There is no suite {suite!r} here (suites: {known}). "
            "`gemel suite forge` makes the built-in one."
        )
    return tasks
