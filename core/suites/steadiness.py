"""When a task's runs may be trusted: how long they may take here, and what makes them unsteady.

The limit of a task is a multiple of what its reference needs on this machine, wide enough that
a machine, or a moment, that is three times as slow gives the same verdicts. The last run of each
side proves that: it gets a third of the limit.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.sandbox.run import CaseStatus, Limits, TestRun, Verdict
from core.task import Oracle, Task

CHECK_LIMITS = Limits(cpu_s=20.0, wall_s=60.0)
SLOWNESS = 3.0
"""How much slower a run may be without another verdict."""

_FACTOR, _SLACK_S = 10.0, 2.0
_LEAST_FACTOR = 2.0 * SLOWNESS
_FLOORS_S = {Oracle.CASES: 0.1, Oracle.PYTEST: 0.5, Oracle.JUNIT: 3.0}
_MIN_WALL_S = 10.0
_WALL_PER_CPU = 10.0


def cpu_limit(task: Task, good: Sequence[TestRun]) -> float:
    """Ten times what the reference needs; less for slow ones, but never near what they need."""
    needed = max(run.cpu_s for run in good)
    wished = max(min(_FACTOR * needed, needed + _SLACK_S), _LEAST_FACTOR * needed)
    return max(_FLOORS_S.get(task.oracle, 0.0), wished)


def slowed(cpu_limit_s: float) -> Limits:
    """What a run gets on a machine that is slower by `SLOWNESS`."""
    wall_s = max(_MIN_WALL_S, _WALL_PER_CPU * cpu_limit_s)
    return Limits(cpu_s=cpu_limit_s / SLOWNESS, wall_s=wall_s)


def traced(task: Task) -> Limits:
    """Tracing slows a program down some twentyfold; the first run may take that long."""
    return Limits(cpu_s=20.0 * task.cpu_limit_s, wall_s=60.0 + 20.0 * task.cpu_limit_s)


def why_not(good: Sequence[TestRun], bad: Sequence[TestRun], *, is_last_slowed: bool) -> str:
    """Why a task is not usable; empty when it is."""
    if failed := [run for run in good if run.verdict is not Verdict.PASSED]:
        return _why_reference(good, failed, is_last_slowed=is_last_slowed)
    if passed := [run for run in bad if run.verdict is Verdict.PASSED]:
        sometimes = " sometimes" if len(passed) < len(bad) else ""
        return f"its buggy program{sometimes} passes the tests"
    if len({_passed(run) for run in (bad[:-1] if is_last_slowed else bad)}) > 1:
        return "its tests are not steady: two runs of one program differ"
    return ""


def _why_reference(
    good: Sequence[TestRun], failed: Sequence[TestRun], *, is_last_slowed: bool
) -> str:
    run = failed[0]
    case = run.failing[0].name if run.failing else "no test was reported"
    what = f"({run.verdict.value}): {case}"
    if len(failed) == len(good):
        return f"its reference does not pass {what}"
    if is_last_slowed and len(failed) == 1 and run is good[-1]:
        return f"its reference does not pass on a machine that is {SLOWNESS:g} times slower {what}"
    return f"its tests are not steady: its reference passes only sometimes {what}"


def _passed(run: TestRun) -> tuple[str, ...]:
    """Which cases passed; a slow failure may end in either limit and still be the same."""
    return tuple(case.name for case in run.cases if case.status is CaseStatus.PASSED)
