"""Runs the tests of a task against a program: the one call that agents and graders make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from core.errors import SandboxError
from core.sandbox import junit
from core.sandbox.java import find_java
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, RunJUnit, RunPytest, TestRun, Verdict
from core.sandbox.zygote.wire import Level
from core.task import Comparator, Oracle, Task

_MIN_WALL_S = 10.0
_WALL_PER_CPU = 10.0
_SCRATCH_BYTES = 16 << 20
_TEMPORARY = re.compile(r"\b(tmp_path|tmp_path_factory|tmpdir|tempfile)\b")


async def run_tests(
    sandbox: Sandbox,
    task: Task,
    program: str,
    *,
    shown_only: bool = False,
    traces: bool = False,
    limits: Limits | None = None,
    expected_ids: tuple[str, ...] = (),
    others: Sequence[tuple[str, str]] = (),
) -> TestRun:
    """Grade `program` as the task's target file, with the texts of `others` in their places.

    Of the other files only those count that a patch may change: tests are always as they were.
    `shown_only` leaves the held-back tests out, where a task tells them apart; what must be
    reported is then its `shown_ids`, and `expected_ids` else, which mean nothing to cases.
    Limits default to the task's own.
    """
    limits = limits or default_limits(task)
    if task.oracle is Oracle.OFFICIAL:
        raise SandboxError(
            f"{task.task_id} is judged by its suite's own program alone; no test was run"
        )
    if task.oracle is not Oracle.CASES:
        if shown_only and task.keeps_held_back and not task.shown_test_path:
            return TestRun(Verdict.WRONG_TESTS)  # there is nothing that may be seen
        is_part = shown_only and bool(task.shown_test_path)
        ids = task.shown_ids if is_part else expected_ids
        test_path = task.shown_test_path if is_part else task.test_path
        files = _tree(task, program, test_path, others)
        if task.oracle is Oracle.JUNIT:
            return await _run_junit(sandbox, RunJUnit(files, test_path, ids, limits))
        return await sandbox.run_pytest(
            RunPytest(
                files=files,
                test_path=test_path,
                target_path=task.target.path,
                expected_ids=ids,
                traces=traces,
                limits=_with_scratch(limits, task),
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


async def _run_junit(sandbox: Sandbox, request: RunJUnit) -> TestRun:
    java = find_java()
    sandbox.refuse_unconfined()
    held = replace(request, level=level_of_programs(sandbox.level))
    return await sandbox.run_apart(lambda is_over: junit.run(held, java, is_over))


def level_of_programs(level: str) -> Level:
    """What must hold a program of its own kind where the fork servers are held so.

    It is never held less than the records of its run say: of the levels that confine, only one
    is within its reach.
    """
    unconfined = (Level.SECCOMP, Level.RLIMITS)
    return Level(level) if level in unconfined else Level.LANDLOCK


def _with_scratch(limits: Limits, task: Task) -> Limits:
    """Room for temporary files when the task's own tests want some; else nothing is writable."""
    wants = any(_TEMPORARY.search(file.text) for file in task.support)
    return replace(limits, scratch_bytes=_SCRATCH_BYTES) if wants else limits


def _tree(
    task: Task, program: str, test_path: str, others: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """The target last: no support file of its path can stand in for it.

    Of shown and held-back tests only those that run: the code under test could read the others.
    """
    unused = {task.test_path, task.shown_test_path} - {test_path}
    patched = {path: text for path, text in others if path in task.editable}
    support = [
        (file.path, patched.get(file.path, file.text))
        for file in task.support
        if file.path not in unused
    ]
    return (*support, (task.target.path, program))
