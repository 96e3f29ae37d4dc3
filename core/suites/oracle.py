"""The oracle check: a task is admitted when its bug fails and its reference passes, each time.

What breaks that rule is quarantined with the reason. The check also learns, from the
reference, what a run may cost, which pytest ids there are and which cases are too slow to
repeat in every iteration; and from the buggy program the baseline that every rollout of
the task starts with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from core.agent.state import Baseline, baseline_of
from core.clock import Clock
from core.digest import digest
from core.events import Emit, ProgressMade
from core.sandbox.pool import Sandbox
from core.sandbox.run import CaseStatus, Limits, TestRun, Verdict
from core.sandbox.tasks import run_tests
from core.store.database import Store
from core.store.suites import CheckRow, save_checks
from core.task import Oracle, Reference, Task

ADMITTED, QUARANTINED = "admitted", "quarantined"

_CHECK_LIMITS = Limits(cpu_s=20.0, wall_s=60.0)
_CPU_FACTOR, _CPU_SLACK_S, _CPU_FLOOR_S = 10.0, 2.0, 0.05
_PYTEST_FLOOR_S = 0.5
_SLOW_CASE_S = 0.1
_N_SAVED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Learned:
    """What a check learned of a task, beside its verdict."""

    baseline: Baseline
    shown: tuple[int, ...] = ()
    """Indices of the cases an agent may see."""
    test_ids: tuple[str, ...] = ()
    cpu_limit_s: float = 1.0


@dataclass(slots=True)
class Checker:
    """Checks the tasks of one suite; equal reference runs are made once."""

    store: Store
    sandbox: Sandbox
    clock: Clock
    emit: Emit
    n_rounds: int = 2
    n_concurrent: int = 4
    _references: dict[str, asyncio.Task[tuple[TestRun, ...]]] = field(default_factory=dict)

    async def check(
        self, suite: str, tasks: Sequence[Task], references: dict[str, Reference]
    ) -> list[CheckRow]:
        """Check all; rows are stored as they come, so that a stop loses little."""
        rows: list[CheckRow] = []
        unsaved: list[CheckRow] = []
        todo = iter(tasks)

        async def work() -> None:
            for task in todo:
                row = await self._one(task, references.get(task.task_id))
                rows.append(row)
                unsaved.append(row)
                note = f"{sum(r.status == ADMITTED for r in rows)} admitted"
                self.emit(ProgressMade(f"check {suite}", len(rows), len(tasks), note))
                if len(unsaved) >= _N_SAVED_AT_ONCE:
                    await self._save(unsaved)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.n_concurrent):
                    group.create_task(work())
        finally:
            await self._save(unsaved)
        return sorted(rows, key=lambda row: row.task_id)

    async def _save(self, rows: list[CheckRow]) -> None:
        batch = list(rows)
        rows.clear()
        await save_checks(self.store, batch)

    async def _one(self, task: Task, reference: Reference | None) -> CheckRow:
        if reference is None:
            return self._row(task, "it has no reference", None, None, None)
        good = await self._reference_runs(task, reference)
        limited = replace(task, cpu_limit_s=_cpu_limit(task, good), test_ids=_ids(task, good[0]))
        bad = [
            await run_tests(
                self.sandbox,
                limited,
                task.target.text,
                traces=n == 0,
                limits=_traced_limits(limited) if n == 0 else None,
                expected_ids=limited.test_ids,
            )
            for n in range(self.n_rounds)
        ]
        reason = _why_not(good, bad)
        learned = _learn(limited, good[0], bad[0])
        if not reason and not learned.baseline.n_failed:
            reason = "no test that the agent may see fails"
        return self._row(task, reason, good[0], bad[0], learned)

    async def _reference_runs(self, task: Task, reference: Reference) -> tuple[TestRun, ...]:
        key = digest([reference.text, task.entry_point, task.cases, task.support, task.comparator])
        if key not in self._references:
            self._references[key] = asyncio.create_task(self._run_reference(task, reference))
        return await asyncio.shield(self._references[key])

    async def _run_reference(self, task: Task, reference: Reference) -> tuple[TestRun, ...]:
        first = await run_tests(self.sandbox, task, reference.text, limits=_CHECK_LIMITS)
        ids = _ids(task, first)
        again = [
            await run_tests(
                self.sandbox, task, reference.text, limits=_CHECK_LIMITS, expected_ids=ids
            )
            for _ in range(self.n_rounds - 1)
        ]
        return (first, *again)

    def _row(
        self,
        task: Task,
        reason: str,
        good: TestRun | None,
        bad: TestRun | None,
        learned: Learned | None,
    ) -> CheckRow:
        hung = sum(case.status is CaseStatus.HUNG for case in bad.cases) if bad else 0
        return CheckRow(
            task_id=task.task_id,
            suite=task.suite,
            task_hash=digest(task),
            status=QUARANTINED if reason else ADMITTED,
            reason=reason,
            n_hung=hung,
            buggy_verdict=bad.verdict.value if bad else "",
            reference_verdict=good.verdict.value if good else "",
            reference_cpu_s=good.cpu_s if good else 0.0,
            body=msgspec.json.encode(learned).decode(),
            checked_at=self.clock.now().replace(tzinfo=None),
        )


def apply_check(task: Task, check: CheckRow) -> tuple[Task, Baseline]:
    """The task as rollouts use it: calibrated, with its shown cases, ids and baseline."""
    learned = msgspec.json.decode(check.body, type=Learned)
    shown = frozenset(learned.shown)
    cases = tuple(replace(case, shown=n in shown) for n, case in enumerate(task.cases))
    usable = replace(task, cases=cases, test_ids=learned.test_ids, cpu_limit_s=learned.cpu_limit_s)
    return usable, learned.baseline


def _why_not(good: Sequence[TestRun], bad: Sequence[TestRun]) -> str:
    for run in (*good, *bad):
        if run.verdict is Verdict.WORKER_LOST:
            return "the sandbox lost its worker: check again"
    for run in good:
        if run.verdict is not Verdict.PASSED:
            failing = run.failing[0].name if run.failing else "no test was reported"
            return f"its reference does not pass ({run.verdict.value}): {failing}"
    if any(run.verdict is Verdict.PASSED for run in bad):
        return "its buggy program passes the tests"
    if len({_statuses(run) for run in bad}) > 1:
        return "its tests are not steady: two runs of one program differ"
    return ""


def _statuses(run: TestRun) -> tuple[str, ...]:
    """Which cases passed; a slow failure may end in either limit and still be the same."""
    return tuple(case.name for case in run.cases if case.status is CaseStatus.PASSED)


def _ids(task: Task, run: TestRun) -> tuple[str, ...]:
    if task.oracle is not Oracle.PYTEST:
        return ()
    return tuple(case.name for case in run.cases if case.status is CaseStatus.PASSED)


def _cpu_limit(task: Task, good: Sequence[TestRun]) -> float:
    """A multiple of the reference's time, but never long: CPU seconds hardly grow with load."""
    floor = _PYTEST_FLOOR_S if task.oracle is Oracle.PYTEST else _CPU_FLOOR_S
    needed = max(run.cpu_s for run in good)
    return max(floor, min(_CPU_FACTOR * needed, needed + _CPU_SLACK_S))


