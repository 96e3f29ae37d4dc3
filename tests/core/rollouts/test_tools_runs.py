"""Runs with tools through the engine: durable, cut anywhere and finished, read back exactly."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import joins
from core.agent.limits import Limits, Speech
from core.chat import ChatReply, ChatRequest, Message
from core.costs.prices import ChatPrice
from core.digest import digest
from core.engine import Engine, open_engine
from core.errors import PolicyBusyError, Pressure
from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA
from core.rollouts.arm import make_arm
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.operations import RunOptions, new_run
from core.rollouts.plan import RunPlan
from core.rollouts.record import RecordFormat, actions_of, record, state_ids
from core.rollouts.scheduler import Run
from core.store.runs import load_calls, load_iterations, load_rollouts
from core.workspace import Workspace

_LIMITS = Limits(n_iterations=5, n_reflections=3)


@dataclass
class _Cut(BuiltinPolicy):
    """The built-in policy, which loses its engine at one call, before or after the answer."""

    at: int = -1
    after: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(BASE_THETA, "builtin")

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        n = len(self.asked) - 1
        if n == self.at and not self.after:
            raise asyncio.CancelledError
        reply = await super().chat(request)
        if n == self.at:
            raise asyncio.CancelledError
        if n % 7 == 3 and self.at >= 0:
            raise PolicyBusyError("later", Pressure.RATE, retry_after_s=0.0)
        return reply


async def _begin(engine: Engine, speech: Speech) -> tuple[str, RunPlan]:
    context = engine.context
    split, tasks = await joins.side_of(context, "latest", "train", 2)
    arm = make_arm(protocol=speech, limits=_LIMITS)
    plan = RunPlan((arm.arm_id,), tuple(sorted(tasks)), (0,), split, "train")
    return await new_run(context, "rollouts", (arm,), plan), plan


async def _drive(engine: Engine, run_id: str, plan: RunPlan, speech: Speech, policy: _Cut) -> None:
    context = engine.context
    _, tasks = await joins.side_of(context, "latest", "train", 2)
    arm = make_arm(protocol=speech, limits=_LIMITS)
    bench = Bench(context.store, context.sandbox, context.clock, context.emit, 1)
    live = LiveArm(policy, ChatPrice(1_000_000, 1_000_000, 0), arm.conditions)
    run = Run(bench, run_id, plan, {arm.arm_id: live}, tasks)
    driving = asyncio.create_task(run.drive())
    await asyncio.wait([driving])
    if not driving.cancelled():
        driving.result()


async def _found(engine: Engine, run_id: str) -> tuple[object, ...]:
    """Everything that a rollout leaves, but for times and ids of the run."""
    store = engine.context.store
    rollouts = [
        (r.task_id, r.outcome, r.reason, r.find, r.replacement, r.n_iterations, r.cost_microusd)
        for r in await load_rollouts(store, run_id)
    ]
    calls = sorted(
        (c.state, c.iteration, c.kind, c.reply, c.tool_calls)
        for c in await load_calls(store, run_id)
        if c.outcome == "ok"
    )
    steps = sorted(
        (s.iteration, s.note, s.actions, s.verdict, s.find)
        for s in await load_iterations(store, run_id)
    )
    return (rollouts, calls, steps)


async def _whole(workspace: Path, speech: Speech) -> tuple[object, int]:
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        run_id, plan = await _begin(engine, speech)
        policy = _Cut()
        await _drive(engine, run_id, plan, speech, policy)
        return await _found(engine, run_id), len(policy.asked)


@pytest.mark.parametrize("speech", [Speech.TOOLS_NATIVE, Speech.TOOLS_JSON])
def test_a_run_that_is_cut_at_any_call_ends_with_the_same_data(
    workspace: Path, tmp_path: Path, speech: Speech
) -> None:
    expected, n_calls = asyncio.run(_whole(workspace, speech))
    counts = iter(range(1_000))

    @settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(at=st.integers(0, n_calls - 1), after=st.booleans())
    def cut(at: int, *, after: bool) -> None:
        place = Path(shutil.copytree(workspace, tmp_path / f"cut-{next(counts)}"))
        asyncio.run(_cut_and_resumed(place, at, after))

    async def _cut_and_resumed(place: Path, at: int, after: bool) -> None:
        async with open_engine(Workspace(place), n_workers=1) as engine:
            run_id, plan = await _begin(engine, speech)
            first = _Cut(at=at, after=after)
            await _drive(engine, run_id, plan, speech, first)
        async with open_engine(Workspace(place), n_workers=1) as engine:
            second = _Cut()
            await _drive(engine, run_id, plan, speech, second)
            assert await _found(engine, run_id) == expected
            n_busy = sum(
                c.outcome == "error" for c in await load_calls(engine.context.store, run_id)
            )
            assert len(first.asked) + len(second.asked) - n_busy == n_calls + 1, "one call twice"

    cut()


async def test_a_rollout_is_read_back_exactly_and_each_message_is_kept_once(
    workspace: Path,
) -> None:
    options = RunOptions(
        protocol=Speech.TOOLS_NATIVE, n_seeds=1, n_tasks=3, limits=Limits(8, n_reflections=2)
    )
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        run = await engine.run_rollouts(options)
        store = engine.context.store
        calls = await load_calls(store, run.run_id)
        longest = 0
        for call in calls:
            messages = await engine.show_state(call.state)
            assert digest(messages) == call.state, "byte by byte what the policy saw"
            longest = max(longest, len(messages))
        assert longest > 6
        rows = await store.fetch("SELECT message, count(*) FROM messages GROUP BY ALL")
        assert {n for _, n in rows} == {1}
        by_state = await store.fetch("SELECT body FROM states WHERE body LIKE '[\"%'")
        names = {n for (body,) in by_state for n in msgspec.json.decode(body)}
        assert names == {name for name, _ in rows}
        row = (await load_rollouts(store, run.run_id))[0]
        trace = await engine.show_rollout(row.rollout_id)
        states = {s: await engine.show_state(s) for s in state_ids(trace)}
    assert [one.tool for step in trace.iterations for one in actions_of(step)][:2] == [
        "read_file",
        "edit_file",
    ]
    text = record(trace, states, RecordFormat.MARKDOWN)
    assert text.count("\n## Step ") == len(trace.calls)
    assert ", looking back: " in text
    whole = msgspec.json.decode(record(trace, states, RecordFormat.JSON))
    assert msgspec.convert(whole["states"], dict[str, tuple[Message, ...]]) == states
    assert [call["kind"] for call in whole["calls"]].count("reflection") >= 1


async def test_the_built_in_policy_repairs_the_same_tasks_under_every_protocol(
    workspace: Path,
) -> None:
    options = RunOptions(n_seeds=1, n_tasks=20)
    async with open_engine(Workspace(workspace), n_workers=1) as engine:
        found = []
        for speech in Speech:
            n = 6 + (speech is not Speech.EDIT)  # it reads the file first
            run = await engine.run_rollouts(
                replace(options, protocol=speech, limits=Limits(n_iterations=n))
            )
            rows = await load_rollouts(engine.context.store, run.run_id)
            found.append({r.task_id for r in rows if r.outcome == "passed"})
    assert found == [found[0]] * len(Speech)
    assert found[0]
