"""Contrast runs in a real engine: the budget holds, a cut run goes on where it was."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import open_engine
from core.errors import UsageError
from core.events import Event, RolloutFinished
from core.rollouts.contrast import ContrastReport
from core.rollouts.operations import RunOptions
from core.rollouts.planner import ContrastOptions
from core.store.verdicts import load_verdicts
from core.workspace import Workspace

_OPTIONS = RunOptions(n_tasks=6, limits=Limits(n_iterations=4))
_CONTRAST = ContrastOptions(n_rollouts=40, n_probes=3, n_most=10, n_batch=6)

Places = list[tuple[str, int, str]]


async def _whole(workspace: Path) -> tuple[ContrastReport, Places]:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        report = await engine.plan_rollouts(_OPTIONS, _CONTRAST)
        rows = await load_verdicts(engine.context.store, report.run_id)
        return report, [(row.task_id, row.seed, row.outcome) for row in rows]


async def _cut(workspace: Path, n_before: int) -> tuple[ContrastReport, Places]:
    """Stop after some rollouts, open the workspace anew, and resume."""
    seen: list[RolloutFinished] = []
    enough = asyncio.Event()

    def take(event: Event) -> None:
        if isinstance(event, RolloutFinished):
            seen.append(event)
            if len(seen) == n_before:
                enough.set()

    async with open_engine(Workspace(workspace), take, n_workers=1) as engine:
        running = asyncio.create_task(engine.plan_rollouts(_OPTIONS, _CONTRAST))
        await enough.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        (run,) = await engine.list_runs()
        await engine.resume_run(run.run_id)
        rows = await load_verdicts(engine.context.store, run.run_id)
        report = await engine.show_contrast(run.run_id)
        return report, [(row.task_id, row.seed, row.outcome) for row in rows]


async def test_a_cut_run_ends_with_the_rollouts_of_a_whole_one_within_its_budget(
    workspace: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(workspace, tmp_path / "other"))
    whole, places = await _whole(workspace)
    assert 6 * 3 <= len(places) <= 40
    assert whole.n_rollouts == len(places)
    assert whole.outlook is not None
    cut, cut_places = await _cut(other, n_before=20)
    assert cut_places == places
    assert (cut.n_pairs, cut.n_contrasting) == (whole.n_pairs, whole.n_contrasting)


async def test_nonsense_is_refused_before_a_run_is_stored(workspace: Path) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        with pytest.raises(UsageError, match="budget must be at least 1"):
            await engine.plan_rollouts(_OPTIONS, ContrastOptions(n_rollouts=0))
        with pytest.raises(UsageError, match="at least as many rollouts as it has probes"):
            await engine.plan_rollouts(_OPTIONS, ContrastOptions(40, n_probes=9, n_most=8))
        assert await engine.list_runs() == []


async def test_a_plan_is_looked_at_before_it_spends_and_graded_by_what_its_planner_said(
    workspace: Path,
) -> None:
    wide = replace(_CONTRAST, n_most=10_000)
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        preview = await engine.preview_plan(_OPTIONS, wide)
        assert await engine.list_runs() == []
        assert (preview.n_rollouts, preview.n_seeds, preview.n_tasks) == (40, 40, 6)
        assert [seed for _, seed in preview.first] == [0] * 6 + [1] * 6
        assert preview.outlook is not None
        assert preview.outlook.n_rollouts.low >= 6 * 3
        calls = {row.figure: row for row in preview.forecast}["calls"]
        assert calls.n_rollouts == round(preview.outlook.n_rollouts.mean) <= 40
        assert calls.worst == 40 * 4, "at the most it is the whole budget"
        report = await engine.plan_rollouts(_OPTIONS, wide)
        (past,) = await engine.forecasts()
        assert (past.n_rollouts, past.n_rollouts_done) == (calls.n_rollouts, report.n_rollouts)
