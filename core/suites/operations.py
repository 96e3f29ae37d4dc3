"""What can be done with suites: forge, import, check, list, and hand out admitted tasks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from core.agent.state import UNTESTED, Baseline
from core.context import Context
from core.digest import short
from core.errors import RefusedError, SandboxError, UsageError
from core.sandbox.java import find_java
from core.selection import Selection, choose
from core.store.imports import drop_parts
from core.store.suites import (
    CheckRow,
    MutantRow,
    SuiteRow,
    SuiteSummary,
    list_suites,
    load_checks,
    load_references,
    load_summary,
    load_tasks,
    mark_due,
    replace_suite,
)
from core.suites import judging
from core.suites.forging import Forge
from core.suites.importing import Problem, suite_name
from core.suites.oracle import ADMITTED, Checker, apply_check, is_done
from core.suites.programs import BUILTIN_SUITE as BUILTIN_SUITE
from core.suites.programs import builtin_programs, folder_programs
from core.suites.source import slug
from core.task import Oracle, Reference, Task
from core.text import clean

_ONLY_LATER = (
    "The tasks of {suite} are judged by the suite's own program, after a run and not during it, so "
    "that nothing was begun: `gemel rollouts run` leaves their outcome open, and `gemel suite "
    "grade {suite} FILE` fills it in."
)
_NO_PROGRAM = (
    "The rows of {suite} hold no program, so nothing can be attempted. Import them again with "
    "`--repos DIR`, a folder with git clones of their projects; they are only read, and nothing "
    "is fetched."
)


@dataclass(frozen=True, slots=True)
class ForgeReport:
    """What a forge made."""

    suite: str
    n_programs: int
    n_tasks: int
    fates: dict[str, int]
    left: tuple[MutantRow, ...] = ()
    """The mutants that became no task: survivors, hangs and the rest."""
    problems: tuple[Problem, ...] = ()
    """Programs from which nothing was made."""


@dataclass(frozen=True, slots=True)
class ForgeOptions:
    """How to forge a folder."""

    suite: str = ""
    """The suite's name; the folder's own when empty."""
    seed: int = 0
    n_per_program: int = 5
    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How to check."""

    n_rounds: int = 2
    """Runs of each side; the last of several gets the time of a slower machine."""
    again: bool = False
    """Also what has a valid check; a stopped pass of the same kind goes on."""
    selection: Selection = Selection()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What an oracle check says of a suite."""

    suite: str
    admitted: int
    quarantined: tuple[Problem, ...]
    hung: tuple[str, ...]
    """Tasks with a test that a deadline had to end."""
    n_unchecked: int = 0
    """Tasks without a valid check, or to be checked again: not chosen, or their worker was lost."""


async def forge_builtin(context: Context, options: ForgeOptions) -> ForgeReport:
    """Make the built-in suite anew: mutants of the kata programs that fail a shown case."""
    programs = choose(builtin_programs(), options.selection)
    options = replace(options, suite=BUILTIN_SUITE)
    return await _forge(context, programs, "built-in programs", options)


async def forge_folder(context: Context, path: Path, options: ForgeOptions) -> ForgeReport:
    """Make a suite of mutants of a person's own programs, in place of the suite of its name."""
    suite = forge_name(path, options)
    programs, problems = await asyncio.to_thread(folder_programs, path, suite, options.selection)
    report = await _forge(context, programs, clean(str(path)), replace(options, suite=suite))
    found = tuple(Problem(f"{suite}/{name}", clean(reason)) for name, reason in problems)
    return replace(report, problems=(*found, *report.problems))


def forge_name(path: Path, options: ForgeOptions) -> str:
    """The suite that a forge of a folder makes."""
    return suite_name(options.suite or slug(path.stem if path.is_file() else path.name))


async def _forge(
    context: Context, programs: list[Task], origin: str, options: ForgeOptions
) -> ForgeReport:
    if options.n_per_program < 1:
        raise UsageError("A forge needs at least one mutant per program.")
    context.workspace.refuse_full_disk()
    suite = options.suite
    forge = Forge(
        context.store,
        context.sandbox,
        context.clock,
        context.emit,
        suite,
        options.seed,
        options.n_per_program,
    )
    with _kept():
        forged = await forge.make(programs)
    row = SuiteRow(suite, "forge", origin, options.seed, context.now())
    await replace_suite(context.store, row, forged.tasks, forged.references)
    await context.store.insert("forge_mutants", forged.mutants)
    await drop_parts(context.store, suite)
    fates = Counter(mutant.fate for mutant in forged.mutants)
    return ForgeReport(
        suite,
        len(programs),
        len(forged.tasks),
        dict(sorted(fates.items())),
        tuple(mutant for mutant in forged.mutants if mutant.task_id is None),
        tuple(Problem(f"{suite}/{name}", reason) for name, reason in forged.problems),
    )


