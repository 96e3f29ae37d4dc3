"""What infrastructure ended says nothing of a policy, whoever is asked for its pass rate."""

from __future__ import annotations

from pathlib import Path

from core.agent.limits import Limits
from core.events import Event, ProgressMade
from core.rollouts.operations import RunOptions
from tests.core.rollouts.served import served
from tests.core.together.chat import refused


async def test_every_command_gives_the_same_pass_rate_of_a_run_with_errors(
    workspace: Path,
) -> None:
    refusals = [refused(400)] * 5
    told: list[Event] = []
    async with served(workspace, *refusals, n_concurrent=1, emit=told.append) as (_, name, engine):
        options = RunOptions(name, 2, n_tasks=5, limits=Limits(n_iterations=8))
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
