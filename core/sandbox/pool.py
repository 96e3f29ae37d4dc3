"""The sandbox: as many runs at once as it has workers, each worker in a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from core.errors import SandboxError
from core.sandbox import case_grades, folders, pytest_grades
from core.sandbox.crew import Crew
from core.sandbox.run import CallCases, RunPytest, TestRun, Verdict
from core.sandbox.zygote.wire import ServerKind
from core.task import Case, Comparator

ExecutorFactory = Callable[[int], Executor]
_T = TypeVar("_T")


class Sandbox:
    """Runs tests while open (`async with`); closing ends every process and removes every file.

    A run that nobody awaits any more still ends by its own limits, and keeps its worker
    until then.
    """

    def __init__(
        self, n_workers: int | None = None, executor_factory: ExecutorFactory | None = None
    ) -> None:
        """One worker per CPU unless told; `executor_factory` gets their number."""
        self.n_workers = n_workers or os.cpu_count() or 1
        self._executor_factory = executor_factory or ThreadPoolExecutor
        self._parts: tuple[Crew, Executor] | None = None
        self._level = ""

    @property
    def level(self) -> str:
        """The confinement in force, as probed when it was opened."""
        return self._level

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the servers that are up."""
        return self._parts[0].pids if self._parts else ()

    async def __aenter__(self) -> Self:
        self._parts = Crew(folders.make_root()), self._executor_factory(self.n_workers)
        try:
            self._level = await self._do(Crew.probe)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the runs under way, whose callers get a SandboxError; a second call does nothing."""
        parts, self._parts = self._parts, None
        if parts is not None:
            crew, executor = parts
            crew.dismiss()
            await asyncio.to_thread(executor.shutdown, wait=True)
            await asyncio.to_thread(crew.clean_up)

    async def call_cases(
        self, request: CallCases, task_cases: Sequence[Case], comparator: Comparator
    ) -> TestRun:
        """Call the program once per case and judge, out here, what it returned."""
        if tuple(case.args for case in task_cases) != request.args:
            raise ValueError("the request calls other arguments than the cases name")
        cases = tuple(task_cases)

        def work(crew: Crew) -> TestRun:
            job = {
                "program": request.program,
                "entry_point": request.entry_point,
                "args": request.args,
                "collects": request.collects,
            }
            reply = crew.run(ServerKind.CASES, job, request.limits, traces=request.traces)
            if reply is None:
                return TestRun(Verdict.WORKER_LOST)
            return case_grades.grade(reply, request, cases, comparator)

        return await self._do(work)

    async def run_pytest(self, request: RunPytest) -> TestRun:
        """Run a pytest file in a fresh tree."""

        def work(crew: Crew) -> TestRun:
            job = {"test_path": request.test_path, "target_path": request.target_path}
            reply = crew.run(
                ServerKind.PYTEST, job, request.limits, traces=request.traces, files=request.files
            )
            if reply is None:
                return TestRun(Verdict.WORKER_LOST)
            return pytest_grades.grade(reply, request)

        return await self._do(work)

    async def _do(self, work: Callable[[Crew], _T]) -> _T:
        if self._parts is None:
            raise SandboxError("the sandbox is not open; no test was run")
        crew, executor = self._parts
        return await asyncio.get_running_loop().run_in_executor(executor, work, crew)
