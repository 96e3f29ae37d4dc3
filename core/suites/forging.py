"""Turns proposed mutants into tasks: each is run, and only what fails a shown test stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from core.clock import Clock
from core.digest import derive_seed, digest, short
from core.errors import RefusedError, UnfitTaskError
from core.events import Emit
from core.sandbox.pool import Sandbox
from core.sandbox.run import CaseStatus, TestRun, Verdict
from core.sandbox.tasks import run_tests
from core.store.database import Store
from core.store.imports import ForgePart, load_parts, save_part
from core.store.suites import MutantRow
from core.suites.forge import ForgeFate, Mutant, mutants
from core.suites.progress import Progress
from core.suites.side_by_side import for_each
from core.suites.source import slug
from core.suites.steadiness import CHECK_LIMITS, cpu_limit
from core.task import Oracle, Reference, SourceFile, Task

_FLOOR_S = 0.3
"""A mutant that needs more CPU time, and many times what its program needs, hangs."""
_SPARE = 2
"""Mutants proposed for each one wanted: some survive, some hang."""


@dataclass(frozen=True, slots=True)
class Forged:
    """A suite made of mutants, or the part of one program."""

    tasks: tuple[Task, ...] = ()
    references: tuple[Reference, ...] = ()
    mutants: tuple[MutantRow, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    """Programs from which nothing was made, and why."""


@dataclass(slots=True)
class Forge:
    """Makes one suite; the same seed makes the same suite, stopped and begun again or not."""

    store: Store
    sandbox: Sandbox
    clock: Clock
    emit: Emit
    suite: str
    seed: int
    n_per_program: int
    n_concurrent: int = 4
    _made: dict[int, Forged] = field(default_factory=dict)

    async def make(self, programs: Sequence[Task]) -> Forged:
        """Forge all programs, each given as a task whose target is correct."""
        forge_id = digest([self.suite, self.seed, self.n_per_program, list(programs)])
        for n, body in (await load_parts(self.store, forge_id)).items():
            self._made[n] = msgspec.json.decode(body, type=Forged)
        todo = [n for n in range(len(programs)) if n not in self._made]
        n_before = len(self._made)
        progress = Progress(self.emit, self.clock, "forge", len(programs), n_before)
        progress.begin()
        self.sandbox.refuse_unconfined()

        async def work(n: int) -> None:
            try:
                self._made[n] = forged = await self._one(programs[n])
                body = msgspec.json.encode(forged).decode()
                await save_part(self.store, ForgePart(forge_id, self.suite, n, body))
            except RefusedError as refusal:  # it may be there the next time: nothing is stored
                self._made[n] = _nothing(programs[n], str(refusal))
            progress.step(f"{sum(len(p.tasks) for p in self._made.values())} tasks")

        await for_each(todo, work, self.n_concurrent)
        parts = [self._made[n] for n in range(len(programs))]
        return Forged(
            tuple(task for part in parts for task in part.tasks),
            tuple(reference for part in parts for reference in part.references),
            tuple(row for part in parts for row in part.mutants),
            tuple(problem for part in parts for problem in part.problems),
        )

    async def _one(self, program: Task) -> Forged:
        try:
            return await self._forge(program)
        except UnfitTaskError as error:
            return _nothing(program, f"its tests cannot be run: {error}")

    async def _forge(self, program: Task) -> Forged:
        known, reason = await self._try(program)
        if reason:
            return _nothing(program, reason)
        seed = derive_seed(self.seed, program.program)
        tasks: list[Task] = []
        rows: list[MutantRow] = []
        for mutant in mutants(program.target.text, seed, _SPARE * self.n_per_program):
            if len(tasks) == self.n_per_program:
                break
            task = self._task(program, mutant)
            run = await run_tests(
                self.sandbox,
                replace(known, target=task.target),
                mutant.text,
                expected_ids=known.test_ids,
            )
            fate = _fate(task, run)
            is_admitted = fate is ForgeFate.ADMITTED
            if is_admitted:
                tasks.append(task)
            task_id = task.task_id if is_admitted else None
            kind = mutant.kind.value
            rows.append(
                MutantRow(self.suite, program.program, kind, mutant.line, fate.value, task_id)
            )
        if not rows:
            return _nothing(program, "it gives no occasion for a mistake")
        references = tuple(Reference(task.task_id, program.target.text) for task in tasks)
        return Forged(tuple(tasks), references, tuple(rows))

    async def _try(self, program: Task) -> tuple[Task, str]:
        """The program with what its own run tells, or why it cannot be used."""
        run = await run_tests(self.sandbox, program, program.target.text, limits=CHECK_LIMITS)
        if run.verdict is not Verdict.PASSED:
            failing = run.failing[0].name if run.failing else "no test was reported"
            return program, f"it does not pass its own tests ({run.verdict.value}): {failing}"
        limit_s = max(_FLOOR_S, cpu_limit(program, [run]))
        return replace(program, cpu_limit_s=limit_s, test_ids=run.passed_ids), ""

    def _task(self, program: Task, mutant: Mutant) -> Task:
        name = f"{slug(program.program)}-{short(mutant.text, 6)}"
        return replace(
            program,
            task_id=f"{self.suite}/{name}",
            suite=self.suite,
            target=SourceFile(program.target.path, mutant.text),
            origin=f"{mutant.kind.value} in line {mutant.line}",
        )


def _nothing(program: Task, reason: str) -> Forged:
    return Forged(problems=((program.program, reason),))


def _fate(task: Task, run: TestRun) -> ForgeFate:
    if run.verdict is Verdict.PASSED:
        return ForgeFate.SURVIVED
    if run.verdict is Verdict.TIMEOUT:
        return ForgeFate.HUNG
    if run.verdict is not Verdict.FAILED:
        return ForgeFate.BROKEN
    if task.oracle is not Oracle.CASES:
        return ForgeFate.ADMITTED
    shown = (result for case, result in zip(task.cases, run.cases, strict=True) if case.shown)
    if all(result.status is CaseStatus.PASSED for result in shown):
        return ForgeFate.ONLY_HELD_BACK
    return ForgeFate.ADMITTED
