"""Forks of real rollouts, and files that come back into the workspace they are from."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.edits.block import parse
from core.engine import Engine, open_engine
from core.errors import RefusedError
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.store.pair_pages import PairFilter, PairItem
from core.store.splits import list_splits, load_members
from core.store.suites import load_tasks
from core.workspace import Workspace


@pytest.fixture
async def engine(workspace_with_pairs: Path) -> AsyncIterator[Engine]:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        yield engine


async def rows(engine: Engine, build_id: str, kind: str = "") -> list[PairItem]:
    return list((await engine.pairs_page(build_id, PairFilter(kind=kind), limit=1000)).rows)


async def test_both_sides_of_a_fork_were_answered_to_the_very_same_messages(
    engine: Engine,
) -> None:
    usual = await engine.show_build()
    report = await engine.build_pairs(options=PairOptions(forks=True))
    forks = await rows(engine, report.build_id, "fork")
    assert forks
    assert report.n_pairs == usual.n_pairs + len(forks)
    for row in forks:
        view = await engine.show_pair(row.pair_id, report.build_id)
        assert view.chosen.outcome == "passed" != view.rejected.outcome
        for side in (view.chosen, view.rejected):
            trace = await engine.show_rollout(side.rollout_id)
            call = next(call for call in trace.calls if call.iteration == side.iteration)
            assert call.state == view.state
            assert parse(call.reply, view.path) == parse(side.answer, view.path)


async def test_pairs_that_come_back_from_a_file_keep_their_names_and_decisions(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.jsonl"
    await engine.export_pairs("latest", file, PairFormat.GEMEL)
    before = {row.pair_id: row.task_id for row in await rows(engine, "latest")}
    report = await engine.import_pairs(file)
    assert report.n_outside == 0
    assert {r.pair_id: r.task_id for r in await rows(engine, report.build_id)} == before
    again = await engine.export_pairs(report.build_id, file, PairFormat.GEMEL, overwrite=True)
    assert (again.n_pairs, again.n_unknown) == (len(before), 0)


@pytest.mark.parametrize("is_named", [True, False])
async def test_a_task_of_the_test_side_leaves_in_no_file_whether_named_or_not(
    engine: Engine, tmp_path: Path, is_named: bool
) -> None:
    store = engine.context.store
    (split,) = await list_splits(store)
    members = await load_members(store, split.split_id)
    name = next(m.task_id for m in members if m.side == "test")
    tasks = {task.task_id: task for task in await load_tasks(store, "kata")}
    program = tasks[name].target.text
    row = {"prompt": "repair this", "chosen": "good", "rejected": "bad"}
    row |= {"task_id": name} if is_named else {"prompt": f"repair this:\n{program}"}
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps(row))
    report = await engine.import_pairs(file)
    assert report.n_outside == 1
    with pytest.raises(RefusedError, match=f"Leak.*{name}"):
        await engine.export_pairs(report.build_id, tmp_path / "out.jsonl", PairFormat.TRL)
    assert not (tmp_path / "out.jsonl").exists()
