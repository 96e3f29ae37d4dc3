"""Curation through the engine: what a decision does to views, files, datasets and jobs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.edits.block import parse
from core.engine import Engine, open_engine
from core.errors import RefusedError, UsageError
from core.pairs.candidates import PairOptions
from core.pairs.decisions import Action
from core.pairs.formats import PairFormat
from core.pairs.operations import DatasetReport
from core.store.suites import load_tasks
from core.workspace import Workspace


@pytest.fixture
async def engine(workspace_with_pairs: Path) -> AsyncIterator[Engine]:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        yield engine


async def pair_ids(engine: Engine) -> list[str]:
    page = await engine.pairs_page(limit=1000)
    assert page.n_total == len(page.rows) >= 4
    return [row.pair_id for row in page.rows]


async def export(
    engine: Engine, path: Path, *, include_flagged: bool = False
) -> tuple[DatasetReport, dict[tuple[str, str], dict[str, Any]]]:
    """The report and the lines by their two answers."""
    report = await engine.export_pairs(
        "latest", path, PairFormat.TRL, overwrite=True, include_flagged=include_flagged
    )
    lines = read(path)
    assert len(lines) == report.n_pairs
    return report, {(v["chosen"][0]["content"], v["rejected"][0]["content"]): v for v in lines}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_file_holds_kept_pairs_as_decided_and_its_name_says_so(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    dropped, swapped, kept, *_ = await pair_ids(engine)
    gone, turned = await engine.show_pair(dropped), await engine.show_pair(swapped)
    before, old = await export(engine, path)
    assert before.decisions.n_undecided == before.n_pairs

    await engine.decide(kept, Action.KEEP)
    same, _ = await export(engine, path)
    assert same.dataset_id == before.dataset_id

    await engine.decide(dropped, Action.DROP)
    fewer, lines = await export(engine, path)
    assert fewer.n_pairs == before.n_pairs - 1
    assert (gone.chosen.answer, gone.rejected.answer) in old.keys() - lines.keys()

    await engine.decide(swapped, Action.SWAP)
    other, lines = await export(engine, path)
    assert (turned.rejected.answer, turned.chosen.answer) in lines
    assert (turned.chosen.answer, turned.rejected.answer) not in lines
    assert other.n_pairs == fewer.n_pairs
    assert len({r.dataset_id for r in (before, fewer, other)}) == 3
    assert (other.decisions.n_kept, other.decisions.n_dropped, other.decisions.n_swapped) == (
        1,
        1,
        1,
    )

    await engine.undo(3)
    back, lines = await export(engine, path)
    assert (back.dataset_id, lines) == (before.dataset_id, old)


async def test_a_flagged_pair_stops_export_and_training_until_it_is_decided(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    name, *_ = await pair_ids(engine)
    await engine.decide(name, Action.FLAG)
    with pytest.raises(RefusedError, match=name):
        await engine.export_pairs("latest", path, PairFormat.TOGETHER)
    with pytest.raises(RefusedError, match=name):
        await engine.train()
    assert not path.exists()
    assert await engine.list_jobs() == []
    taken, _ = await export(engine, path, include_flagged=True)
    await engine.decide(name, Action.UNFLAG)
    decided, _ = await export(engine, path)
    assert taken.dataset_id == decided.dataset_id


async def test_training_learns_from_the_pairs_as_decided(engine: Engine, tmp_path: Path) -> None:
    plain = await engine.train()
    for name in await pair_ids(engine):
        await engine.decide(name, Action.SWAP)
    turned = await engine.train()
    report, _ = await export(engine, tmp_path / "pairs.jsonl")
    assert turned.dataset_id == report.dataset_id != plain.dataset_id
    assert turned.policy != plain.policy


async def test_decisions_survive_a_rebuild_that_has_the_same_pairs(engine: Engine) -> None:
    first, second, *_ = await pair_ids(engine)
    await engine.decide(first, Action.KEEP, "good one")
    await engine.decide(second, Action.DROP)
    old = await engine.show_build()
    new = await engine.build_pairs(options=PairOptions(n_per_task=7))
    assert new.build_id != old.build_id
    assert new.decisions == old.decisions
    assert (new.decisions.n_kept, new.decisions.n_dropped) == (1, 1)
    assert (await engine.show_pair(first, new.build_id)).decision.note == "good one"


async def test_nothing_is_exported_when_every_pair_is_dropped(
    engine: Engine, tmp_path: Path
) -> None:
    for name in await pair_ids(engine):
        await engine.decide(name, Action.DROP)
    with pytest.raises(RefusedError, match="dropped"):
        await engine.export_pairs("latest", tmp_path / "p.jsonl", PairFormat.TRL)


async def test_a_pair_is_shown_with_both_programs_and_what_the_tests_said(engine: Engine) -> None:
    tasks = {task.task_id: task for task in await load_tasks(engine.context.store, "kata")}
    n_with_output = 0
    for name in await pair_ids(engine):
        view = await engine.show_pair(name)
        target = tasks[view.task_id].target
        assert (view.path, view.program) == (target.path, target.text)
        assert target.text.rstrip("\n") in view.messages[-1].content
        for side in (view.chosen, view.rejected):
            assert side.program == parse(side.answer, target.path).apply(target.text)
            trace = await engine.show_rollout(side.rollout_id)
            assert (side.outcome, side.n_tests) == (trace.rollout.outcome, trace.rollout.n_tests)
            assert side.policy == "builtin"
        assert (view.chosen.outcome, view.chosen.failures) == ("passed", "")
        assert view.chosen.n_passed == view.chosen.n_tests > view.rejected.n_passed
        n_with_output += "expected" in view.rejected.failures
    assert n_with_output > 0


async def test_a_swapped_pair_is_shown_exchanged_with_its_history(engine: Engine) -> None:
    name, *_ = await pair_ids(engine)
    plain = await engine.show_pair(name)
    await engine.decide(name, Action.SWAP, "tests are weak")
    turned = await engine.show_pair(name[:10])
    assert (turned.chosen, turned.rejected) == (plain.rejected, plain.chosen)
    assert (turned.decision.is_swapped, turned.decision.note) == (True, "tests are weak")
    assert [change.action for change in turned.history] == ["swap"]
    (row,) = [r for r in (await engine.pairs_page(limit=1000)).rows if r.pair_id == name]
    assert row.rejected_outcome == "passed"


async def test_no_diff_is_shown_against_a_program_that_is_not_the_one_in_the_state(
    engine: Engine,
) -> None:
    name, *_ = await pair_ids(engine)
    await engine.context.store.change(
        lambda cursor: cursor.execute("UPDATE tasks SET body = replace(body, 'return', 'yield')")
    )
    view = await engine.show_pair(name)
    assert (view.program, view.chosen.program, view.rejected.program) == (None, None, None)
    assert "SEARCH" in view.chosen.answer


async def test_the_funnel_of_a_real_build_adds_up(engine: Engine) -> None:
    report = await engine.show_build()
    counted = await engine.funnel()
    assert counted.n_candidates == report.n_pairs + sum(report.dropped.values())
    assert (counted.n_pairs, counted.n_pair_tasks) == (report.n_pairs, report.n_tasks)
    assert counted.n_dataset == counted.n_pairs


async def test_a_pair_of_another_build_is_not_found_in_this_one(engine: Engine) -> None:
    with pytest.raises(UsageError, match="no pair"):
        await engine.show_pair("nonsense")
