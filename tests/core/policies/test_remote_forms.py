"""Tools, thoughts and streams of models behind HTTP, through the real client library."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from core.agent.state import load_prompts
from core.chat import (
    ChatReply,
    ChatRequest,
    Decoding,
    Message,
    Reasoning,
    Role,
    ToolCall,
    Usage,
)
from core.errors import PolicyBusyError, Pressure
from core.policies.remote import RemotePolicy
from tests.core.together.chat import (
    ChatService,
    Fault,
    UsageShape,
    completion,
    frames,
    said,
    streamed,
)
from tests.core.together.http import Answer, serving

_CALLS = (ToolCall("call_1", "read_file", '{"path": "größe.py"}'), ToolCall("c2", "finish", "{}"))
_REPLY = ChatReply("Sehr schön.", Usage(50, 20, 8, 9), "tool_calls", _CALLS, "First I look.")
_ASKED = ChatRequest(
    (
        Message(Role.SYSTEM, "Mend it."),
        Message(Role.USER, "x = 1"),
        Message(Role.ASSISTANT, "", (ToolCall("call_1_1", "list_files", "{}"),)),
        Message(Role.TOOL, "* f.py", tool_call_id="call_1_1"),
    ),
    7,
    Decoding(0.5, 64),
    load_prompts("tools-native-1").tools,
)


class _Fixed:
    name = "fixed"
    asked: ChatRequest | None = None

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.asked = request
        return _REPLY


@asynccontextmanager
async def _asking(*faults: Fault) -> AsyncIterator[tuple[RemotePolicy, ChatService]]:
    service = ChatService(_Fixed(), faults=list(faults))
    async with serving(service.handle) as url:
        policy = RemotePolicy.named(f"openai:test/model@{url}", {})
        try:
            yield policy, service
        finally:
            await policy.close()


def _streams(request: ChatRequest = _ASKED, **changes: Any) -> ChatRequest:
    return replace(request, decoding=replace(request.decoding, streams=True), **changes)


@pytest.mark.parametrize("request_", [_ASKED, _streams()])
async def test_calls_and_thoughts_travel_whole_both_ways(request_: ChatRequest) -> None:
    async with _asking() as (policy, service):
        assert await policy.chat(request_) == _REPLY
        asked = service.policy.asked  # type: ignore[attr-defined]
        assert (asked.messages, asked.tools) == (_ASKED.messages, _ASKED.tools)
        sent = service.asked[0].json
        assert sent["messages"][2]["content"] is None
        assert sent["messages"][3] == {
            "role": "tool",
            "content": "* f.py",
            "tool_call_id": "call_1_1",
        }
        assert [tool["type"] for tool in sent["tools"]] == ["function"] * 6


@pytest.mark.parametrize("shape", list(UsageShape))
async def test_usage_is_read_in_every_shape(shape: UsageShape) -> None:
    body = json.dumps(completion(_REPLY, shape=shape)).encode()
    async with _asking(said(body)) as (policy, _):
        reply = await policy.chat(_ASKED)
    if shape is UsageShape.ABSENT:
        assert reply.usage == _ASKED.worst_usage
        assert reply.usage.n_prompt_tokens > _ASKED.n_bytes > 1_000, "tools count, too"
        assert reply.finish_reason == "tool_calls, usage estimated"
    else:
        assert reply == _REPLY


@pytest.mark.parametrize("usage_apart", [True, False])
async def test_a_stream_is_heard_piece_by_piece_and_its_usage_read_where_it_is(
    *, usage_apart: bool
) -> None:
    heard: list[str] = []
    parts = frames(_REPLY, usage_apart=usage_apart)
    async with _asking(lambda service, asked: streamed(*parts)) as (policy, _):
        assert await policy.chat(_streams(hear=heard.append)) == _REPLY
    assert "".join(heard) == _REPLY.text
    assert len(heard) == 3


def _whole(reply: ChatReply) -> Fault:
    return said(json.dumps(completion(reply)).encode())


_PARTS = frames(_REPLY)
_WHOLE = len(streamed(*_PARTS).body)


@pytest.mark.parametrize(
    "answer",
    [
        streamed(*_PARTS[:5]),
        streamed(*_PARTS[:5], "data: [DONE]"),
        streamed(*_PARTS, n_sent=_WHOLE // 2),
        streamed(*_PARTS[:4], {"error": {"message": "worker died", "type": "server_error"}}),
        streamed(*_PARTS[:4], 'data: {"choices": [{"del'),
        streamed(*_PARTS[:4], {"choices": [{"finish_reason": "error", "delta": {}}]}),
        streamed(),
        Answer(200, b"<html>busy</html>", {"content-type": "text/html"}),
    ],
)
async def test_a_stream_that_breaks_off_may_have_been_billed_and_is_no_answer(
    answer: Answer,
) -> None:
    async with _asking(lambda service, asked: answer) as (policy, _):
        with pytest.raises(PolicyBusyError) as caught:
            await policy.chat(_streams())
        assert caught.value.may_be_billed
        assert await policy.chat(_streams()) == _REPLY, "the next attempt is not spoiled"


@pytest.mark.parametrize(
    "answer",
    [
        streamed(*_PARTS[:4], {"error": {"message": f"{'x' * 270} sent Bearer sk-own-0a1b2c3d"}}),
        Answer(200, b'"%s Bearer sk-own-0a1b2c3d"' % (b"x" * 240), {"content-type": "text/html"}),
    ],
)
async def test_a_key_that_an_answer_repeats_is_shown_nowhere(answer: Answer) -> None:
    async with _asking(lambda service, asked: answer) as (policy, _):
        own = RemotePolicy.named(policy.name, {"OPENAI_API_KEY": "sk-own-0a1b2c3d"})
        with pytest.raises(PolicyBusyError) as caught:
            await own.chat(_streams())
        await own.close()
    assert "sk-own" not in "".join(traceback.format_exception(caught.value))


async def test_a_stream_without_its_last_line_is_whole_when_the_answer_is() -> None:
    async with _asking(lambda service, asked: streamed(*_PARTS[:-1])) as (policy, _):
        assert await policy.chat(_streams()) == _REPLY


@pytest.mark.parametrize(
    ("reasoning", "sent"),
    [
        (Reasoning.DEFAULT, {}),
        (Reasoning.ON, {"reasoning": {"enabled": True}}),
        (Reasoning.OFF, {"reasoning": {"enabled": False}}),
        (Reasoning.HIGH, {"reasoning_effort": "high"}),
    ],
)
async def test_only_what_is_wished_is_said_about_thinking(
    reasoning: Reasoning, sent: dict[str, object]
) -> None:
    asked = replace(_ASKED, decoding=replace(_ASKED.decoding, reasoning=reasoning))
    async with _asking() as (policy, service):
        await policy.chat(asked)
        body = service.asked[0].json
    assert {name: body[name] for name in body if "reasoning" in name} == sent


@pytest.mark.parametrize(
    ("content", "reason", "text", "thought"),
    [
        ("<think>\nHm {\n</think>\n\nx = 2", "stop", "x = 2", "Hm {"),
        ("<think>Hm</think>x = 2", "stop", "x = 2", "Hm"),
        ("Hm {\n</think>\n\nx = 2", "stop", "x = 2", "Hm {"),
        ("Hm {\n</think>", "stop", "", "Hm {"),
        ("<think>\nHm { x = 1", "length", "", "Hm { x = 1"),
        ("<think>\nHm { x = 1", "stop", "<think>\nHm { x = 1", ""),
        ("x = '</think>' + y", "stop", "x = '</think>' + y", ""),
    ],
)
async def test_thoughts_inside_of_the_text_are_no_part_of_the_answer(
    content: str, reason: str, text: str, thought: str
) -> None:
    inline = ChatReply(content, Usage(5, 9), reason)
    async with _asking(_whole(inline)) as (policy, _):
        reply = await policy.chat(_ASKED)
    assert (reply.text, reply.reasoning) == (text, thought)


@pytest.mark.parametrize(
    "calls",
    [
        "no list",
        [None, 3, {}],
        [{"id": 4, "function": {"name": None, "arguments": {"path": "a"}}}],
        [{"function": {"name": "grep", "arguments": None}}],
    ],
)
async def test_odd_calls_never_break_a_reply(calls: Any) -> None:
    body = completion(_REPLY)
    body["choices"][0]["message"]["tool_calls"] = calls
    async with _asking(said(json.dumps(body).encode())) as (policy, _):
        reply = await policy.chat(_ASKED)
    assert all(isinstance(call.arguments, str) for call in reply.tool_calls)


@pytest.mark.parametrize(
    ("headers", "rest_s"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2.5"}, 2.5),
        ({"x-tokenlimit-remaining": "0", "x-ratelimit-reset": "1m2s"}, 62.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "250ms"}, 0.25),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "9"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "999999"}, 900.0),
        ({}, 0.0),
    ],
)
async def test_a_rate_that_is_used_up_is_told_whether_it_was_refused_or_not(
    headers: dict[str, str], rest_s: float
) -> None:
    kind = {"content-type": "application/json", **headers}
    good = Answer(200, json.dumps(completion(_REPLY)).encode(), kind)
    bad = Answer(429, b'{"error": {"message": "slow"}}', kind)
    async with _asking(lambda s, a: good, lambda s, a: bad) as (policy, _):
        assert (await policy.chat(_ASKED)).rest_s == rest_s
        with pytest.raises(PolicyBusyError) as caught:
            await policy.chat(_ASKED)
    assert (caught.value.pressure, caught.value.retry_after_s) == (Pressure.RATE, rest_s or None)


async def test_many_more_calls_at_once_than_the_librarys_own_pool_has_places() -> None:
    barrier = asyncio.Barrier(130)

    class _Together(_Fixed):
        async def chat(self, request: ChatRequest) -> ChatReply:
            await barrier.wait()  # nobody is answered before all have asked
            return _REPLY

    service = ChatService(_Together())
    async with serving(service.handle) as url:
        policy = RemotePolicy.named(f"openai:test/model@{url}", {})
        calls = [asyncio.create_task(policy.chat(_ASKED)) for _ in range(130)]
        assert await asyncio.gather(*calls) == [_REPLY] * 130
        await policy.close()


async def test_nothing_is_printed_whatever_the_environment_wishes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOGETHER_LOG", "debug")
    async with _asking() as (policy, _):
        for request in (_ASKED, _streams()):
            assert await policy.chat(request) == _REPLY
    assert capfd.readouterr() == ("", "")


async def test_what_is_set_for_another_service_stays_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOGETHER_CUSTOM_HEADERS", "X-Secret: mine\nno header at all")
    monkeypatch.setenv("TOGETHER_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TOGETHER_API_KEY", "tgp-secret")
    async with _asking() as (policy, service):
        assert await policy.chat(_ASKED) == _REPLY
        sent = service.asked[0].headers
    assert "x-secret" not in sent
    assert sent["authorization"] == "Bearer none"
