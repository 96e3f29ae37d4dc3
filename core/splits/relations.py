"""Which tasks of a workspace are related: scans, kept under the hash of what they compared.

A scan goes on in a thread, a little at a time, so that the engine answers meanwhile; it is
stored when it is done, and the same tasks are never compared twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.context import Context
from core.digest import digest
from core.events import ProgressMade
from core.splits.answers import Pair, Said, settle, standing
from core.splits.behaviour import Trial, judge, trials, try_out
from core.splits.families import Family, group
from core.splits.known import load_known
from core.splits.links import Link, LinkKind, TestDone
from core.splits.scan import VERSION, Scan, Step, begin_scan, further_files
from core.store.relations import (
    BehaviourRow,
    LinkRow,
    ScanRow,
    TestRow,
    add_test,
    has_scan,
    load_answers,
    load_behaviours,
    load_links,
    load_tests,
    save_scan,
)
from core.store.suites import load_references
from core.task import Reference, Task

_BURST_S = 0.03
_PER_WORKER = 4
"""Pairs begun at once: more would keep workers busy long after a stop."""


@dataclass(frozen=True, slots=True)
class Related:
    """Tasks with everything that is known of their relations."""

    scan_id: str
    tasks: tuple[Task, ...]
    """In order of ids."""
    found: tuple[Link, ...]
    """What the tests found."""
    links: tuple[Link, ...]
    """The same as people answered: what they confirmed is certain, what they denied is gone."""
    families: tuple[Family, ...]
    tests: tuple[TestDone, ...]
    said: dict[Pair, Said]
    """The answers that stand, on whatever programs."""


async def relate(
    context: Context, tasks: Iterable[Task], *, with_behaviour: bool = False
) -> Related:
    """Compare tasks, or fetch what comparing them found before."""
    ordered = sorted(tasks, key=lambda task: task.task_id)
    references = await _references(context, ordered)
    scan_id = _scan_id(ordered, references)
    scan: Scan | None = None
    if not await has_scan(context.store, scan_id):
        scan = await _scan(context, scan_id, ordered, references)
    if with_behaviour:
        done = {row.kind for row in await load_tests(context.store, scan_id)}
        if LinkKind.BEHAVIOUR not in done:
            scan = scan or await _run(context, begin_scan(ordered, references))
            await _compare_behaviour(context, scan_id, scan)
    return await _related(context, scan_id, ordered)


async def remembered(context: Context, tasks: Iterable[Task]) -> Related | None:
    """What comparing these tasks found before; None when they were never compared."""
    ordered = sorted(tasks, key=lambda task: task.task_id)
    scan_id = _scan_id(ordered, await _references(context, ordered))
    if not await has_scan(context.store, scan_id):
        return None
    return await _related(context, scan_id, ordered)


async def _related(context: Context, scan_id: str, tasks: Sequence[Task]) -> Related:
    found = tuple(
        Link(row.one, row.other, LinkKind(row.kind), row.evidence, row.is_certain)
        for row in await load_links(context.store, scan_id)
    )
    tests = tuple(
        TestDone(LinkKind(row.kind), row.n_compared, row.unit, row.n_found)
        for row in await load_tests(context.store, scan_id)
    )
    said = standing(await load_answers(context.store))
    links = settle(tasks, found, said)
    families = group(tasks, links)
    return Related(scan_id, tuple(tasks), found, links, families, tests, said)


async def _references(context: Context, tasks: Sequence[Task]) -> list[Reference]:
    wanted = {task.task_id for task in tasks}
    found = [await load_references(context.store, name) for name in {task.suite for task in tasks}]
    return [r for suite in found for r in suite.values() if r.task_id in wanted]


def _scan_id(tasks: Sequence[Task], references: Sequence[Reference]) -> str:
    fixes = {one.task_id: [one.text, *one.others] for one in references}
    content = [
        (t.task_id, t.suite, t.program, t.entry_point, t.target, t.description, t.twin, t.repo,
         t.base_commit, t.files, further_files(t), fixes.get(t.task_id))
        for t in tasks
    ]  # fmt: skip
    return digest([VERSION, load_known(), content])


async def _scan(
    context: Context, scan_id: str, tasks: Sequence[Task], references: Sequence[Reference]
) -> Scan:
    scan = await _run(context, begin_scan(tasks, references))
    row = ScanRow(scan_id, len(tasks), context.now())
    tests = [_test_row(scan_id, test) for test in scan.tests]
    await save_scan(context.store, row, tests, [_link_row(scan_id, link) for link in scan.links])
    return scan


async def _run(context: Context, scan: Scan) -> Scan:
    steps = scan.steps()
    while (step := await asyncio.to_thread(_burst, steps)) is not None:
        context.emit(ProgressMade("compare tasks", step.n_done, step.n_total))
    return scan


def _burst(steps: Iterator[Step]) -> Step | None:
    """Work for a moment; None when there is nothing left to do."""
    end, newest = time.monotonic() + _BURST_S, None
    for step in steps:
        newest = step
        if time.monotonic() >= end:
            break
    return newest


async def _compare_behaviour(context: Context, scan_id: str, scan: Scan) -> None:
    families = group(scan.tasks, scan.links)
    related = {
        frozenset((one, other))
        for family in families
        for one in family.task_ids
        for other in family.task_ids
        if one < other
    }
    pairs = trials(scan.kinds, related)
    known = await load_behaviours(context.store)
    links: list[Link] = []
    at_once = _PER_WORKER * context.sandbox.n_workers
    for at in range(0, len(pairs), at_once):
        batch = pairs[at : at + at_once]
        rows = await _try_all(context, [trial for both in batch for trial in both], known)
        for there, back in batch:
            on_other, on_one = rows.get(there.content), rows.get(back.content)
            if on_other is not None and on_one is not None:
                link = judge(there.asked, there.answering, on_other, on_one)
                links += [link] if link is not None else []
        done = min(at + at_once, len(pairs))
        context.emit(ProgressMade("compare behaviour", done, len(pairs), f"{len(links)} found"))
    test = TestDone(LinkKind.BEHAVIOUR, len(pairs), "pairs", len(links))
    await add_test(
        context.store, _test_row(scan_id, test), [_link_row(scan_id, link) for link in links]
    )


async def _try_all(
    context: Context, todo: Sequence[Trial], known: dict[str, BehaviourRow]
) -> dict[str, BehaviourRow]:
    """Results of trials, from the store where they were made before."""
    contents = [trial.content for trial in todo]
    fresh = {
        content: trial
        for content, trial in zip(contents, todo, strict=True)
        if content not in known
    }
    made = await asyncio.gather(*(try_out(context.sandbox, trial) for trial in fresh.values()))
    rows = [row for row in made if row is not None]
    if rows:  # not waited for: a result that is lost is found again
        context.store.submit("behaviours", rows)
    known.update({row.content: row for row in rows})
    return {content: known[content] for content in contents if content in known}


def _test_row(scan_id: str, test: TestDone) -> TestRow:
    return TestRow(scan_id, test.kind.value, test.n_compared, test.unit, test.n_found)


def _link_row(scan_id: str, link: Link) -> LinkRow:
    kind, evidence = link.kind.value, link.evidence
    return LinkRow(scan_id, link.one, link.other, kind, evidence, link.is_certain)
