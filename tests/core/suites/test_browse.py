"""Looking at tasks over a real engine: pages, columns, and the view of one task."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import Engine, open_engine
from core.errors import UsageError
from core.rollouts.operations import RunOptions
from core.splits.sides import Side
from core.store.runs import load_rollouts
from core.store.suites import SuiteRow, load_references, load_tasks, replace_suite
from core.store.task_pages import TaskStatus
from core.task import Task
from core.workspace import Workspace


async def _store_one(engine: Engine, suite: str, task: Task) -> str:
    """A suite of one task, made from another one; returns the task's id."""
    store = engine.context.store
    known = (await load_references(store, task.suite))[task.task_id]
    task_id = f"{suite}/{task.program}"
    made = replace(task, task_id=task_id, suite=suite)
    row = SuiteRow(suite, "folder", "", None, datetime.fromisoformat("2026-01-01"))
    reference = replace(known, task_id=task_id)
    await replace_suite(store, row, (made,), (reference,))
    return task_id


async def _first(engine: Engine) -> Task:
    return (await load_tasks(engine.context.store, "kata"))[0]


async def test_pages_join_to_the_whole_suite_in_order_of_ids(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        everything = await engine.suite_tasks("kata", 0, 1000)
        ids = [row.task_id for row in everything.rows]
        assert ids == sorted(ids)
        assert len(ids) == everything.n_total > 50
        parts = [await engine.suite_tasks("kata", at, 30) for at in range(0, len(ids), 30)]
        assert [row for part in parts for row in part.rows] == list(everything.rows)
        beyond = await engine.suite_tasks("kata", len(ids), 30)
        assert (beyond.rows, beyond.n_total) == ((), len(ids))


async def test_a_filter_counts_what_it_lets_through(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        everything = await engine.suite_tasks("kata", 0, 1000)
        page = await engine.suite_tasks("kata", 0, 2, "CHESS")
        wanted = [row for row in everything.rows if "chess" in row.task_id]
        assert page.n_total == len(wanted) >= 1
        assert list(page.rows) == wanted[:2]


async def test_an_unknown_suite_or_task_names_the_way_on(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        with pytest.raises(UsageError, match="suites: kata"):
            await engine.suite_tasks("nonsense")
        with pytest.raises(UsageError, match="gemel suite show"):
            await engine.task_view("kata/nonsense")
        with pytest.raises(UsageError, match="at least 1"):
            await engine.suite_tasks("kata", 0, 0)


async def test_columns_hold_each_task_of_the_split_once_with_its_family(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        view = await engine.split_columns()
        assert [column.side for column in view.columns] == list(Side)
        tasks = [t for c in view.columns for family in c.families for t in family.task_ids]
        assert len(set(tasks)) == len(tasks) == view.report.n_tasks
        families = [family.name for column in view.columns for family in column.families]
        assert len(set(families)) == len(families) == view.report.n_families
        listed = {row.task_id: row for row in (await engine.suite_tasks("kata", 0, 1000)).rows}
        for column in view.columns:
            for family in column.families:
                assert {listed[t].family for t in family.task_ids} == {family.name}
                assert {listed[t].side for t in family.task_ids} == {column.side.value}


async def test_admitted_tasks_of_a_suite_outside_the_split_are_held_out(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        task_id = await _store_one(engine, "other", await _first(engine))
        (unchecked,) = (await engine.suite_tasks("other")).rows
        assert (unchecked.status, unchecked.side) == (TaskStatus.UNCHECKED, "")
        assert not (await engine.split_columns()).columns[-1].families
        await engine.check("other")
        (item,) = (await engine.suite_tasks("other")).rows
        assert (item.status, item.side, item.family) == (TaskStatus.ADMITTED, "heldout", "")
        (family,) = (await engine.split_columns()).columns[-1].families
        assert family.task_ids == (task_id,)


async def test_the_view_is_byte_for_byte_what_a_rollout_begins_with(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        options = RunOptions(n_seeds=1, n_tasks=2, limits=Limits(n_iterations=1))
        run = await engine.run_rollouts(options)
        rollouts = await load_rollouts(engine.context.store, run.run_id)
        assert len(rollouts) == 2
        for row in rollouts:
            trace = await engine.show_rollout(row.rollout_id)
            assert (await engine.task_view(row.task_id)).messages == trace.first_state


async def test_no_message_of_a_built_in_task_shows_a_line_of_its_fix(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        rows = (await engine.suite_tasks("kata", 0, 1000)).rows
        views = [await engine.task_view(row.task_id) for row in rows]
        assert all(view.messages for view in views)
        assert [view.item.task_id for view in views if not view.hidden.is_hidden] == []
        # A fix may also be another order of the same lines.
        assert sum(view.hidden.n_reference_lines > 0 for view in views) > len(views) // 2
        assert all(view.hidden.n_held_back for view in views)


async def test_a_description_that_gives_the_fix_away_is_counted(workspace: Path) -> None:
    async with open_engine(Workspace(workspace)) as engine:
        task = await _first(engine)
        text = (await load_references(engine.context.store, "kata"))[task.task_id].text
        told = replace(task, description=f"Write this:\n{text}")
        task_id = await _store_one(engine, "telling", told)
        assert not (await engine.task_view(task_id)).messages
        await engine.check("telling")
        hidden = (await engine.task_view(task_id)).hidden
        assert hidden.n_lines_shown == hidden.n_reference_lines >= 1
        assert not hidden.is_hidden
