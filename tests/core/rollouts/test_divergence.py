"""Where two rollouts part, and what a rollout changed in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import UsageError
from core.rollouts.divergence import divergence
from core.rollouts.trace import RolloutTrace
from core.store.rollout_pages import RolloutFilter
from core.workspace import Workspace


async def _two(engine: Engine) -> tuple[RolloutTrace, RolloutTrace]:
    """Two rollouts of one task, each of several calls."""
    grid = await engine.run_grid()
    task_id = next(cell.task_id for cell in grid.cells if cell.n_iterations > 3)
    ids = [cell.rollout_id for cell in grid.cells if cell.task_id == task_id]
    one, other = [await engine.show_rollout(name) for name in ids[:2]]
    return one, other


async def test_rollouts_part_at_the_first_step_that_is_another(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        one, other = await _two(engine)
        found = (
            await engine.compare_rollouts(one.rollout.rollout_id, other.rollout.rollout_id)
        ).divergence
        n = found.n_same
        assert [call.reply for call in one.calls[:n]] == [call.reply for call in other.calls[:n]]
        assert found.has_same_state, "equal answers to equal states lead to equal states"
        elsewhere = next(
            cell for cell in (await engine.run_grid()).cells if cell.task_id != one.rollout.task_id
        )
        with pytest.raises(UsageError, match="nothing to part from"):
            await engine.compare_rollouts(one.rollout.rollout_id, elsewhere.rollout_id)
    itself = divergence(one, one)
    assert (itself.n_same, itself.is_same) == (len(one.calls), True)
    shorter = replace(one, calls=one.calls[:-1])
    assert (divergence(one, shorter).is_same, divergence(shorter, one).is_same) == (False, False)
    at = 1
    said = replace(one.calls[at], reply="another answer", latency_s=9.0)
    changed = replace(one, calls=(*one.calls[:at], said, *one.calls[at + 1 :]))
    assert divergence(one, changed).n_same == at
    later = replace(one, calls=tuple(replace(call, latency_s=9.0) for call in one.calls))
    assert divergence(one, later).is_same, "what a step took does not count"


async def test_a_patch_is_the_program_that_was_judged(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        wanted = RolloutFilter(outcomes=("passed",))
        item = (await engine.rollouts_page(wanted=wanted)).rows[0]
        patch = await engine.show_patch(item.rollout_id)
        trace = await engine.show_rollout(item.rollout_id)
        (file,) = patch.files
        row = trace.rollout
        assert file.before.replace(row.find, row.replacement) == file.after != file.before
        assert file.before.rstrip("\n") in trace.first_state[-1].content
        assert (patch.problem, patch.outcome) == ("", "passed")
        with pytest.raises(UsageError, match="no single finished rollout"):
            await engine.show_patch("nowhere")
