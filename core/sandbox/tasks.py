"""Runs the tests of a task against a program: the one call that agents and graders make."""

from __future__ import annotations

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, RunPytest, TestRun
from core.task import Comparator, Oracle, Task

_MIN_WALL_S = 10.0
_WALL_PER_CPU = 10.0


async def run_tests(
    sandbox: Sandbox,
    task: Task,
    program: str,
    *,
    shown_only: bool = False,
    traces: bool = False,
    limits: Limits | None = None,
    expected_ids: tuple[str, ...] = (),
) -> TestRun:
    """Grade `program` as the task's target file.

    `shown_only` leaves the held-back cases out and means nothing to pytest tasks, as
    `expected_ids` means nothing to cases. Limits default to the task's own.
    """
    limits = limits or default_limits(task)
    if task.oracle is Oracle.PYTEST:
        return await sandbox.run_pytest(
            RunPytest(
                files=_tree(task, program),
                test_path=task.test_path,
                target_path=task.target.path,
                expected_ids=expected_ids,
                traces=traces,
                limits=limits,
            )
        )
    cases = tuple(case for case in task.cases if case.shown or not shown_only)
    request = CallCases(
        program=program,
        entry_point=task.entry_point,
        args=tuple(case.args for case in cases),
        collects=task.comparator is Comparator.ITERATES,
        traces=traces,
        limits=limits,
    )
    return await sandbox.call_cases(request, cases, task.comparator)


def default_limits(task: Task) -> Limits:
    """The task's CPU limit, and a wall clock that only code that waits can reach."""
    wall_s = max(_MIN_WALL_S, _WALL_PER_CPU * task.cpu_limit_s)
    return Limits(cpu_s=task.cpu_limit_s, wall_s=wall_s)


def _tree(task: Task, program: str) -> tuple[tuple[str, str], ...]:
    """The target last: no support file of its path can stand in for it."""
    support = [(file.path, file.text) for file in task.support]
    return (*support, (task.target.path, program))
