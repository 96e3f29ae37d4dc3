"""Pairs of agents that work with tools: one message a side, exported by the service's rules."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.agent.limits import Limits, Speech
from core.chat import Message, Role
from core.engine import Engine, open_engine
from core.errors import UsageError
from core.pairs.formats import PairFormat
from core.pairs.intake import read_file
from core.policies.tokens import estimate_prompt
from core.rollouts.operations import RunOptions
from core.store.pairs import PairRow, load_pairs
from core.store.runs import load_rollouts
from core.together.message_rules import Kind
from core.together.training_file import check_rows
from core.training_sets import demonstrations
from core.workspace import Workspace

NATIVE, JSON = Speech.TOOLS_NATIVE, Speech.TOOLS_JSON


async def _make(workspace: Path, speech: Speech) -> None:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        limits = Limits(n_iterations=5, n_reflections=1)
        options = RunOptions(protocol=speech, n_seeds=5, n_tasks=10, limits=limits)
        await engine.run_rollouts(options)
        await engine.build_pairs()


@pytest.fixture(scope="module", params=[NATIVE, JSON])
def built(
    request: pytest.FixtureRequest, prepared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Speech, Path]:
    """A workspace with pairs of rollouts with tools; not to be changed."""
    speech: Speech = request.param
    place = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("tools") / speech))
    asyncio.run(_make(place, speech))
    return speech, place


@pytest.fixture
def made(built: tuple[Speech, Path], tmp_path: Path) -> tuple[Speech, Path]:
    """A copy of it."""
    return built[0], Path(shutil.copytree(built[1], tmp_path / "workspace"))


async def _pairs(engine: Engine) -> list[PairRow]:
    return await load_pairs(engine.context.store, (await engine.show_build()).build_id)


def _exported(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_both_sides_answer_one_state_and_the_chosen_one_led_to_a_pass(
    made: tuple[Speech, Path],
) -> None:
    speech, workspace = made
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        pairs = await _pairs(engine)
        run_id = (await engine.show_build()).run_id
        rows = {r.rollout_id: r for r in await load_rollouts(engine.context.store, run_id)}
        assert pairs
        for pair in pairs:
            good, bad = rows[pair.chosen_rollout], rows[pair.rejected_rollout]
            assert (good.outcome, good.n_iterations) == ("passed", pair.chosen_iteration)
            assert bad.outcome not in ("passed", "error", "tampered")
            assert pair.chosen != pair.rejected
            messages = await engine.show_state(pair.state)
            assert messages[-1].role is (Role.TOOL if speech is NATIVE else Role.USER)
            said = [pair.chosen, pair.rejected]
            if speech is NATIVE:
                sides = [msgspec.json.decode(one, type=Message) for one in said]
                assert {call.name for one in sides for call in one.tool_calls} == {"edit_file"}
            else:
                assert {json.loads(one)["tool"] for one in said} == {"edit_file"}
        funnel = await engine.funnel()
        assert funnel.n_candidates == len(pairs) + sum(funnel.dropped.values())


async def test_an_export_keeps_the_services_rules_and_is_read_back_the_same(
    made: tuple[Speech, Path], tmp_path: Path
) -> None:
    speech, workspace = made
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        pairs = await _pairs(engine)
        for form in PairFormat:
            file = tmp_path / f"{form}.jsonl"
            await engine.export_pairs("latest", file, form)
            intake = read_file(file)
            assert intake.problems == ()
            assert sorted(p.pair_id for p in intake.pairs) == sorted(p.pair_id for p in pairs)
            found = {p.pair_id: (p.state, p.chosen, bool(p.tools)) for p in intake.pairs}
            assert found == {p.pair_id: (p.state, p.chosen, speech is NATIVE) for p in pairs}
    file = tmp_path / "together.jsonl"
    lines = list(enumerate(file.read_bytes().splitlines(), 1))
    report = check_rows("file", lines, Kind.DPO, estimate_prompt)
    assert (report.n_problems, report.problems) == (0, ())
    for row in _exported(file):
        assert ("tools" in row["input"]) == (speech is NATIVE)
        (chosen,) = row["preferred_output"]
        assert ("tool_calls" in chosen) == (speech is NATIVE)


async def test_a_pair_is_shown_as_the_programs_that_its_sides_made(
    made: tuple[Speech, Path],
) -> None:
    _, workspace = made
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        page = await engine.pairs_page()
        for row in page.rows[:5]:
            view = await engine.show_pair(row.pair_id)
            assert view.path.endswith(".py")
            programs = (view.program, view.chosen.program, view.rejected.program)
            assert None not in programs
            assert len(set(programs)) == 3
            assert view.rejected.failures


async def test_imported_pairs_with_tools_are_kept_and_the_built_in_trainer_says_what_it_cannot(
    made: tuple[Speech, Path], tmp_path: Path
) -> None:
    _, workspace = made
    file = tmp_path / "own.jsonl"
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        pairs = await _pairs(engine)
        await engine.export_pairs("latest", file, PairFormat.GEMEL)
        report = await engine.import_pairs(file)
        again = await load_pairs(engine.context.store, report.build_id)
        assert {p.pair_id for p in again} == {p.pair_id for p in pairs}
        assert (await engine.show_pair(again[0].pair_id, report.build_id)).chosen.answer
        with pytest.raises(UsageError, match="can train the built-in policy"):
            await engine.train()


async def test_passing_answers_are_demonstrations_by_the_services_rules(
    made: tuple[Speech, Path],
) -> None:
    speech, workspace = made
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        run_id = (await engine.show_build()).run_id
        given = await demonstrations(engine.context, run_id, freezes=False)
    lines = [(n, row.line) for n, row in enumerate(given.rows, 1)]
    report = check_rows("file", lines, Kind.SFT, estimate_prompt)
    assert (report.n_problems, report.problems) == (0, ())
    assert given.n_invalid < given.n_answers // 2
    rows = [json.loads(line) for _, line in lines]
    assert all(("tools" in row) == (speech is NATIVE) for row in rows)
    last = [row["messages"][-1] for row in rows]
    assert all(("tool_calls" in said) == (speech is NATIVE) for said in last)
