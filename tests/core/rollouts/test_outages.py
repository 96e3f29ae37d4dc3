"""What infrastructure ended says nothing of a policy, whoever is asked for its pass rate."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.errors import RefusedError
from core.events import Event, ProgressMade
from core.live import LiveStage
from core.rollouts.operations import RunOptions
from tests.core.rollouts.held import until
from tests.core.rollouts.served import served
from tests.core.together.chat import refused

_LIMITS = Limits(n_iterations=8)


async def test_every_command_gives_the_same_pass_rate_of_a_run_with_errors(
    workspace: Path,
) -> None:
    refusals = [refused(400)] * 5
    told: list[Event] = []
    async with served(workspace, *refusals, n_concurrent=1, emit=told.append) as (_, name, engine):
        options = RunOptions(name, 2, n_tasks=5, limits=_LIMITS)
        report = await engine.run_rollouts(options)
        n_passed = report.outcomes["passed"]
        assert report.outcomes["error"] == 5
        assert 0 < n_passed <= 5
        rate = n_passed / 5
        measured = (await engine.measure_run(report.run_id)).measured
        sample = await engine.sample_run(report.run_id)
        assert report.pass_rate == measured.pass_rate == rate
        assert (
            sum(
                row.n_passed + row.n_failed
                for row in (await engine.show_contrast(report.run_id)).tasks
            )
            == 5
        )
    assert {f.mean for f in sample.figures if f.name == "pass rate"} == {rate}
    notes = [event.note for event in told if isinstance(event, ProgressMade)]
    assert notes[-1] == f"{n_passed} passed ({rate:.0%}), 5 without a verdict"


async def test_a_service_that_wants_a_day_of_rest_stops_the_run_and_a_resume_finishes_it(
    workspace: Path,
) -> None:
    async with served(workspace, refused(429, retry_after="86400"), n_concurrent=3) as (
        _,
        name,
        engine,
    ):
        with pytest.raises(RefusedError, match="left alone for 1,440 min"):
            async with asyncio.timeout(30.0):
                await engine.run_rollouts(RunOptions(name, 2, n_tasks=4, limits=_LIMITS))
        (run,) = await engine.list_runs()
        stopped = await engine.show_run(run.run_id)
        assert (stopped.status, stopped.outcomes.get("error", 0)) == ("stopped", 0)
        assert "left alone" in stopped.reason
        whole = await engine.resume_run(run.run_id)
        assert (whole.status, whole.n_rollouts) == ("finished", whole.n_planned)


async def test_a_wait_for_a_busy_model_is_shown_and_ends_with_the_wall_time(
    workspace: Path,
) -> None:
    async with served(workspace, refused(429, retry_after="60"), n_concurrent=3) as (
        _,
        name,
        engine,
    ):
        limits = Limits(n_iterations=8, wall_s=0.6)
        running = asyncio.create_task(
            engine.run_rollouts(RunOptions(name, 1, n_tasks=3, limits=limits))
        )
        seen: list[tuple[LiveStage, float]] = []

        def is_waiting() -> bool:
            for live in engine.context.live.runs():
                seen.extend((each.stage, live.rest_s) for each in live.rollouts)
            return any(stage is LiveStage.WAITING and rest_s > 30 for stage, rest_s in seen)

        await until(is_waiting, "one waits for a turn, and says how long")
        async with asyncio.timeout(30.0):
            report = await running
        assert (report.status, report.n_rollouts) == ("finished", 3)