async def check_suite(context: Context, suite: str, options: CheckOptions) -> CheckReport:
    """Check the chosen tasks of a suite that have no such check yet, or all of them again."""
    if options.n_rounds < 1:
        raise UsageError("A check needs at least one round.")
    tasks = choose(await _tasks(context, suite), options.selection)
    if options.again:
        await _begin_again(context, suite, [task.task_id for task in tasks], options.n_rounds)
    checks = await load_checks(context.store, suite)
    # An official program proves a task once and for all.
    n_rounds = 1 if tasks[0].oracle is Oracle.OFFICIAL else options.n_rounds
    todo = [task for task in tasks if not is_done(checks.get(task.task_id), n_rounds)]
    if todo:
        context.workspace.refuse_full_disk()
        with _kept():
            await _check(context, suite, todo, options.n_rounds)
    return await report_check(context, suite)


async def _begin_again(context: Context, suite: str, names: list[str], n_rounds: int) -> None:
    """Have these checks made again, unless a pass that wants the same was stopped: it goes on."""
    name = short([n_rounds, names])
    checks = await load_checks(context.store, suite)
    if not any(check.due == name for check in checks.values()):
        await mark_due(context.store, names, name)


@contextmanager
def _kept() -> Iterator[None]:
    """A sandbox that fails ends the work; what failed is no finding about any task."""
    try:
        yield
    except SandboxError as error:
        raise SandboxError(f"{error}. What is done is stored; the same command goes on.") from error


async def _check(context: Context, suite: str, tasks: list[Task], n_rounds: int) -> None:
    oracles = {task.oracle for task in tasks}
    if Oracle.OFFICIAL in oracles:
        await judging.prove(context, suite, tasks)
        return
    if Oracle.JUNIT in oracles:
        await asyncio.to_thread(find_java)
    references: dict[str, Reference] = await load_references(context.store, suite)
    checker = Checker(context.store, context.sandbox, context.clock, context.emit, n_rounds)
    await checker.check(suite, tasks, references)


async def pick_tasks(context: Context, suite: str, selection: Selection) -> tuple[str, ...]:
    """The ids of the chosen tasks, in order."""
    chosen = choose(await _tasks(context, suite), selection)
    return tuple(task.task_id for task in chosen)


async def report_check(context: Context, suite: str) -> CheckReport:
    """The newest check of a suite."""
    checks = await load_checks(context.store, suite)
    summary = await load_summary(context.store, suite)
    n_whole = sum(not row.due for row in checks.values())
    return CheckReport(
        suite,
        sum(row.status == ADMITTED for row in checks.values()),
        tuple(Problem(r.task_id, r.reason) for r in checks.values() if r.status != ADMITTED),
        tuple(row.task_id for row in checks.values() if row.n_hung),
        (summary.n_tasks if summary is not None else 0) - n_whole,
    )


async def suites(context: Context) -> list[SuiteSummary]:
    """All suites of the workspace."""
    return await list_suites(context.store)


async def admitted_tasks(
    context: Context, names: Iterable[str], *, ungraded: bool = False
) -> dict[str, tuple[Task, Baseline]]:
    """Tasks that rollouts may use, calibrated, with their baselines, by id.

    With `ungraded` also those that only their suite's own program can judge, later.
    """
    usable: dict[str, tuple[Task, Baseline]] = {}
    for suite in names:
        tasks, checks = await _tasks(context, suite), await load_checks(context.store, suite)
        if tasks[0].oracle is Oracle.OFFICIAL:
            if not ungraded:
                raise RefusedError(_ONLY_LATER.format(suite=suite))
            usable |= _open_tasks(suite, tasks, checks)
            continue
        if not any(task.task_id in checks for task in tasks):
            raise UsageError(
                f"The suite {suite} is not checked yet: run `gemel suite check {suite}` first."
            )
        for task in tasks:
            check = checks.get(task.task_id)
            if check is not None and check.status == ADMITTED:
                usable[task.task_id] = apply_check(task, check)
    return usable


def _open_tasks(
    suite: str, tasks: Sequence[Task], checks: Mapping[str, CheckRow]
) -> dict[str, tuple[Task, Baseline]]:
    """The tasks of an official suite whose program is at hand, proved or not."""
    bad = {name for name, row in checks.items() if row.status != ADMITTED}
    if not any(task.target.text for task in tasks):
        raise RefusedError(_NO_PROGRAM.format(suite=suite))
    return {
        task.task_id: (task, UNTESTED)
        for task in tasks
        if task.target.text and task.task_id not in bad
    }


async def divisible_tasks(context: Context, names: Iterable[str]) -> list[Task]:
    """Tasks that a split may have: the admitted, and the unproved of an official suite.

    Only the suite's own program can prove those, and dividing them needs no proof.
    """
    found: list[Task] = []
    for suite in names:
        tasks = await _tasks(context, suite)
        if tasks[0].oracle is Oracle.OFFICIAL:
            checks = await load_checks(context.store, suite)
            bad = {name for name, row in checks.items() if row.status != ADMITTED}
            found += [task for task in tasks if task.task_id not in bad]
        else:
            admitted = await admitted_tasks(context, [suite])
            found += [task for task, _ in admitted.values()]
    return found


async def _tasks(context: Context, suite: str) -> list[Task]:
    tasks = await load_tasks(context.store, suite)
    if not tasks:
        known = ", ".join(row.suite for row in await list_suites(context.store)) or "none yet"
        raise UsageError(
            f"There is no suite {suite!r} here (suites: {known}). "
            "`gemel suite forge` makes the built-in one."
        )
    return tasks
