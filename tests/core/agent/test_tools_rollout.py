"""Whole rollouts under the `tools` protocols, with scripted policies."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from core.agent.limits import Limits, Speech, TestPolicy
from core.agent.state import load_prompts
from core.chat import ChatReply, ChatRequest, Message, Role, ToolCall, Usage
from core.edits.block import EditBlock
from core.outcome import Outcome
from core.policies.tokens import weigh
from core.task import SourceFile
from tests.core.agent.staged import PROGRAM, TASK, Said, Scripted, Stage, stage

READ = ("read_file", {"path": "f.py"})
RIGHT = ("edit_file", {"path": "f.py", "find": "x - 1", "replace": "x + 1"})
WRONG = ("edit_file", {"path": "f.py", "find": "x - 1", "replace": "x * 1"})
FINISH = ("finish", dict[str, str]())
Asked = tuple[str, dict[str, str]]
PROMPTS = {
    Speech.TOOLS_JSON: "tools-json-1",
    Speech.TOOLS_STRICT: "tools-json-1",
    Speech.TOOLS_NATIVE: "tools-native-1",
}
SPEECHES = sorted(PROMPTS)


def said(speech: Speech, *asked: Asked, name: str = "id") -> Said:
    """An answer that asks for these."""
    if speech is not Speech.TOOLS_NATIVE:
        ((tool, given),) = asked
        return json.dumps({"tool": tool, "arguments": given})
    calls = tuple(
        ToolCall(f"{name}{n}", tool, json.dumps(given)) for n, (tool, given) in enumerate(asked)
    )
    return ChatReply("Hm, let me see.", Usage(100, 10), "tool_calls", calls)


def told(speech: Speech, *asked: Asked | str, **changes: object) -> Stage:
    """A stage whose policy asks for one thing after the other."""
    answers = [one if isinstance(one, str) else said(speech, one) for one in asked]
    prompts = load_prompts(PROMPTS[speech])
    return stage(*answers, prompts=prompts, speech=speech, **changes)


@pytest.mark.parametrize("speech", SPEECHES)
async def test_a_repair_by_tools_is_tested_after_a_change_and_kept_as_a_patch(
    speech: Speech,
) -> None:
    s = told(speech, READ, WRONG, ("edit_file", {**RIGHT[1], "find": "x * 1"}))
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.PASSED, 3)
    assert result.patch == (EditBlock("f.py", "    return x - 1", "    return x + 1"),)
    assert s.judge.programs == [PROGRAM.replace("- 1", "* 1"), PROGRAM.replace("- 1", "+ 1")]
    third = s.policy.requests[2].messages
    assert PROGRAM.rstrip() in third[3].content
    assert third[-1].content == "f.py is changed\n\n1 of 1 tests fail\ncase 0"
    assert [step.note.split(" ")[0] for step in s.steps] == ["read_file", "edit_file", "edit_file"]


@pytest.mark.parametrize("speech", SPEECHES)
async def test_a_chat_has_the_roles_that_a_service_takes(speech: Speech) -> None:
    s = told(speech, READ, WRONG, FINISH)
    await s.run()
    last = s.policy.requests[-1]
    answer = Role.TOOL if speech is Speech.TOOLS_NATIVE else Role.USER
    assert [m.role for m in last.messages] == [
        Role.SYSTEM, Role.USER, Role.ASSISTANT, answer, Role.ASSISTANT, answer,
    ]  # fmt: skip
    assert bool(last.tools) == (speech is Speech.TOOLS_NATIVE)
    for asked, answered in zip(last.messages[2::2], last.messages[3::2], strict=True):
        assert [call.id for call in asked.tool_calls] == [answered.tool_call_id] * bool(last.tools)
        assert all(json.loads(call.arguments) for call in asked.tool_calls)


async def test_several_native_calls_at_once_are_done_in_order_each_with_its_answer() -> None:
    speech = Speech.TOOLS_NATIVE
    s = told(speech, limits=Limits(n_iterations=2))
    s.policy = Scripted([said(speech, READ, RIGHT, FINISH)])
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.PASSED, 1)
    assert [one.tool for one in s.steps[0].move.actions] == ["read_file", "edit_file", "finish"]


async def test_names_that_a_model_gives_its_calls_stand_in_no_state() -> None:
    found = []
    for name in ("call_9f3a", "toolu_77"):
        s = told(Speech.TOOLS_NATIVE)
        asked = [said(Speech.TOOLS_NATIVE, one, name=name) for one in (READ, WRONG, FINISH)]
        s.policy = Scripted(asked)
        await s.run()
        found.append([call.state for call in s.calls])
        assert s.calls[0].reply is not None
        assert s.calls[0].reply.tool_calls[0].id == f"{name}0", "the answer itself is kept"
    assert found[0] == found[1]


@pytest.mark.parametrize("speech", SPEECHES)
async def test_an_early_finish_is_refused_and_a_finish_after_a_look_ends_it(
    speech: Speech,
) -> None:
    s = told(speech, FINISH, READ, FINISH)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.FAILED, 3)
    assert result.reason == "finished without a change"
    assert "read or search a file first" in s.policy.requests[1].messages[-1].content


async def test_a_change_that_would_pass_is_not_taken_blindly() -> None:
    blind = ("write_file", {"path": "f.py", "text": PROGRAM.replace("x - 1", "x + 1")})
    s = told(Speech.TOOLS_JSON, blind, READ, blind)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.PASSED, 3)
    assert len(s.judge.programs) == 1, "what was refused is not tested"
    assert "read f.py first" in s.policy.requests[1].messages[-1].content


@pytest.mark.parametrize("policy", [TestPolicy.ON_FINAL, TestPolicy.NEVER])
async def test_without_tests_on_write_only_finish_is_final(policy: TestPolicy) -> None:
    s = told(Speech.TOOLS_JSON, READ, RIGHT, FINISH, test_policy=policy)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.PASSED, 3)
    assert s.judge.programs == []
    assert s.policy.requests[2].messages[-1].content == "f.py is changed; not tested"
    first = s.policy.requests[0].messages[1].content
    assert ("expected 2" in first) == (policy is TestPolicy.ON_FINAL)


async def test_a_limit_ends_it_and_whatever_was_changed_is_graded() -> None:
    s = told(Speech.TOOLS_JSON, READ, WRONG, limits=Limits(n_iterations=2))
    result = await s.run()
    assert (result.outcome, result.reason, result.n_tests) == (Outcome.LIMIT, "iterations", 2)
    s = told(Speech.TOOLS_JSON, READ, limits=Limits(n_iterations=1))
    result = await s.run()
    assert (result.outcome, result.patch, result.n_tests) == (Outcome.LIMIT, (), 2)


@pytest.mark.parametrize("speech", SPEECHES)
async def test_an_agent_that_never_speaks_the_protocol_is_invalid(speech: Speech) -> None:
    s = told(speech, "No.", "No.", "No.", READ)
    result = await s.run()
    assert (result.outcome, result.n_iterations) == (Outcome.INVALID, 3)
    assert result.reason.startswith("invalid: the answer ")


async def test_a_strict_reader_forgives_nothing_and_a_lenient_one_counts() -> None:
    fenced = f"```json\n{said(Speech.TOOLS_JSON, READ)}\n```"
    lenient = told(Speech.TOOLS_JSON, fenced, RIGHT)
    assert (await lenient.run()).n_iterations == 2
    assert [step.move.forgiven for step in lenient.steps] == [("fence",), ()]
    strict = told(Speech.TOOLS_STRICT, fenced, READ, RIGHT)
    assert (await strict.run()).n_iterations == 3
    assert "not exactly one JSON object" in strict.policy.requests[1].messages[-1].content


@pytest.mark.parametrize("speech", SPEECHES)
async def test_the_same_action_three_times_trips_the_wire(speech: Speech) -> None:
    result = await (s := told(speech, READ, READ, READ, RIGHT)).run()
    assert (result.outcome, result.n_iterations) == (Outcome.FAILED, 3)
    assert result.reason == "the same thing three times"
    assert s.steps[-1].move.actions[0].is_error


async def test_the_same_edit_on_another_tree_is_no_loop() -> None:
    back = ("edit_file", {"path": "f.py", "find": "x * 1", "replace": "x - 1"})
    other = ("edit_file", {"path": "f.py", "find": "x * 1", "replace": "x + 1"})
    s = told(Speech.TOOLS_JSON, READ, WRONG, back, WRONG, other)
    assert (await s.run()).outcome is Outcome.PASSED


class _Reader:
    """Reads for ever, never the same twice."""

    name = "reader"

    def __init__(self, speech: Speech) -> None:
        self.speech = speech
        self.requests: list[ChatRequest] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        n = len(self.requests)
        given = {"path": "f.py", "first_line": n}
        if self.speech is Speech.TOOLS_NATIVE:
            call = ToolCall("x", "read_file", json.dumps(given))
            return ChatReply("", Usage(1, 1), "tool_calls", (call,))
        return ChatReply(json.dumps({"tool": "read_file", "arguments": given}), Usage(1, 1))


def _weight(messages: tuple[Message, ...]) -> int:
    return sum(
        weigh(m.content) + sum(weigh(call.arguments) for call in m.tool_calls) for m in messages
    )


@pytest.mark.parametrize("speech", [Speech.TOOLS_JSON, Speech.TOOLS_NATIVE])
async def test_a_state_stays_below_a_bound_however_many_iterations_there_are(
    speech: Speech,
) -> None:
    limits = Limits(n_iterations=300, n_output_tokens=200, n_history_tokens=1_000)
    s = told(speech, limits=limits)
    text = "".join(f"value_{n} = some_function(value_{n + 1}, {n})\n" for n in range(400))
    s.task = replace(TASK, target=SourceFile("f.py", text))
    policy = _Reader(speech)
    s.policy = policy  # type: ignore[assignment]
    assert (await s.run()).outcome is Outcome.LIMIT
    weights = [_weight(request.messages) for request in policy.requests]
    told_of = 8 * 100 + 100  # what is said of the turns that are left out
    bound = weights[0] + limits.n_history_tokens + limits.n_output_tokens + told_of
    assert max(weights) <= bound
    assert max(weights[-50:]) <= max(weights[30:80]) + 50, "and it grows no more"
    shared = Counter(
        len(one.messages) - len(other.messages)
        for one, other in zip(policy.requests[1:], policy.requests, strict=False)
    )
    assert shared[2] >= 200, "most states only add to the one before, as caches want it"


async def test_what_was_left_out_is_told_in_a_few_words() -> None:
    limits = Limits(n_iterations=40, n_output_tokens=200, n_history_tokens=600)
    s = told(Speech.TOOLS_JSON, limits=limits)
    s.task = replace(TASK, target=SourceFile("f.py", "word " * 20 + "\n" + PROGRAM * 30))
    policy = _Reader(Speech.TOOLS_JSON)
    s.policy = policy  # type: ignore[assignment]
    await s.run()
    first = policy.requests[-1].messages[1].content
    assert "\n- read_file f.py\n" in first
    assert " more before these" in first


async def test_an_answer_that_was_cut_is_told_so() -> None:
    cut = ChatReply('{"tool": "write_file", "arguments": {"path": "f', Usage(9, 9), "length")
    s = told(Speech.TOOLS_JSON)
    s.policy = Scripted([cut, said(Speech.TOOLS_JSON, READ), said(Speech.TOOLS_JSON, RIGHT)])
    assert (await s.run()).outcome is Outcome.PASSED
    assert s.policy.requests[1].messages[-1].content.endswith(", and was cut off for its length")
