"""Turns proposed mutants into tasks: each is run, and only what fails a shown case stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.digest import derive_seed, short
from core.events import Emit, ProgressMade
from core.sandbox.pool import Sandbox
from core.sandbox.run import CaseStatus, TestRun, Verdict
from core.sandbox.tasks import run_tests
from core.store.suites import MutantRow
from core.suites.builtin import KataProgram
from core.suites.forge import ForgeFate, Mutant, mutants
from core.task import Oracle, Reference, SourceFile, Task

_SPARE = 2
"""Mutants proposed for each one wanted: some survive, some hang."""


@dataclass(frozen=True, slots=True)
class Forged:
    """A suite made of mutants."""

    tasks: tuple[Task, ...]
    references: tuple[Reference, ...]
    mutants: list[MutantRow]


@dataclass(slots=True)
class Forge:
    """Makes one suite; the same seed makes the same suite."""

    sandbox: Sandbox
    emit: Emit
    suite: str
    seed: int
    n_per_program: int
    n_concurrent: int = 4
    _n_done: int = 0
    _n_admitted: int = 0
    _made: dict[str, Forged] = field(default_factory=dict)

    async def make(self, programs: Sequence[KataProgram]) -> Forged:
        """Forge all programs."""
        todo = iter(programs)

        async def work() -> None:
            for program in todo:
                self._made[program.name] = forged = await self._one(program)
                self._n_done += 1
                self._n_admitted += len(forged.tasks)
                note = f"{self._n_admitted} tasks"
                self.emit(ProgressMade("forge", self._n_done, len(programs), note))

        async with asyncio.TaskGroup() as group:
            for _ in range(self.n_concurrent):
                group.create_task(work())
        parts = [self._made[name] for name in sorted(self._made)]
        return Forged(
            tuple(task for part in parts for task in part.tasks),
            tuple(reference for part in parts for reference in part.references),
            [row for part in parts for row in part.mutants],
        )

    async def _one(self, program: KataProgram) -> Forged:
        seed = derive_seed(self.seed, program.name)
        tasks: list[Task] = []
        rows: list[MutantRow] = []
        for mutant in mutants(program.source, seed, _SPARE * self.n_per_program):
            if len(tasks) == self.n_per_program:
                break
            task = self._task(program, mutant)
            fate = _fate(task, await run_tests(self.sandbox, task, mutant.text))
            is_admitted = fate is ForgeFate.ADMITTED
            if is_admitted:
                tasks.append(task)
            task_id = task.task_id if is_admitted else None
            kind = mutant.kind.value
            rows.append(MutantRow(self.suite, program.name, kind, mutant.line, fate.value, task_id))
        references = tuple(Reference(task.task_id, program.source) for task in tasks)
        return Forged(tuple(tasks), references, rows)

    def _task(self, program: KataProgram, mutant: Mutant) -> Task:
        return Task(
            task_id=f"{self.suite}/{program.name}-{short(mutant.text, 6)}",
            suite=self.suite,
            program=program.name,
            entry_point=program.entry_point,
            target=SourceFile(f"{program.name}.py", mutant.text),
            description=program.description,
            oracle=Oracle.CASES,
            cases=program.cases,
            origin=f"{mutant.kind.value} in line {mutant.line}",
            licence="MIT",
        )


def _fate(task: Task, run: TestRun) -> ForgeFate:
    if run.verdict is Verdict.PASSED:
        return ForgeFate.SURVIVED
    if run.verdict is Verdict.TIMEOUT:
        return ForgeFate.HUNG
    if run.verdict is not Verdict.FAILED:
        return ForgeFate.BROKEN
    shown = (result for case, result in zip(task.cases, run.cases, strict=True) if case.shown)
    if all(result.status is CaseStatus.PASSED for result in shown):
        return ForgeFate.ONLY_HELD_BACK
    return ForgeFate.ADMITTED
