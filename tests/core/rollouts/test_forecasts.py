"""Forecasts of runs: stored before the first call, shown meanwhile, graded at the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.errors import CeilingError, UsageError
from core.outcome import Outcome
from core.rollouts.operations import RunOptions
from core.rollouts.outlook import Outlook
from core.rollouts.plan import Slot
from core.store.forecasts import find_forecast
from tests.core.rollouts.held import N_CALLS, held_run, until
from tests.core.rollouts.served import served
from tests.core.together.chat import silent
from tui.commands.forecast_show import cost_text

_LIMITS = Limits(n_iterations=3)


async def test_what_a_dry_run_says_is_stored_when_the_run_begins_and_graded_when_it_ends(
    workspace: Path,
) -> None:
    async with served(workspace) as (_, name, engine):
        options = RunOptions(name, 2, n_tasks=8, limits=_LIMITS)
        preview = await engine.preview_run(options)
        assert preview.forecast[0].basis.startswith("a guess")
        assert await engine.forecasts() == []
        report = await engine.run_rollouts(options)
        stored = await find_forecast(engine.context.store, report.run_id)
        assert [replace(row, run_id="", made_at=preview.forecast[0].made_at) for row in stored] == (
            list(preview.forecast)
        )
        (past,) = await engine.forecasts()
        figures = {figure.figure: figure for figure in past.figures}
        cost = figures["cost"]
        assert (past.status, past.n_rollouts, past.n_rollouts_done) == ("finished", 16, 16)
        assert cost.actual == report.cost_microusd > 0
        assert cost.error == pytest.approx(report.cost_microusd / cost.mean - 1.0)
        assert cost.is_inside
        assert cost.worst == preview.cost_most_microusd >= report.cost_microusd
        assert figures["calls"].actual == report.n_calls


async def test_an_arm_that_has_run_before_is_foretold_from_its_rollouts(workspace: Path) -> None:
    async with served(workspace) as (_, name, engine):
        options = RunOptions(name, 1, n_tasks=12, limits=_LIMITS)
        first = await engine.run_rollouts(options)
        again = await engine.preview_run(replace(options, first_seed=50, n_seeds=4))
        cost = again.forecast[0]
        assert cost.basis == "12 rollouts of 12 tasks"
        assert cost.mean == pytest.approx(4 * first.cost_microusd)
        assert cost.low < cost.mean < cost.high < cost.worst
        second = await engine.run_rollouts(replace(options, first_seed=50, n_seeds=4))
        past = (await engine.forecasts())[0]
        assert past.run_id == second.run_id
        assert past.figures[0].actual == second.cost_microusd


async def test_a_run_that_is_cut_off_is_graded_once_it_is_finished(workspace: Path) -> None:
    async with served(workspace) as (_, name, engine):
        options = RunOptions(name, 1, n_tasks=4, limits=_LIMITS, ceiling_microusd=8_000)
        with pytest.raises(CeilingError, match="ceiling"):
            await engine.run_rollouts(options)
        (past,) = await engine.forecasts()
        assert (past.status, past.figures[0].actual) == ("stopped", None)
        await engine.set_ceiling(None, past.run_id)
        await engine.resume_run(past.run_id)
        (graded,) = await engine.forecasts()
        assert graded.figures[0].mean == past.figures[0].mean, "it is what was said at first"
        assert graded.figures[0].actual is not None


@pytest.mark.parametrize("how", ["drained", "put aside"])
async def test_only_a_finished_run_is_graded(workspace: Path, how: str) -> None:
    n_wanted = 40
    async with served(workspace, *[silent()] * 2, n_concurrent=2) as (service, name, engine):
        options = RunOptions(name, n_wanted, n_tasks=1, limits=_LIMITS)
        running = asyncio.create_task(engine.run_rollouts(options))
        await service.is_asked.wait()
        await until(lambda: len(engine.context.live.runs()[0].rollouts) == 2, "two are begun")
        (live,) = await engine.live_runs()
        if how == "drained":
            await engine.drain_run()
        for rollout in live.rollouts:
            await engine.put_rollout_aside(rollout.rollout_id)
        report = await running
        assert report.status == "stopped"
        (past,) = await engine.forecasts()
        assert (past.status, past.n_rollouts_done, past.figures[0].actual) == (
            "stopped",
            None,
            None,
        )
        await engine.resume_run(report.run_id)
        (graded,) = await engine.forecasts()
        assert (graded.status, graded.n_rollouts_done) == ("finished", n_wanted)


async def test_a_run_that_goes_on_says_what_it_will_come_to(workspace: Path) -> None:
    async with held_run(workspace) as held:
        driving, policy = held.start(), held.policy
        await until(lambda: policy.n_begun == 2, "two wait for their first answer")
        cost = held.run.view().cost
        assert cost is not None
        assert (cost.n_left, cost.mean_microusd) == (8, None)
        assert cost.worst_microusd > 8 * 9 * 100, "nine calls of each, on states that grow"
        assert cost_text(cost).startswith("in the end at most $")
        policy.allow(2 * N_CALLS)
        await until(lambda: len(held.run.view().outcomes) > 0 and policy.n_begun == 8, "two ended")
        (live,) = await held.engine.live_runs()
        cost = live.cost
        assert cost is not None
        # Every call costs $0.0001, every rollout three of them.
        assert (cost.n_left, cost.mean_microusd, cost.n_tasks) == (6, 2400, 2)
        assert cost.low_microusd == cost.high_microusd == 2400
        policy.allow(99)
        await driving
        assert held.run.view().cost_microusd == 2400


def test_the_outlook_counts_what_is_in_flight_once_and_stays_below_the_ceiling() -> None:
    first, second = (Slot(name, "arm", name, 0) for name in ("a", "b"))
    outlook = Outlook({("arm", "a"): 500.0, ("arm", "b"): 500.0}, 2_000.0)
    outlook.add(first, Outcome.PASSED, 100)
    outlook.add(second, Outcome.FAILED, 300)
    seen = outlook.view(spent=450, in_flight=50, n_left=2, room=None)
    assert (seen.mean_microusd, seen.worst_microusd) == (400 + 2 * 200, 400 + 1_000)
    capped = outlook.view(spent=450, in_flight=50, n_left=2, room=300)
    assert (capped.mean_microusd, capped.worst_microusd) == (750, 750)
    outlook.add(first, Outcome.ERROR, 9_999)
    assert outlook.view(450, 50, 2, None).mean_microusd == 800, "an error is no sample"
    outlook.again(first)
    assert outlook.view(450, 50, 2, None).worst_microusd == 400 + 1_000


async def test_a_scenario_takes_its_tokens_from_a_run(workspace: Path) -> None:
    async with served(workspace) as (_, name, engine):
        report = await engine.run_rollouts(RunOptions(name, 2, n_tasks=9, limits=_LIMITS))
        sample = await engine.sample_run()
        assert (sample.run_id, sample.n_rollouts, sample.n_tasks) == (report.run_id, 18, 9)
        cost = sample.figures[0]
        assert 18 * cost.mean == pytest.approx(report.cost_microusd)
        assert sample.inputs["generator"] == name
        with pytest.raises(UsageError, match="several arms, name one"):
            await engine.sample_run(arm_id="nonsense")
