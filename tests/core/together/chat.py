"""A chat service on the loopback: answers like the real one, bills, and fails on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.chat import ChatReply, ChatRequest, Decoding, Message, Policy, Role, Usage
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
        return Answer.of_json(await self.completion(asked))

    async def completion(self, asked: Asked) -> dict[str, Any]:
        """Do the work, and bill it."""
        reply = await self.policy.chat(_request(asked.json))
        self.billed.append(reply.usage)
        return completion(reply, self.model)


def completion(reply: ChatReply, model: str = "test/model") -> dict[str, Any]:
    """A reply as the service words it."""
    usage = reply.usage
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
                "message": {"role": "assistant", "content": reply.text},
            }
        ],
        "usage": {
            "prompt_tokens": usage.n_prompt_tokens,
            "completion_tokens": usage.n_completion_tokens,
            "total_tokens": usage.n_prompt_tokens + usage.n_completion_tokens,
        },
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


def _request(body: Any) -> ChatRequest:
    messages = tuple(Message(Role(m["role"]), m["content"]) for m in body["messages"])
    decoding = Decoding(body["temperature"], body["max_tokens"])
    return ChatRequest(messages, body["seed"], decoding)
