"""Stored patches graded again: without a model, resumable, the old verdict kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import RefusedError
from core.events import Event, ProgressMade
from core.rollouts.regrade import RegradeReport
from core.store.regrades import load_regrades
from core.store.runs import RolloutRow, load_rollouts
from core.workspace import Workspace
from tests.core.rollouts.held import until


async def _rows(engine: Engine, run_id: str) -> dict[str, RolloutRow]:
    return {row.rollout_id: row for row in await load_rollouts(engine.context.store, run_id)}


async def _spoil(engine: Engine, rollout_ids: list[str], outcome: str) -> None:
    """Store a verdict that is wrong."""
    await engine.context.store.change(
        lambda cursor: cursor.execute(
            "UPDATE rollouts SET outcome = ?, n_passed = 0 "
            "WHERE rollout_id IN (SELECT unnest(?::VARCHAR[]))",
            [outcome, rollout_ids],
        )
    )


def _changed(report: RegradeReport) -> dict[str, tuple[str, str]]:
    return {each.rollout_id: (each.old_outcome, each.outcome) for each in report.changes}


async def test_right_verdicts_stay_and_wrong_ones_are_mended(workspace_with_pairs: Path) -> None:
    async with open_engine(Workspace(workspace_with_pairs), n_workers=2) as engine:
        run_id = (await engine.list_runs())[0].run_id
        before = await _rows(engine, run_id)
        (built,) = await engine.list_builds()
        same = await engine.regrade_run()
        assert (same.changes, same.builds) == ((), ())
        assert (await engine.build_pairs(run_id)).build_id == built.build_id
        assert same.n_graded + sum(same.skipped.values()) == len(before) == same.n_rollouts
        passed = [name for name, row in before.items() if row.outcome == "passed"][:3]
        failed = [name for name, row in before.items() if row.outcome in ("failed", "limit")][:2]
        await _spoil(engine, passed, "failed")
        await _spoil(engine, failed, "passed")
        n_calls = (await engine.show_run(run_id)).n_calls
        report = await engine.regrade_run(run_id)
        assert _changed(report) == {
            **dict.fromkeys(passed, ("failed", "passed")),
            **dict.fromkeys(failed, ("passed", "failed")),
        }
        assert report.builds == (built.build_id,), "its pairs rest on the old verdicts"
        assert (await engine.build_pairs(run_id)).build_id != built.build_id
        after = await _rows(engine, run_id)
        assert all(after[name].outcome == "passed" for name in passed)
        assert all(after[name].n_passed == before[name].n_passed for name in (*passed, *failed))
        assert all(after[name].reason == "graded again, it was passed" for name in failed)
        kept = await load_regrades(engine.context.store, report.regrade_id)
        assert {row.old_outcome for row in kept if row.rollout_id in passed} == {"failed"}
        assert (await engine.show_run(run_id)).n_calls == n_calls


async def test_a_pass_that_is_cut_off_goes_on_where_it_stood(workspace_with_pairs: Path) -> None:
    told: list[Event] = []
    opened = open_engine(Workspace(workspace_with_pairs), told.append, n_workers=1)
    async with opened as engine:
        run_id = (await engine.list_runs())[0].run_id
        first = asyncio.create_task(engine.regrade_run(run_id))
        is_begun = lambda: any(isinstance(event, ProgressMade) for event in told)  # noqa: E731
        await until(is_begun, "one is graded")
        with pytest.raises(RefusedError, match="being worked on"):
            await engine.regrade_run(run_id)
        first.cancel()
        await asyncio.wait([first])
        n_before = sum(isinstance(event, ProgressMade) for event in told)
        report = await engine.regrade_run(run_id)
        n_after = sum(isinstance(event, ProgressMade) for event in told) - n_before
        assert report.changes == ()
        assert n_after < report.n_graded, "what was graded is not graded again"
        rows = await load_regrades(engine.context.store, report.regrade_id)
        assert len({row.rollout_id for row in rows}) == len(rows) == report.n_graded
        again = await engine.regrade_run(run_id)
        assert again.regrade_id != report.regrade_id, "a finished pass is not gone on with"
