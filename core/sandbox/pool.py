"""The sandbox: as many runs at once as it has workers, each worker in a thread of its own.

Threads are what the default executor has; of another one the workers may be processes, also on
other machines: what is handed to it can be sent anywhere.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from core.errors import RefusedError, SandboxError
from core.sandbox import case_grades, folders, pytest_grades
from core.sandbox.client import Errand, Hello
from core.sandbox.crew import Crew
from core.sandbox.notes import refusal, warn
from core.sandbox.run import CallCases, RunPytest, TestRun, Verdict
from core.sandbox.zygote.wire import ServerKind
from core.scratch import make_scratch, sweep
from core.task import Case, Comparator

ExecutorFactory = Callable[[int], Executor]
_T = TypeVar("_T")


class Sandbox:
    """Runs tests while open (`async with`); closing ends every process and removes every file.

    A run that nobody awaits any more still ends by its own limits, and keeps its worker
    until then.
    """

    def __init__(
        self,
        n_workers: int | None = None,
        executor_factory: ExecutorFactory | None = None,
        *,
        allows_unconfined: bool = False,
    ) -> None:
        """One worker per CPU unless told; `executor_factory` gets their number.

        `allows_unconfined`: the user wants runs even where nothing can hold them.
        """
        self.n_workers = n_workers or os.cpu_count() or 1
        self.allows_unconfined = allows_unconfined
        self._executor_factory = executor_factory or ThreadPoolExecutor
        self._parts: tuple[Crew, Executor] | None = None
        self._apart: ThreadPoolExecutor | None = None
        """For what needs no fork server; made when it is first wanted."""
        self._hello: Hello | None = None

    @property
    def level(self) -> str:
        """The confinement in force, as probed when it was opened; empty before."""
        return self._hello.level.value if self._hello else ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of this confinement; empty when all is well."""
        return warn(self._hello, self.allows_unconfined) if self._hello else ()

    def refuse_unconfined(self) -> None:
        """Raise when nothing holds a run on this machine and the user has not allowed that."""
        hello = self._hello
        if hello and not (hello.level.is_confined or self.allows_unconfined):
            raise RefusedError(refusal(hello))

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the servers that are up."""
        return self._parts[0].pids if self._parts else ()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(sweep, folders.remove)
        self._parts = Crew(make_scratch()), self._executor_factory(self.n_workers)
        try:
            self._hello = await self._do(Crew.probe)
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
            apart, self._apart = self._apart, None
            for one in filter(None, (executor, apart)):
                await asyncio.to_thread(one.shutdown, wait=True)
            await asyncio.to_thread(crew.clean_up)

    async def call_cases(
        self, request: CallCases, task_cases: Sequence[Case], comparator: Comparator
    ) -> TestRun:
        """Call the program once per case and judge, out here, what it returned."""
        if tuple(case.args for case in task_cases) != request.args:
            raise ValueError("the request calls other arguments than the cases name")
        cases = tuple(task_cases)

        job = {
            "program": request.program,
            "entry_point": request.entry_point,
            "args": request.args,
            "collects": request.collects,
        }
        errand = Errand(ServerKind.CASES, job, request.limits, request.traces)

        self.refuse_unconfined()
        return await self._do(_call_cases, errand, request, cases, comparator)

    async def run_pytest(self, request: RunPytest) -> TestRun:
        """Run a pytest file in a fresh tree."""
        sentinel = pytest_grades.new_sentinel()
        job = {
            "test_path": request.test_path,
            "target_path": request.target_path,
            "sentinel": sentinel,
        }
        kind = ServerKind.PYTEST
        errand = Errand(kind, job, request.limits, request.traces, request.files)

        self.refuse_unconfined()
        return await self._do(_run_pytest, errand, request, sentinel)

    async def run_apart(self, work: Callable[[Callable[[], bool]], _T]) -> _T:
        """Do work that needs no fork server in a thread, in turn with others of its kind.

        It is given a question to ask again and again: whether it should end because of closing.
        """
        self._refuse_closed()
        self._apart = self._apart or ThreadPoolExecutor(self.n_workers)
        return await asyncio.get_running_loop().run_in_executor(
            self._apart, work, lambda: self._parts is None
        )

    async def _do(self, work: Callable[..., _T], *about: object) -> _T:
        crew, executor = self._refuse_closed()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(executor, work, crew, *about)
        except BrokenExecutor as error:
            raise SandboxError(f"the executor of test runs broke: {error}") from error

    def _refuse_closed(self) -> tuple[Crew, Executor]:
        if self._parts is None:
            raise SandboxError("the sandbox is not open; no test was run")
        return self._parts


def _call_cases(
    crew: Crew, errand: Errand, request: CallCases, cases: Sequence[Case], comparator: Comparator
) -> TestRun:
    reply = crew.run(errand)
    if reply is None:
        return TestRun(Verdict.WORKER_LOST)
    return case_grades.grade(reply, request, cases, comparator)


def _run_pytest(crew: Crew, errand: Errand, request: RunPytest, sentinel: str) -> TestRun:
    reply = crew.run(errand)
    if reply is None:
        return TestRun(Verdict.WORKER_LOST)
    return pytest_grades.grade(reply, request, sentinel)
