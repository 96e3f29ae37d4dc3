"""What is known of a program, or is being found out, is not run again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.rollouts.grading import TaskGrader
from core.sandbox.pool import Sandbox
from core.sandbox.run import Verdict
from tests.core.sandbox.test_tasks import RIGHT, TASK


@pytest.fixture(name="grader")
async def _grader() -> AsyncIterator[TaskGrader]:
    async with Sandbox(2) as sandbox:
        yield TaskGrader(sandbox, TASK)


async def test_the_same_program_is_run_once_however_many_want_it(grader: TaskGrader) -> None:
    right, same, wrong = ((("twice.py", text),) for text in (RIGHT, RIGHT, RIGHT + "# \n"))
    runs = await asyncio.gather(*(grader.all(each) for each in (right, same, wrong)))
    assert runs[0] is runs[1], "one run for both"
    assert runs[2] is not runs[0]
    assert {run.verdict for run in runs} == {Verdict.PASSED}
    assert await grader.all(right) is runs[0]
    assert await grader.shown(right) is not runs[0], "other tests"


async def test_who_waits_runs_the_program_when_the_first_is_cut_off(grader: TaskGrader) -> None:
    right = (("twice.py", RIGHT),)
    first, second = (asyncio.create_task(grader.all(right)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).verdict is Verdict.PASSED
    assert first.cancelled()
