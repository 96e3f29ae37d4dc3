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
from core.errors import UnfitTaskError
from core.events import Emit
from core.sandbox.pool import Sandbox
from core.sandbox.run import CaseStatus, TestRun, Verdict
from core.sandbox.tasks import run_tests
from core.store.database import Store
from core.store.suites import CheckRow, load_hashes, save_checks
from core.suites.progress import Progress
from core.suites.side_by_side import for_each
from core.suites.steadiness import CHECK_LIMITS, cpu_limit, slowed, traced, why_not
from core.task import Oracle, Reference, Task

ADMITTED, QUARANTINED = "admitted", "quarantined"

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
    """What the reference needs on this machine, several times over."""
    shown_ids: tuple[str, ...] = ()
    n_rounds: int = 1
    """Runs of each side that agreed."""


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
    _hashes: dict[str, str] = field(default_factory=dict)

    async def check(
        self, suite: str, tasks: Sequence[Task], references: dict[str, Reference]
    ) -> list[CheckRow]:
        """Check all; rows are stored as they come, so that a stop loses little."""
        rows: list[CheckRow] = []
        unsaved: list[CheckRow] = []
        self._hashes = await load_hashes(self.store, suite)
        progress = Progress(self.emit, self.clock, f"check {suite}", len(tasks))
        progress.begin()

        async def work(task: Task) -> None:
            row = await self._one(task, references.get(task.task_id))
            if row is not None:
                rows.append(row)
                unsaved.append(row)
            progress.step(f"{sum(r.status == ADMITTED for r in rows)} admitted")
            if len(unsaved) >= _N_SAVED_AT_ONCE:
                await self._save(unsaved)

        try:
            await for_each(tasks, work, self.n_concurrent)
        finally:
            await self._save(unsaved)
        return sorted(rows, key=lambda row: row.task_id)

    async def _save(self, rows: list[CheckRow]) -> None:
        batch = list(rows)
        rows.clear()
        await save_checks(self.store, batch)

    async def _one(self, task: Task, reference: Reference | None) -> CheckRow | None:
        """None when a worker was lost over it: nothing is known of the task then."""
        if reference is None:
            return self._row(task, "it has no reference", None, None, None)
        try:
            return await self._compare(task, reference)
        except UnfitTaskError as error:
            return self._row(task, f"its tests cannot be run: {error}", None, None, None)

    async def _compare(self, task: Task, reference: Reference) -> CheckRow | None:
        good = await self._reference_runs(task, reference)
        known = replace(task, cpu_limit_s=cpu_limit(task, good), test_ids=good[0].passed_ids)
        bad = [await self._run_buggy(known, n) for n in range(self.n_rounds)]
        if any(run.verdict is Verdict.WORKER_LOST for run in (*good, *bad)):
            return None
        reason = why_not(good, bad, is_last_slowed=self.n_rounds > 1)
        seen = bad[0]
        if not reason and known.shown_test_path:
            known, seen, reason = await self._run_shown(known, reference)
        elif known.keeps_held_back and known.oracle is not Oracle.CASES:
            seen = TestRun(seen.verdict)
        learned = replace(_learn(known, good, seen), n_rounds=self.n_rounds)
        if not reason and not learned.baseline.n_failed and not known.keeps_held_back:
            reason = "no test that the agent may see fails"
        return self._row(task, reason, good[0], bad[0], learned)

    async def _run_buggy(self, task: Task, n: int) -> TestRun:
        """Round `n`: the first is traced, the last of several gets the time of a slow machine."""
        is_last = 0 < n == self.n_rounds - 1
        limits = traced(task) if n == 0 else slowed(task.cpu_limit_s) if is_last else None
        return await run_tests(
            self.sandbox,
            task,
            task.target.text,
            traces=n == 0,
            limits=limits,
            expected_ids=task.test_ids,
        )

    async def _run_shown(self, task: Task, reference: Reference) -> tuple[Task, TestRun, str]:
        """The shown tests of a task that has them apart: their ids, and what the bug does there."""
        good = await run_tests(
            self.sandbox,
            task,
            reference.text,
            shown_only=True,
            limits=CHECK_LIMITS,
            others=reference.further,
        )
        known = replace(task, shown_ids=good.passed_ids)
        is_good = good.verdict is Verdict.PASSED
        reason = "" if is_good else "its reference does not pass the tests that are shown"
        bad = await run_tests(
            self.sandbox, known, task.target.text, shown_only=True, traces=True, limits=traced(task)
        )
        return known, bad, reason

    async def _reference_runs(self, task: Task, reference: Reference) -> tuple[TestRun, ...]:
        tests = [task.entry_point, task.cases, task.support, task.test_path, task.comparator]
        key = digest([reference.text, tests, *reference.others])
        if key not in self._references:
            self._references[key] = asyncio.create_task(self._run_reference(task, reference))
            self._references[key].add_done_callback(_seen)
        return await asyncio.shield(self._references[key])

    async def _run_reference(self, task: Task, reference: Reference) -> tuple[TestRun, ...]:
        runs: list[TestRun] = []
        ids: tuple[str, ...] = ()
        for n in range(self.n_rounds):
            is_last = 0 < n == self.n_rounds - 1
            limits = slowed(cpu_limit(task, runs)) if is_last else CHECK_LIMITS
            run = await run_tests(
                self.sandbox,
                task,
                reference.text,
                limits=limits,
                expected_ids=ids,
                others=reference.further,
            )
            runs.append(run)
            ids = ids or run.passed_ids
        return tuple(runs)

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
            task_hash=self._hashes[task.task_id],
            status=QUARANTINED if reason else ADMITTED,
            reason=reason,
            n_hung=hung,
            buggy_verdict=bad.verdict.value if bad else "",
            reference_verdict=good.verdict.value if good else "",
            reference_cpu_s=good.cpu_s if good else 0.0,
            body=msgspec.json.encode(learned).decode(),
            checked_at=self.clock.now().replace(tzinfo=None),
        )


