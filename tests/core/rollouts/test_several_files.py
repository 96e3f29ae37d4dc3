"""A repair over several files: kept once, graded with the tests as they were, read back whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.agent.limits import Limits, Speech
from core.chat import ChatReply, ChatRequest, ToolCall, Usage
from core.costs.prices import FREE
from core.engine import Engine, open_engine
from core.rollouts.arm import make_arm
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.journal import patch_of
from core.rollouts.operations import new_run
from core.rollouts.plan import RunPlan
from core.rollouts.record import RecordFormat, record, state_ids
from core.rollouts.scheduler import Run
from core.store.runs import RolloutRow, load_rollouts
from core.suites.operations import admitted_tasks
from core.workspace import Workspace
from tests.core.suites.folders import make_two

_TEST = "tests/test_clock.py"


class _Agent:
    """Calls one tool after the other."""

    name = "scripted"

    def __init__(self, *asked: tuple[str, dict[str, str]]) -> None:
        self.asked = list(asked)
        self.requests: list[ChatRequest] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        tool, given = self.asked[len(self.requests) - 1]
        call = ToolCall("x", tool, json.dumps(given))
        return ChatReply("", Usage(10, 5), "tool_calls", (call,))


@asynccontextmanager
async def _ran(tmp_path: Path, agent: _Agent) -> AsyncIterator[tuple[Engine, RolloutRow]]:
    async with open_engine(Workspace(tmp_path / "w"), n_workers=1) as engine:
        context = engine.context
        await engine.import_suite("folder", make_two(tmp_path / "two"))
        await engine.check("folder")
        tasks = await admitted_tasks(context, ["folder"])
        arm = make_arm(protocol=Speech.TOOLS_NATIVE, limits=Limits(len(agent.asked)))
        plan = RunPlan((arm.arm_id,), tuple(tasks), (0,))
        run_id = await new_run(context, "rollouts", (arm,), plan)
        bench = Bench(context.store, context.sandbox, context.clock, context.emit, 1)
        live = LiveArm(agent, FREE, arm.conditions)
        await Run(bench, run_id, plan, {arm.arm_id: live}, tasks).drive()
        (row,) = await load_rollouts(context.store, run_id)
        yield engine, row


async def test_both_files_are_changed_kept_and_read_back(tmp_path: Path) -> None:
    agent = _Agent(
        ("grep", {"text": "SIGN"}),
        ("edit_file", {"path": "src/words.py", "find": '";"', "replace": '":"'}),
        ("edit_file", {"path": "src/clock.py", "find": "* 6 ", "replace": "* 60 "}),
    )
    async with _ran(tmp_path, agent) as (engine, row):
        assert (row.outcome, row.n_passed, row.n_iterations) == ("passed", 2, 3)
        patch = patch_of(row, "src/clock.py")
        assert [block.path for block in patch] == ["src/clock.py", "src/words.py"]
        shown = await engine.show_patch(row.rollout_id)
        assert [file.after for file in shown.files][1] == 'SIGN = ":"\n'
        trace = await engine.show_rollout(row.rollout_id)
        states = {s: await engine.show_state(s) for s in state_ids(trace)}
        text = record(trace, states, RecordFormat.MARKDOWN)
        assert "+++" not in text
        assert text.rstrip().endswith('SIGN = ":"\n>>>>>>> REPLACE\n```')
    seen = json.dumps([m.content for r in agent.requests for m in r.messages])
    assert "as the clock has it" not in seen, "the reference is nowhere"
    assert "fixed/" not in seen
    assert "* src/clock.py\\n* src/words.py" in seen
    assert "src/words.py is changed\\n\\n" in seen


async def test_a_change_of_the_other_file_alone_is_a_patch_too(tmp_path: Path) -> None:
    agent = _Agent(
        ("read_file", {"path": "src/words.py"}),
        ("write_file", {"path": "src/words.py", "text": 'SIGN = ":"\n'}),
        ("finish", {}),
    )
    async with _ran(tmp_path, agent) as (_, row):
        assert (row.outcome, row.find) == ("failed", "")
        (block,) = patch_of(row, "src/clock.py")
        assert block.path == "src/words.py"


async def test_tests_are_as_they_were_whatever_the_agent_tries(tmp_path: Path) -> None:
    agent = _Agent(
        ("write_file", {"path": _TEST, "text": "def test_none():\n    pass\n"}),
        ("write_file", {"path": "tests/conftest.py", "text": "import os; os._exit(0)\n"}),
        ("read_file", {"path": _TEST}),
        ("finish", {}),
    )
    async with _ran(tmp_path, agent) as (engine, row):
        assert (row.outcome, row.reason) == ("failed", "finished without a change")
        trace = await engine.show_rollout(row.rollout_id)
        notes = [step.note for step in trace.iterations]
        assert all("may not be changed, only src/clock.py, src/words.py" in n for n in notes[:2])
