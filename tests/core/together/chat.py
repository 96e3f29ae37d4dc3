"""A chat service on the loopback: answers like the real one, bills, and fails on demand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.chat import (
    ChatReply,
    ChatRequest,
    Decoding,
    Message,
    Policy,
    Role,
    Tool,
    ToolCall,
    Usage,
)
from tests.core.together.http import Answer, Asked

Fault = Callable[["ChatService", Asked], Answer | None]
"""Answers in place of the service; None lets it answer as usual."""


@dataclass(slots=True)
class ChatService:
    """One model that is really a policy of ours."""

    policy: Policy
    model: str = "test/model"
    faults: list[Fault] = field(default_factory=list)
    """One is used up by each request."""
    asked: list[Asked] = field(default_factory=list)
    billed: list[Usage] = field(default_factory=list)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    n_at_once: int = 0
    n_most_at_once: int = 0

    async def handle(self, asked: Asked) -> Answer:
        """Serve one request."""
        self.asked.append(asked)
        self.is_asked.set()
        self.n_at_once += 1
        self.n_most_at_once = max(self.n_most_at_once, self.n_at_once)
        try:
            fault = self.faults.pop(0)(self, asked) if self.faults else None
            return fault or await self._answer(asked)
        finally:
            self.n_at_once -= 1

    async def _answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) != ("POST", "/v1/chat/completions"):
            return Answer.of_json({"error": {"message": "no such path", "type": "x"}}, 404)
        if asked.json["model"] != self.model:
            error = {"message": f"Unable to access model {asked.json['model']}", "type": "x"}
            return Answer.of_json({"error": {**error, "code": "model_not_available"}}, 400)
        reply = await self.reply(asked)
        if asked.json.get("stream"):
            return streamed(*frames(reply, self.model))
        return Answer.of_json(completion(reply, self.model))

    async def reply(self, asked: Asked) -> ChatReply:
        """Do the work, and bill it."""
        reply = await self.policy.chat(request_of(asked.json))
        self.billed.append(reply.usage)
        return reply


class UsageShape(StrEnum):
    """Where a model tells what it took."""

    NESTED = "nested"
    FLAT = "flat"
    ABSENT = "absent"


def usage_of(usage: Usage, shape: UsageShape = UsageShape.NESTED) -> dict[str, Any] | None:
    """Tokens as the service words them."""
    if shape is UsageShape.ABSENT:
        return None
    counts: dict[str, Any] = {
        "prompt_tokens": usage.n_prompt_tokens,
        "completion_tokens": usage.n_completion_tokens,
        "total_tokens": usage.n_prompt_tokens + usage.n_completion_tokens,
    }
    if usage.n_reasoning_tokens:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.n_reasoning_tokens}
    if usage.n_cached_tokens and shape is UsageShape.FLAT:
        counts["cached_tokens"] = usage.n_cached_tokens
    elif usage.n_cached_tokens:
        counts["prompt_tokens_details"] = {"cached_tokens": usage.n_cached_tokens}
    return counts


def said_by(reply: ChatReply) -> dict[str, Any]:
    """The assistant's message."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if not reply.tool_calls:
        message["content"] = reply.text
    if reply.reasoning:
        message["reasoning"] = reply.reasoning
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "index": n,
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for n, call in enumerate(reply.tool_calls)
        ]
    return message


def frames(
    reply: ChatReply, model: str = "test/model", *, usage_apart: bool = False
) -> list[dict[str, Any] | str]:
    """A reply piece by piece, with what else a stream holds."""
    message = said_by(reply)
    deltas: list[dict[str, Any]] = [{"reasoning": r} for r in _cut(reply.reasoning)]
    deltas += [{"content": text} for text in _cut(reply.text)]
    for call in message.get("tool_calls", []):
        given = _cut(call["function"]["arguments"])
        first, *rest = given or [""]
        deltas.append(
            {"tool_calls": [{**call, "function": {**call["function"], "arguments": first}}]}
        )
        deltas += [
            {"tool_calls": [{"index": call["index"], "function": {"arguments": text}}]}
            for text in rest
        ]
    head = {"id": "cmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    made: list[dict[str, Any] | str] = [": keep-alive"]
    for n, delta in enumerate([*deltas, {}]):
        is_last = n == len(deltas)
        choice = {
            "index": 0,
            "delta": {"role": "assistant", **delta},
            "finish_reason": reply.finish_reason if is_last else None,
        }
        told = usage_of(reply.usage) if is_last and not usage_apart else None
        made.append({**head, "choices": [choice], "usage": told})
    if usage_apart:
        made.append({**head, "choices": [], "usage": usage_of(reply.usage)})
    return [*made, "data: [DONE]"]


def streamed(*parts: dict[str, Any] | str, n_sent: int | None = None) -> Answer:
    """Frames as server-sent events; a text stands for itself."""
    lines = [p if isinstance(p, str) else f"data: {json.dumps(p)}" for p in parts]
    body = "".join(f"{line}\n\n" for line in lines).encode()
    return Answer(200, body, {"content-type": "text/event-stream"}, n_sent)


def completion(
    reply: ChatReply, model: str = "test/model", shape: UsageShape = UsageShape.NESTED
) -> dict[str, Any]:
    """A reply as the service words it."""
    return {
        "id": "cmpl-1",
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": model,
        "prompt": [],
        "choices": [
            {
                "index": 0,
                "finish_reason": reply.finish_reason,
                "message": said_by(reply),
            }
        ],
        "usage": usage_of(reply.usage, shape),
    }


def refused(status: int, message: str = "later", **headers: str) -> Fault:
    """An error answer."""
    body = {"error": {"message": message, "type": "test"}}
    return lambda service, asked: Answer.of_json(body, status, **headers)


def said(body: bytes, kind: str = "application/json", n_sent: int | None = None) -> Fault:
    """Any bytes with status 200, perhaps cut off."""
    return lambda service, asked: Answer(200, body, {"content-type": kind}, n_sent)


def silent() -> Fault:
    """No answer until the client gives up."""

    async def for_ever() -> None:
        await asyncio.Event().wait()

    return lambda service, asked: Answer(before=for_ever)


def request_of(body: Any) -> ChatRequest:
    """What a service is asked, as a policy of ours is."""
    messages = tuple(
        Message(
            Role(m["role"]),
            m["content"] or "",
            tuple(
                ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
                for call in m.get("tool_calls", ())
            ),
            m.get("tool_call_id", ""),
        )
        for m in body["messages"]
    )
    tools = tuple(
        Tool(t["function"]["name"], t["function"]["description"], t["function"]["parameters"])
        for t in body.get("tools", ())
    )
    decoding = Decoding(body.get("temperature", 1.0), body["max_tokens"])
    return ChatRequest(messages, body.get("seed", 0), decoding, tools)


def _cut(text: str) -> list[str]:
    """Pieces of a few characters."""
    return [text[at : at + 4] for at in range(0, len(text), 4)]
