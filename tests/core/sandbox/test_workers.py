from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, RunPytest, TestRun, Verdict
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


def begun(folder: Path) -> int:
    """How many runs have told that they are under way."""
    return sum(1 for _ in folder.iterdir())


def telling(folder: Path) -> str:
    """A program whose first run waits in its call; every run tells that it is there, and where."""
    return (
        "import os, time\n"
        f"folder = {str(folder)!r}\n"
        "number = len(os.listdir(folder))\n"
        "with open(f'{folder}/{number}', 'w') as file: file.write(os.getcwd())\n"
        "def f(a):\n    if number == 0: time.sleep(60)\n    return a\n"
    )


async def test_a_run_whose_server_is_killed_is_made_again(tmp_path: Path) -> None:
    async with Sandbox(1) as sandbox:
        (pid,) = sandbox.pids
        run = asyncio.ensure_future(ask(sandbox, telling(tmp_path)))
        await until(lambda: begun(tmp_path) == 1)
        os.kill(pid, signal.SIGKILL)
        assert (await run).verdict is Verdict.PASSED
        assert begun(tmp_path) == 2
        assert sandbox.pids != (pid,)


async def test_a_frozen_server_is_replaced(tmp_path: Path) -> None:
    async with Sandbox(1) as sandbox:
        (pid,) = sandbox.pids
        os.kill(pid, signal.SIGSTOP)
        run = await ask(sandbox, telling(tmp_path), Limits(wall_s=0.2))
        assert run.verdict is Verdict.TIMEOUT
        assert not is_alive(pid)
        assert (await ask(sandbox, telling(tmp_path))).verdict is Verdict.PASSED


async def test_a_program_that_kills_its_server_twice_gets_no_verdict() -> None:
    program = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\ndef f(a): return a"
    async with Sandbox(1) as sandbox:
        run = await ask(sandbox, program)
        assert run.verdict is Verdict.WORKER_LOST
        assert (await ask(sandbox, "def f(a): return a")).verdict is Verdict.PASSED


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphaned runs only on Linux")
async def test_a_run_dies_with_its_server(tmp_path: Path) -> None:
    program = f"import os, time\nopen({str(tmp_path)!r} + f'/{{os.getpid()}}', 'w').close()\n"
    program += "time.sleep(60)"
    async with Sandbox(1) as sandbox:
        run = asyncio.ensure_future(ask(sandbox, program, Limits(wall_s=5)))
        await until(lambda: begun(tmp_path) == 1)
        (pid,) = map(int, os.listdir(tmp_path))
        os.kill(sandbox.pids[0], signal.SIGKILL)
        await until(lambda: not is_alive(pid))
        run.cancel()


async def test_cancelled_callers_leave_a_pool_that_works(tmp_path: Path) -> None:
    async with Sandbox(1) as sandbox:
        runs = [
            asyncio.ensure_future(ask(sandbox, telling(tmp_path), Limits(wall_s=0.5)))
            for _ in range(4)
        ]
        await until(lambda: begun(tmp_path) == 1)
        for run in runs:
            run.cancel()
        assert all(
            isinstance(result, asyncio.CancelledError)
            for result in await asyncio.gather(*runs, return_exceptions=True)
        )
        assert (await ask(sandbox, "def f(a): return a")).verdict is Verdict.PASSED


async def test_closing_ends_runs_processes_and_files(tmp_path: Path) -> None:
    sandbox = Sandbox(1)
    async with sandbox:
        pids = sandbox.pids
        runs = [asyncio.ensure_future(ask(sandbox, telling(tmp_path))) for _ in range(3)]
        await until(lambda: begun(tmp_path) == 1)
        root = (tmp_path / "0").read_text().rpartition("/")[0]
        assert os.stat(root).st_mode & 0o777 == 0o700
        await sandbox.close()
    results = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(result) for result in results] == [SandboxError] * 3
    assert os.path.basename(root) not in os.listdir(os.path.dirname(root))
    assert not any(is_alive(pid) for pid in pids)
    with pytest.raises(SandboxError, match="not open"):
        await ask(sandbox, "def f(a): return a")


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
    many = programs * 25
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


async def test_the_level_names_what_is_in_force(sandbox: Sandbox) -> None:
    assert Sandbox(1).level == ""
    assert sandbox.level == "rlimits"


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
