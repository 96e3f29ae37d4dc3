"""What a run would do is told before it is begun, and nothing is begun by telling it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import open_engine
from core.errors import CeilingError, RefusedError, UsageError
from core.evaluation.operations import EvaluationOptions
from core.rollouts.operations import RunOptions
from core.selection import Selection
from core.store.rollout_pages import RolloutFilter
from core.workspace import Workspace
from tests.core.rollouts.served import served
from tests.core.together.chat import refused


async def test_a_preview_is_the_run_without_the_run(workspace: Path) -> None:
    options = RunOptions(n_seeds=3, n_tasks=5, first_seed=7, limits=Limits(n_iterations=4))
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        preview = await engine.preview_run(options)
        assert (preview.n_tasks, preview.n_seeds, preview.n_rollouts) == (5, 3, 15)
        assert (preview.n_calls_most, preview.n_concurrent) == (60, 15)
        assert (preview.cost_first_microusd, preview.cost_most_microusd) == (0, 0)
        tasks = [task_id for task_id, _ in preview.first[:5]]
        assert len(set(tasks)) == 5, "every task has its turn before any has its second"
        assert [seed for _, seed in preview.first] == [7] * 5 + [8] * 5 + [9] * 2
        assert await engine.list_runs() == []
        report = await engine.run_rollouts(options)
        assert (await engine.run_grid(report.run_id)).task_ids == tuple(sorted(tasks))


async def test_a_run_of_chosen_tasks_is_resumed_with_those(workspace: Path) -> None:
    limits, wanted = Limits(n_iterations=1), Selection(globs=("a*", "b*", "c*"))
    options = RunOptions(n_seeds=1, limits=limits, selection=wanted)
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        names = [name for name, _ in (await engine.preview_run(options)).first]
        assert names
        assert all(name.startswith(("kata/a", "kata/b", "kata/c")) for name in names)
        two = replace(options, n_tasks=2)
        report = await engine.run_rollouts(two)
        begun = (await engine.run_grid(report.run_id)).task_ids
        assert len(begun) == 2
        assert set(begun) <= set(names)
        again = await engine.resume_run(report.run_id)
        assert (again.n_planned, again.n_rollouts) == (2, 2)
        plan = await engine.plan_evaluation(EvaluationOptions(selection=wanted))
        assert 0 < plan.n_tasks < (await engine.plan_evaluation()).n_tasks
        with pytest.raises(UsageError, match="no task kata/none here"):
            await engine.run_rollouts(replace(options, selection=Selection(ids=("kata/none",))))


async def test_a_preview_refuses_what_the_run_would_refuse(workspace: Path) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        with pytest.raises((UsageError, RefusedError)):
            await engine.preview_run(RunOptions("nobody-knows-this"))
        with pytest.raises(UsageError, match="side"):
            await engine.preview_run(RunOptions(), side="nowhere")


async def test_a_resume_is_foretold_at_the_workspaces_prices_for_what_is_missing_alone(
    workspace: Path,
) -> None:
    limits = Limits(n_iterations=3, n_reflections=2)
    async with served(workspace, refused(400), n_concurrent=1) as (_, name, engine):
        options = RunOptions(name, 2, n_tasks=4, limits=limits)
        fresh = await engine.preview_run(options)
        report = await engine.run_rollouts(options)
        assert report.outcomes["error"] == 1
        nothing = await engine.preview_resume(report.run_id)
        assert (nothing.n_rollouts, nothing.cost_most_microusd) == (0, 0)
        again = await engine.preview_resume(report.run_id, retries_errors=True)
        assert (again.n_rollouts, again.n_calls_most) == (1, 3 + 2)
        assert 0 < again.cost_most_microusd < fresh.cost_most_microusd
        page = await engine.rollouts_page(report.run_id, RolloutFilter(outcomes=("error",)))
        (row,) = page.rows
        one = await engine.preview_resume(report.run_id, rollout_id=row.rollout_id)
        assert [task_id for task_id, _ in one.first] == [row.task_id]
        assert one.cost_most_microusd == again.cost_most_microusd


async def test_the_worst_case_of_a_run_is_never_below_what_is_set_aside_for_its_calls(
    workspace: Path,
) -> None:
    async with served(workspace) as (_, name, engine):
        options = RunOptions(name, 1, n_tasks=3, limits=Limits(n_iterations=1))
        preview = await engine.preview_run(options)
        with pytest.raises(CeilingError):
            await engine.run_rollouts(replace(options, ceiling_microusd=1))
        (run,) = await engine.list_runs()
        await engine.set_ceiling(preview.cost_most_microusd, run.run_id)
        await engine.resume_run(run.run_id)
