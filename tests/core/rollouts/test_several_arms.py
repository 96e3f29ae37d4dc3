"""Several arms in one run: side by side on every task, in a plan, in the grid, in a preview."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import Engine, open_engine
from core.errors import UsageError
from core.policies.theta import BASE_THETA
from core.rollouts.operations import RunOptions
from core.rollouts.planner import ContrastOptions
from core.store.jobs import ArtifactRow
from core.store.runs import load_rollouts
from core.workspace import Workspace

_OPTIONS = RunOptions(
    "builtin", 2, n_tasks=3, limits=Limits(n_iterations=2), more_policies=("builtin:other",)
)


async def _other(engine: Engine) -> None:
    """A second policy, which is trained on nothing."""
    body, now = BASE_THETA.to_json(), engine.context.now()
    row = ArtifactRow("other", "theta", "builtin", "job", "dataset", body, now)
    await engine.context.store.insert("artifacts", [row])


async def test_arms_take_turns_on_every_task(workspace: Path) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        await _other(engine)
        preview = await engine.preview_run(_OPTIONS)
        assert (preview.policy, preview.n_rollouts) == ("builtin, builtin:other", 12)
        assert [seed for _, seed in preview.first] == [0] * 6 + [1] * 6
        assert preview.first[0] == preview.first[1], "both arms before the next task"
        report = await engine.run_rollouts(_OPTIONS)
        assert (report.status, report.n_rollouts) == ("finished", 12)
        grid = await engine.run_grid(report.run_id)
        assert [arm.policy for arm in grid.arms] == ["builtin", "builtin:other"]
        rows = await load_rollouts(engine.context.store, report.run_id)
        outcomes = [{(r.task_id, r.seed): r.outcome for r in rows if r.arm_id == arm.arm_id}
                    for arm in grid.arms]  # fmt: skip
        assert outcomes[0] == outcomes[1], "equal weights and seeds act alike"


async def test_a_policy_is_named_once_and_a_contrast_plan_has_one(workspace: Path) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        await _other(engine)
        with pytest.raises(UsageError, match="builtin is named twice"):
            await engine.run_rollouts(RunOptions(more_policies=("builtin",)))
        with pytest.raises(UsageError, match="for one policy"):
            await engine.plan_rollouts(_OPTIONS, ContrastOptions(n_rollouts=12))
        assert await engine.list_runs() == []
