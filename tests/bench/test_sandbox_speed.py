"""The sandbox against plain pytest in a subprocess, in the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, RunPytest, TestRun, Verdict
from core.task import Case, Comparator

PROGRAM = "def gcd(a, b):\n    if b == 0:\n        return a\n    return gcd(b, a % b)\n"
VALUES = (
    (17, 0, 17),
    (13, 13, 13),
    (37, 600, 1),
    (20, 100, 20),
    (624129, 2061517, 18913),
    (3, 12, 3),
)
TESTS = (
    "import pytest\nfrom gcd import gcd\n"
    f"@pytest.mark.parametrize('a,b,c', {VALUES!r})\n"
    "def test_gcd(a, b, c):\n    assert gcd(a, b) == c\n"
)
CASES = tuple(Case(f"({a}, {b})", f"{c}", True) for a, b, c in VALUES)


async def _median_ms(run: Callable[[], Awaitable[TestRun]], n_runs: int) -> float:
    times = []
    for _ in range(n_runs):
        began = time.perf_counter()
        assert (await run()).verdict is Verdict.PASSED
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _subprocess_ms(folder: Path, n_runs: int) -> float:
    (folder / "gcd.py").write_text(PROGRAM)
    (folder / "test_gcd.py").write_text(TESTS)
    times = []
    for _ in range(n_runs):
        began = time.perf_counter()
        command = [sys.executable, "-m", "pytest", "-q", "test_gcd.py"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


@pytest.mark.bench
async def test_a_run_of_cases_is_twenty_times_faster_than_pytest_in_a_subprocess(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = CallCases(PROGRAM, "gcd", tuple(case.args for case in CASES))
    tree = RunPytest((("gcd.py", PROGRAM), ("test_gcd.py", TESTS)), "test_gcd.py", "gcd.py")
    async with Sandbox(1) as sandbox:
        await sandbox.run_pytest(tree)
        plain_ms = _subprocess_ms(tmp_path, 7)
        cases_ms = await _median_ms(lambda: sandbox.call_cases(cases, CASES, Comparator.EXACT), 200)
        pytest_ms = await _median_ms(lambda: sandbox.run_pytest(tree), 25)
    with capsys.disabled():
        sys.stdout.write(
            f"\nsubprocess {plain_ms:.0f} ms, cases {cases_ms:.1f} ms"
            f" ({plain_ms / cases_ms:.0f}x), pytest in a fork {pytest_ms:.0f} ms"
            f" ({plain_ms / pytest_ms:.1f}x)\n"
        )
    assert plain_ms / cases_ms >= 20
    assert plain_ms / pytest_ms >= 3
