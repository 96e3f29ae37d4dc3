"""Grades what agents make of one task: each distinct result runs once.

A checked task is steady: its tests say the same of the same program each time. Policies
that sample propose the same edits again and again, over seeds and arms; what is known
already is not run again within one run. Lost workers are never remembered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from core.agent.talk import Changed
from core.sandbox.pool import Sandbox
from core.sandbox.run import TestRun, Verdict
from core.sandbox.tasks import run_tests
from core.task import Oracle, Task

_MAX_REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class TaskGrader:
    """Runs the tests of one task in the sandbox; shared by the task's rollouts of a run."""

    sandbox: Sandbox
    task: Task
    _known: dict[tuple[Changed, bool], TestRun] = field(default_factory=dict)
    _turns: dict[tuple[Changed, bool], asyncio.Lock] = field(default_factory=dict)
    """Of what is being run: who wants the same waits for it."""

    async def shown(self, changed: Changed) -> TestRun:
        """The tests the agent may see."""
        return await self._run(changed, shown_only=True)

    async def all(self, changed: Changed) -> TestRun:
        """Every test."""
        return await self._run(changed, shown_only=False)

    async def _run(self, changed: Changed, *, shown_only: bool) -> TestRun:
        if self.task.oracle is Oracle.OFFICIAL:
            return TestRun(Verdict.UNGRADED)
        key = (changed, shown_only)
        async with self._turns.setdefault(key, asyncio.Lock()):
            if key in self._known:
                return self._known[key]
            run = await run_tests(
                self.sandbox,
                self.task,
                dict(changed).get(self.task.target.path, self.task.target.text),
                shown_only=shown_only,
                expected_ids=self.task.test_ids,
                others=changed,
            )
            if run.verdict is not Verdict.WORKER_LOST and len(self._known) < _MAX_REMEMBERED:
                self._known[key] = run
        self._turns.pop(key, None)
        return run
