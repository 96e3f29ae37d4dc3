from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, CaseStatus, Limits, Verdict
from core.task import Case, Comparator

LIMITS = Limits(cpu_s=0.2, wall_s=60)
CASES = tuple(Case(f"({n},)", f"{n}", True) for n in range(4))
BUSY = "import time\ndef f(a):\n    end = time.process_time() + {s}\n"
BUSY += "    while time.process_time() < end: pass\n    return a\n"
PROGRAMS = {
    "quick": "def f(a): return a",
    "wrong": "def f(a): return a // 2 * 2",
    "half of its time": BUSY.format(s=0.025),
    "more than its time": BUSY.format(s=0.15),
    "endless": "def f(a):\n    while a == 2: pass\n    return a",
    "broken": "def f(a): return 1 // (a - 1)",
}


async def verdicts(sandbox: Sandbox) -> dict[str, tuple[Verdict, tuple[CaseStatus, ...]]]:
    found = {}
    for name, program in PROGRAMS.items():
        request = CallCases(program, "f", tuple(case.args for case in CASES), limits=LIMITS)
        run = await sandbox.call_cases(request, CASES, Comparator.EXACT)
        found[name] = run.verdict, tuple(case.status for case in run.cases)
    return found


@contextmanager
def two_rivals() -> Iterator[None]:
    """Two busy processes on the one core that this thread and its children are held to."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    command = [sys.executable, "-I", "-S", "-c", "while True: pass"]
    try:
        with ExitStack() as stack:
            for _ in range(2):
                rival = stack.enter_context(subprocess.Popen(command))
                stack.callback(rival.kill)
            yield
    finally:
        os.sched_setaffinity(0, cores)


@pytest.mark.skipif(sys.platform != "linux", reason="cores can only be chosen on Linux")
async def test_verdicts_are_the_same_on_a_machine_three_times_as_slow() -> None:
    async with Sandbox(1) as sandbox:
        normal = await verdicts(sandbox)
    with two_rivals():
        async with Sandbox(1) as sandbox:
            slow = await verdicts(sandbox)
    assert slow == normal
    assert [verdict for verdict, _ in normal.values()] == [
        *(Verdict.PASSED, Verdict.FAILED, Verdict.PASSED),
        *(Verdict.TIMEOUT, Verdict.TIMEOUT, Verdict.FAILED),
    ]