def is_done(check: CheckRow | None, n_rounds: int) -> bool:
    """Whether a check is whole: not to be made again, and of as many rounds as are wanted."""
    if check is None or check.due:
        return False
    learned = msgspec.json.decode(check.body, type=Learned | None)
    return learned is None or learned.n_rounds >= n_rounds


def _seen(runs: asyncio.Task[tuple[TestRun, ...]]) -> None:
    """Those that wait may be gone; then nobody is left to tell of a failure."""
    if not runs.cancelled():
        runs.exception()


def apply_check(task: Task, check: CheckRow) -> tuple[Task, Baseline]:
    """The task as rollouts use it: calibrated, with its shown cases, ids and baseline."""
    learned = msgspec.json.decode(check.body, type=Learned)
    shown = frozenset(learned.shown)
    cases = tuple(replace(case, shown=n in shown) for n, case in enumerate(task.cases))
    usable = replace(
        task,
        cases=cases,
        test_ids=learned.test_ids,
        shown_ids=learned.shown_ids,
        cpu_limit_s=learned.cpu_limit_s,
    )
    return usable, learned.baseline


def _learn(task: Task, good: Sequence[TestRun], bad: TestRun) -> Learned:
    if task.oracle is not Oracle.CASES:
        return Learned(baseline_of(bad), (), task.test_ids, task.cpu_limit_s, task.shown_ids)
    shown = _shown(task, good, bad)
    visible = TestRun(bad.verdict, tuple(bad.cases[n] for n in shown if n < len(bad.cases)))
    return Learned(baseline_of(visible), shown, (), task.cpu_limit_s)


def _shown(task: Task, good: Sequence[TestRun], bad: TestRun) -> tuple[int, ...]:
    """The suite's choice without slow cases, and with one failing case where it has none."""
    wished = [n for n, case in enumerate(task.cases) if case.shown]
    n_known = min(len(run.cases) for run in (*good, bad))
    # The quickest of several runs: one may have met a busy moment.
    wall_s = [min(run.cases[n].wall_s for run in good) for n in range(n_known)]
    shown = [n for n in wished if n < n_known and wall_s[n] <= _SLOW_CASE_S]
    fails = {n for n in range(n_known) if bad.cases[n].status is not CaseStatus.PASSED}
    if not task.keeps_held_back and not fails.intersection(shown):
        shown += sorted(fails, key=lambda n: wall_s[n])[:1]
    return tuple(sorted(shown))
