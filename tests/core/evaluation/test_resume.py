"""An evaluation that was interrupted goes on to the verdict it would have had at once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import UsageError
from core.evaluation.operations import EvaluationOptions
from core.events import Event, RolloutFinished
from core.workspace import Workspace

_OPTIONS = EvaluationOptions(n_seeds=2, n_tasks=4, budgets=(2, 4))


async def _train(directory: Path) -> str:
    async with open_engine(Workspace(directory)) as engine:
        return (await engine.train()).policy


async def test_a_stopped_evaluation_resumes_to_the_same_result(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    policy = await _train(workspace_with_pairs)
    calm = Path(shutil.copytree(workspace_with_pairs, tmp_path / "calm"))
    async with open_engine(Workspace(calm)) as engine:
        undisturbed = await engine.evaluate(policy, _OPTIONS)

    n_done = 0
    is_enough = asyncio.Event()

    def take(event: Event) -> None:
        nonlocal n_done
        n_done += isinstance(event, RolloutFinished)
        if n_done >= 3:
            is_enough.set()

    async with open_engine(Workspace(workspace_with_pairs), take, n_concurrent=2) as engine:
        evaluating = asyncio.create_task(engine.evaluate(policy, _OPTIONS))
        await is_enough.wait()
        evaluating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await evaluating
        (row,) = await engine.list_evaluations()
        assert row.verdict is None
        run = await engine.show_run(row.run_id)
        assert 3 <= run.n_rollouts < run.n_planned
        with pytest.raises(UsageError, match=f"gemel eval resume {row.evaluation_id}"):
            await engine.show_evaluation()
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        resumed = await engine.resume_evaluation()
        assert resumed.evaluation_id == row.evaluation_id
        assert (resumed.test, resumed.budgets) == (undisturbed.test, undisturbed.budgets)
        assert (resumed.judgement, resumed.rule) == (undisturbed.judgement, undisturbed.rule)
        # What is finished is not judged twice, by whatever way it is resumed.
        await engine.resume_run(row.run_id)
        assert await engine.resume_evaluation(row.evaluation_id) == resumed
        assert len(await engine.list_evaluations()) == 1
        with pytest.raises(UsageError, match="nothing is left to resume"):
            await engine.resume_evaluation()


async def test_a_plan_measures_noise_in_the_newest_evaluation_and_counts_the_test_side(
    workspace_with_pairs: Path,
) -> None:
    policy = await _train(workspace_with_pairs)
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        before = await engine.plan_evaluation(_OPTIONS, policies=("builtin", policy))
        assert (before.n_tasks, before.n_rollouts, before.noise_from) == (4, 16, "")
        report = await engine.evaluate(policy, _OPTIONS)
        after = await engine.plan_evaluation(_OPTIONS)
        assert after.noise_from == report.evaluation_id
        with pytest.raises(UsageError, match="no policy"):
            await engine.plan_evaluation(_OPTIONS, policies=("builtin", "builtin:nonsense"))
        details = await engine.explain_evaluation()
    assert details.report == report
    assert details.tuned.policy == policy
    assert details.tuned.job_id
    assert sum(row.n_tasks for row in details.families) == 4
    assert details.base.totals is not None
    assert details.base.totals.n_rollouts == 8


async def test_without_a_split_a_plan_takes_the_number_it_is_given(tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path)) as engine:
        found = await engine.plan_evaluation(EvaluationOptions(n_seeds=5, n_tasks=40))
        assert found.mde == pytest.approx(0.146, abs=0.001)
        with pytest.raises(UsageError, match="split make"):
            await engine.plan_evaluation(EvaluationOptions())
