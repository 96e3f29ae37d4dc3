"""A run's grid: every slot of the plan, and the outcomes of those that are finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import UsageError
from core.workspace import Workspace


async def test_a_grid_has_the_outcome_of_every_rollout(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        grid = await engine.run_grid()
        report = await engine.show_run(grid.run_id)
        slots = {(cell.task_id, cell.arm_id, cell.seed) for cell in grid.cells}
        assert len(slots) == len(grid.cells) == report.n_rollouts == report.n_planned
        assert slots == {
            (task_id, arm.arm_id, seed)
            for task_id in grid.task_ids
            for arm in grid.arms
            for seed in grid.seeds
        }
        assert sum(cell.outcome == "passed" for cell in grid.cells) == report.outcomes["passed"]
        assert [arm.policy for arm in grid.arms] == ["builtin"]
        assert grid.n_iterations == 12


async def test_the_state_of_each_call_can_be_read(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        cell = (await engine.run_grid()).cells[0]
        trace = await engine.show_rollout(cell.rollout_id)
        assert await engine.show_state(trace.calls[0].state) == trace.first_state
        with pytest.raises(UsageError, match="no state"):
            await engine.show_state("nonsense")
