"""Runs the tests of stored patches again, without a call to any model.

For when a task's tests, the sandbox or the machine was at fault. The new verdict takes the
place of the old one, which is kept beside it. A pass that was cut off goes on where it stood.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.agent.rollout import flag_of
from core.agent.state import Baseline
from core.agent.talk import Changed
from core.context import Context
from core.edits.block import InvalidAnswer
from core.edits.difference import apply_change
from core.errors import SandboxError
from core.events import ProgressMade
from core.outcome import UNCOUNTED, Outcome
from core.rollouts.grading import TaskGrader
from core.rollouts.journal import patch_of
from core.sandbox.run import TestRun, Verdict
from core.store.pairs import list_builds
from core.store.regrades import (
    RegradeRow,
    RegradeStateRow,
    load_regrades,
    open_regrade,
    save_regrade,
)
from core.store.runs import RolloutRow, load_rollouts
from core.task import Oracle, Task

_LABEL = "regrade"


@dataclass(frozen=True, slots=True)
class RegradeChange:
    """A rollout that is another thing now."""

    rollout_id: str
    task_id: str
    seed: int
    old_outcome: str
    outcome: str
    old_n_passed: int
    n_passed: int
    n_tests: int


@dataclass(frozen=True, slots=True)
class RegradeReport:
    """A pass over a run."""

    run_id: str
    regrade_id: str
    n_rollouts: int
    n_graded: int
    skipped: dict[str, int]
    """Rollouts without a verdict of this pass, by why."""
    changes: tuple[RegradeChange, ...]
    builds: tuple[str, ...]
    """Builds of pairs that rest on the old verdicts; empty when none changed."""


@dataclass(slots=True)
class _Pass:
    context: Context
    regrade_id: str
    tasks: Mapping[str, tuple[Task, Baseline]]
    todo: deque[RolloutRow]
    done: list[RegradeRow]
    n_total: int
    skipped: Counter[str] = field(default_factory=Counter)
    graders: dict[str, TaskGrader] = field(default_factory=dict)

    async def work(self) -> None:
        while self.todo:
            row = self.todo.popleft()
            task, changed, why = self._result_of(row)
            if task is None:
                self.skipped[why] += 1
                continue
            await self._grade(row, task, changed)

    async def _grade(self, row: RolloutRow, task: Task, changed: Changed) -> None:
        sandbox = self.context.sandbox
        grader = self.graders.setdefault(task.task_id, TaskGrader(sandbox, task))
        try:
            run = await grader.all(changed)
        except SandboxError as error:
            self.skipped[str(error)] += 1
            return
        if run.verdict is Verdict.WORKER_LOST:
            self.skipped["the sandbox lost its worker: grade it once more"] += 1
            return
        found = self._row(row, run, flag_of(task, changed))
        await save_regrade(self.context.store, found)
        self.done.append(found)
        n_changed = sum(each.is_changed for each in self.done)
        n_done = len(self.done) + self.skipped.total()
        self.context.emit(ProgressMade(_LABEL, n_done, self.n_total, f"{n_changed} changed"))

    def _row(self, row: RolloutRow, run: TestRun, flagged: str) -> RegradeRow:
        outcome = _outcome(row, run)
        is_same = outcome.value == row.outcome
        reason = flagged if outcome is Outcome.PASSED else f"graded again, it was {row.outcome}"
        return RegradeRow(
            regrade_id=self.regrade_id,
            rollout_id=row.rollout_id,
            old_outcome=row.outcome,
            old_reason=row.reason,
            old_n_passed=row.n_passed,
            old_n_tests=row.n_tests,
            outcome=outcome.value,
            reason=row.reason if is_same else reason,
            n_passed=run.n_passed,
            n_tests=run.n_counted,
            sandbox_level=self.context.sandbox.level,
            graded_at=self.context.now(),
        )

    def _result_of(self, row: RolloutRow) -> tuple[Task | None, Changed, str]:
        """The files as the rollout left them, or why there is nothing to be graded."""
        if row.outcome in UNCOUNTED:
            return None, (), f"it has no verdict ({row.outcome})"
        if row.task_id not in self.tasks:
            return None, (), "its task is gone or no longer admitted"
        task = self.tasks[row.task_id][0]
        if task.oracle is Oracle.OFFICIAL:
            return None, (), "only its suite's own program can grade it"
        blocks = patch_of(row, task.target.path)
        if not blocks:
            return None, (), "it changed nothing"
        texts = {file.path: file.text for file in (*task.support, task.target)}
        try:
            files = tuple((b.path, apply_change(b, texts.get(b.path, ""))) for b in blocks)
        except InvalidAnswer:
            return None, (), "its task is another program by now"
        return task, files, ""


async def regrade(
    context: Context, run_id: str, tasks: Mapping[str, tuple[Task, Baseline]], *, anew: bool
) -> RegradeReport:
    """Grade what a run stored; goes on with a pass that was cut off, unless it is begun anew."""
    context.sandbox.refuse_unconfined()
    with context.live.claim(f"The run {run_id}"):
        rows = await load_rollouts(context.store, run_id)
        regrade_id = None if anew else await open_regrade(context.store, run_id)
        if regrade_id is None:
            regrade_id = context.new_id("regrade")
            await _mark(context, regrade_id, run_id, "running")
        done = await load_regrades(context.store, regrade_id)
        known = {row.rollout_id for row in done}
        todo = deque(row for row in rows if row.rollout_id not in known)
        work = _Pass(context, regrade_id, tasks, todo, done, len(rows))
        async with asyncio.TaskGroup() as group:
            for _ in range(context.n_concurrent):
                group.create_task(work.work())
        await _mark(context, regrade_id, run_id, "finished")
        return await _report(context, run_id, rows, work)


async def _report(
    context: Context, run_id: str, rows: list[RolloutRow], work: _Pass
) -> RegradeReport:
    by_id = {row.rollout_id: row for row in rows}
    changes = tuple(
        RegradeChange(
            rollout_id=each.rollout_id,
            task_id=by_id[each.rollout_id].task_id,
            seed=by_id[each.rollout_id].seed,
            old_outcome=each.old_outcome,
            outcome=each.outcome,
            old_n_passed=each.old_n_passed,
            n_passed=each.n_passed,
            n_tests=each.n_tests,
        )
        for each in work.done
        if each.is_changed and each.rollout_id in by_id
    )
    builds = [b.build_id for b in await list_builds(context.store) if b.run_id == run_id]
    return RegradeReport(
        run_id=run_id,
        regrade_id=work.regrade_id,
        n_rollouts=len(rows),
        n_graded=len(work.done),
        skipped=dict(sorted(work.skipped.items())),
        changes=changes,
        builds=tuple(builds) if changes else (),
    )


def _outcome(row: RolloutRow, run: TestRun) -> Outcome:
    """What a rollout is by its tests; one that fails them ended as it did before."""
    if run.verdict is Verdict.PASSED:
        return Outcome.PASSED
    if run.verdict is Verdict.TAMPERED:
        return Outcome.TAMPERED
    before = Outcome(row.outcome)
    return before if before in (Outcome.FAILED, Outcome.LIMIT, Outcome.INVALID) else Outcome.FAILED


async def _mark(context: Context, regrade_id: str, run_id: str, status: str) -> None:
    row = RegradeStateRow(regrade_id, run_id, status, context.now())
    await context.store.insert("regrade_states", [row])