def _traced_limits(task: Task) -> Limits:
    """Tracing slows a program down some twentyfold; the first run may take that long."""
    return Limits(cpu_s=20.0 * task.cpu_limit_s, wall_s=60.0 + 20.0 * task.cpu_limit_s)


def _learn(task: Task, good: TestRun, bad: TestRun) -> Learned:
    if task.oracle is Oracle.PYTEST:
        return Learned(baseline_of(bad), (), task.test_ids, task.cpu_limit_s)
    shown = _shown(task, good, bad)
    visible = TestRun(bad.verdict, tuple(bad.cases[n] for n in shown if n < len(bad.cases)))
    return Learned(baseline_of(visible), shown, (), task.cpu_limit_s)


def _shown(task: Task, good: TestRun, bad: TestRun) -> tuple[int, ...]:
    """The suite's choice without slow cases, and with one failing case where it has none."""
    wished = [n for n, case in enumerate(task.cases) if case.shown]
    n_known = min(len(good.cases), len(bad.cases))
    shown = [n for n in wished if n < n_known and good.cases[n].wall_s <= _SLOW_CASE_S]
    fails = {n for n in range(n_known) if bad.cases[n].status is not CaseStatus.PASSED}
    if not fails.intersection(shown):
        shown += sorted(fails, key=lambda n: good.cases[n].wall_s)[:1]
    return tuple(sorted(shown))
