"""One sandbox for all tests of the room: starting it is the slow part."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, RunPytest, TestRun
from core.task import Case, Comparator

Call = Callable[..., Awaitable[TestRun]]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    shared = Sandbox(2)
    with asyncio.Runner() as runner:
        runner.run(shared.__aenter__())
        yield shared
        runner.run(shared.close())


@pytest.fixture
def call(sandbox: Sandbox) -> Call:
    """Run `f` of a program on cases given as (args, expected)."""

    async def run(
        program: str,
        *cases: tuple[str, str],
        comparator: Comparator = Comparator.EXACT,
        traces: bool = False,
        limits: Limits | None = None,
    ) -> TestRun:
        task_cases = [Case(args, expected, True) for args, expected in cases or [("(1,)", "1")]]
        request = CallCases(
            program=program,
            entry_point="f",
            args=tuple(case.args for case in task_cases),
            collects=comparator is Comparator.ITERATES,
            traces=traces,
            limits=limits or Limits(cpu_s=0.5, wall_s=5),
        )
        return await sandbox.call_cases(request, task_cases, comparator)

    return run


@pytest.fixture
def run_file(sandbox: Sandbox) -> Call:
    """Run the tests in `test_it.py` against `it.py`."""

    async def run(
        program: str,
        tests: str,
        *expected_ids: str,
        support: tuple[tuple[str, str], ...] = (),
        traces: bool = False,
        limits: Limits | None = None,
    ) -> TestRun:
        request = RunPytest(
            files=(*support, ("it.py", program), ("test_it.py", tests)),
            test_path="test_it.py",
            target_path="it.py",
            expected_ids=expected_ids,
            traces=traces,
            limits=limits or Limits(cpu_s=2, wall_s=10),
        )
        return await sandbox.run_pytest(request)

    return run
