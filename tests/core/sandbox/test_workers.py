from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, RunPytest, TestRun, Verdict
from core.sandbox.zygote.wire import Level
from core.task import Case, Comparator

CASES = (Case("(1,)", "1", True), Case("(2,)", "2", True))


def ask(sandbox: Sandbox, program: str, limits: Limits | None = None) -> Awaitable[TestRun]:
    request = CallCases(
        program, "f", tuple(case.args for case in CASES), limits=limits or Limits(wall_s=5)
    )
    return sandbox.call_cases(request, CASES, Comparator.EXACT)


async def until(is_true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not is_true():  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.005)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def runs_of(pid: int) -> list[int]:
    """Runs that are under way in a server: its children."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=False)
    return [int(word) for word in found.stdout.split()]


SLEEPS = "import time\ntime.sleep(60)"
ECHO = "def f(a): return a"


async def test_a_run_whose_server_is_killed_is_made_again() -> None:
    async with Sandbox(1) as sandbox:
        (pid,) = sandbox.pids
        run = asyncio.ensure_future(ask(sandbox, SLEEPS, Limits(wall_s=1)))
        await until(lambda: runs_of(pid))
        os.kill(pid, signal.SIGKILL)
        assert (await run).verdict is Verdict.TIMEOUT
        assert sandbox.pids != (pid,)


async def test_a_frozen_server_is_replaced_and_its_run_made_again() -> None:
    async with Sandbox(1) as sandbox:
        (pid,) = sandbox.pids
        os.kill(pid, signal.SIGSTOP)
        run = await ask(sandbox, ECHO, Limits(wall_s=0.2))
        assert run.verdict is Verdict.PASSED
        assert not is_alive(pid)


async def test_a_tidied_up_temporary_folder_costs_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with Sandbox(1) as sandbox:
        for name in os.listdir(tmp_path):
            shutil.rmtree(tmp_path / name)
        assert (await ask(sandbox, ECHO)).verdict is Verdict.PASSED


async def test_a_run_that_loses_two_servers_gets_no_verdict() -> None:
    async with Sandbox(1) as sandbox:
        run = asyncio.ensure_future(ask(sandbox, SLEEPS))
        for _ in range(2):
            await until(lambda: any(map(runs_of, sandbox.pids)))
            (pid,) = sandbox.pids
            os.kill(pid, signal.SIGKILL)
            await until(lambda: pid not in sandbox.pids)  # noqa: B023 - awaited right here
        assert (await run).verdict is Verdict.WORKER_LOST
        assert (await ask(sandbox, ECHO)).verdict is Verdict.PASSED


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphaned runs only on Linux")
async def test_a_run_dies_with_its_server() -> None:
    async with Sandbox(1) as sandbox:
        (server,) = sandbox.pids
        run = asyncio.ensure_future(ask(sandbox, SLEEPS, Limits(wall_s=1)))
        await until(lambda: runs_of(server))
        (pid,) = runs_of(server)
        os.kill(server, signal.SIGKILL)
        await until(lambda: not is_alive(pid))
        run.cancel()


async def test_cancelled_callers_leave_a_pool_that_works() -> None:
    async with Sandbox(1) as sandbox:
        (pid,) = sandbox.pids
        runs = [asyncio.ensure_future(ask(sandbox, SLEEPS, Limits(wall_s=0.5))) for _ in range(4)]
        await until(lambda: runs_of(pid))
        for run in runs:
            run.cancel()
        assert all(
            isinstance(result, asyncio.CancelledError)
            for result in await asyncio.gather(*runs, return_exceptions=True)
        )
        assert (await ask(sandbox, "def f(a): return a")).verdict is Verdict.PASSED


async def test_closing_ends_runs_processes_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sandbox = Sandbox(1)
    async with sandbox:
        pids = sandbox.pids
        runs = [asyncio.ensure_future(ask(sandbox, SLEEPS)) for _ in range(3)]
        await until(lambda: runs_of(pids[0]))
        (root,) = os.listdir(tmp_path)
        assert os.stat(tmp_path / root).st_mode & 0o777 == 0o700
        await sandbox.close()
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(result) for result in results] == [SandboxError] * 3
    assert os.listdir(tmp_path) == []
    assert not any(is_alive(pid) for pid in pids)
    with pytest.raises(SandboxError, match="not open"):
        await ask(sandbox, ECHO)


async def test_many_runs_at_once_end_as_they_do_alone(sandbox: Sandbox) -> None:
    programs = [
        "def f(a): return a",
        "def f(a): return a - 1",
        "def f(a): return 1 // (a - 1)",
        "import os\ndef f(a): os._exit(a)",
        "def f(a):\n    while a == 2: pass\n    return a",
        "import random\ndef f(a): return list({'a', 'b', 'c'}), random.random()",
        "def f(a): print('x' * 100_000); return a",
        "def f(a): return a +",
    ]
    limits = Limits(cpu_s=0.05, wall_s=20)

    async def one(program: str) -> tuple[object, ...]:
        run = await ask(sandbox, program, limits)
        return run.verdict, run.stdout, [(case.status, case.detail) for case in run.cases]

    alone = {program: await one(program) for program in programs}
    many = programs * 12
    together = await asyncio.gather(*[one(program) for program in many])
    assert together == [alone[program] for program in many]


async def test_both_kinds_of_runs_share_a_pool(sandbox: Sandbox) -> None:
    files = (("it.py", "X = 1\n"), ("test_it.py", "import it\ndef test_x(): assert it.X == 1\n"))
    request = RunPytest(files, "test_it.py", "it.py")
    runs = await asyncio.gather(
        *[sandbox.run_pytest(request) for _ in range(6)],
        *[ask(sandbox, "def f(a): return a") for _ in range(6)],
    )
    assert {run.verdict for run in runs} == {Verdict.PASSED}


async def test_the_executor_is_whatever_the_factory_makes() -> None:
    made: list[Executor] = []

    def factory(n_workers: int) -> Executor:
        made.append(ThreadPoolExecutor(n_workers + 1))
        return made[0]

    async with Sandbox(1, factory) as sandbox:
        runs = await asyncio.gather(*[ask(sandbox, ECHO) for _ in range(8)])
        assert {run.verdict for run in runs} == {Verdict.PASSED}
        assert len(sandbox.pids) == 2
    with pytest.raises(RuntimeError, match="after shutdown"):
        made[0].submit(int)


async def test_an_executor_of_processes_works_as_well_and_leaves_nothing() -> None:
    def factory(n_workers: int) -> Executor:
        return ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn"))

    program = "import os\ndef f(a): return a if a < 9 else os.getppid()"
    async with Sandbox(1, factory) as sandbox:
        assert sandbox.level == Level.LANDLOCK
        assert sandbox.pids == ()  # its servers are children of other processes
        runs = await asyncio.gather(*[ask(sandbox, program) for _ in range(4)])
        assert {run.verdict for run in runs} == {Verdict.PASSED}
        case = Case("(9,)", "0", shown=True)
        request = CallCases(program, "f", (case.args,))
        told = (await sandbox.call_cases(request, (case,), Comparator.EXACT)).cases[0].detail
        pid = int(told.rpartition(" ")[2])
        assert is_alive(pid)
    await until(lambda: not is_alive(pid))


async def test_a_sandbox_that_was_closed_can_be_opened_again() -> None:
    sandbox = Sandbox(1)
    for _ in range(2):
        async with sandbox:
            assert (await ask(sandbox, ECHO)).verdict is Verdict.PASSED
            assert await sandbox.run_apart(lambda is_over: is_over()) is False
        with pytest.raises(SandboxError, match="not open"):
            await sandbox.run_apart(lambda is_over: is_over())


async def test_a_broken_executor_is_no_verdict() -> None:
    def factory(n_workers: int) -> Executor:
        return ProcessPoolExecutor(n_workers, multiprocessing.get_context("spawn"))

    async with Sandbox(1, factory) as sandbox:
        executor = sandbox._parts[1] if sandbox._parts else None
        assert isinstance(executor, ProcessPoolExecutor)
        for process in executor._processes.values():
            process.kill()
        with pytest.raises(SandboxError, match="executor of test runs broke"):
            await ask(sandbox, ECHO)


async def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such library' >&2\nexit 1\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(SandboxError, match="did not start: no such library"):
        await Sandbox(1).__aenter__()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(SandboxError, match=r"did not start: .*No such file"):
        await Sandbox(1).__aenter__()
