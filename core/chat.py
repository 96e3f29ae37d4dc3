"""A chat, as every policy sees it: the seam between agent and model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from core.errors import UsageError

HOTTEST = 2.0
"""The highest temperature that services take."""
_N_PER_MESSAGE = 16
_N_PER_CHAT = 64
"""Tokens that a chat template may add around the text."""


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    """The result of a call that the assistant made."""


class ToolCall(msgspec.Struct, frozen=True):
    """What an assistant wants done, in the model's own form for it."""

    id: str
    name: str
    arguments: str
    """A JSON object as text; a model may write anything here."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a chat.

    What is empty is not written, so that a state of plain messages keeps its name and its bytes
    whatever a message may hold besides.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """Of a tool's message: the call that it answers."""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON Schema of its arguments."""


class Reasoning(StrEnum):
    """Whether a model thinks before it answers, and how hard."""

    DEFAULT = "default"
    """As the model does by itself; nothing is said about it."""
    ON = "on"
    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a policy samples."""

    temperature: float = 1.0
    max_tokens: int = 1024
    """Of an answer, what it thinks included."""
    reasoning: Reasoning = Reasoning.DEFAULT
    streams: bool = False
    """Whether an answer comes piece by piece, to be watched."""

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise UsageError(f"Tokens of an answer: at least 1, not {self.max_tokens:,}.")
        if not (math.isfinite(self.temperature) and 0.0 <= self.temperature <= HOTTEST):
            raise UsageError(f"temperature: 0 to {HOTTEST:g}, not {self.temperature:g}.")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a policy."""

    messages: tuple[Message, ...]
    seed: int
    decoding: Decoding = Decoding()
    tools: tuple[Tool, ...] = ()
    """Functions that it may call natively; most questions offer none."""
    hear: Callable[[str], None] | None = field(default=None, compare=False, repr=False)
    """Is told each piece of an answer that comes piece by piece."""

    @property
    def n_bytes(self) -> int:
        """Everything that is sent but the frame around it; tokens can never be more."""
        return sum(len(text.encode()) for text in _texts(self))

    @property
    def worst_usage(self) -> Usage:
        """More than an answer can take: no tokenizer makes more tokens than there are bytes."""
        n_parts = len(self.messages) + sum(len(m.tool_calls) for m in self.messages)
        n_around = _N_PER_CHAT + _N_PER_MESSAGE * (n_parts + len(self.tools))
        return Usage(self.n_bytes + n_around, self.decoding.max_tokens)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, each counted once."""

    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int = 0
    n_reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One answer of a policy."""

    text: str
    usage: Usage
    finish_reason: str = "stop"
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    """What it thought aloud, where a service tells."""
    rest_s: float = 0.0
    """How long the service wants to be left alone now."""


class Policy(Protocol):
    """Whatever answers a chat."""

    @property
    def name(self) -> str:
        """Stable identity, part of an arm: model id or artifact hash included."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer; raises `PolicyError` when there is no answer to be had."""


def plain_message(message: Message) -> dict[str, Any]:
    """A message in the form that services and preference files have in common."""
    plain: dict[str, Any] = {"role": message.role.value, "content": message.content}
    if message.tool_calls:
        plain["content"] = message.content or None
        plain["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        plain["tool_call_id"] = message.tool_call_id
    if message.reasoning:
        plain["reasoning"] = message.reasoning
    return plain


def plain_tool(tool: Tool) -> dict[str, Any]:
    """A tool in the same form."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _texts(request: ChatRequest) -> Iterator[str]:
    for message in request.messages:
        yield message.content
        yield message.reasoning
        yield message.tool_call_id
        for call in message.tool_calls:
            yield from (call.id, call.name, call.arguments)
    for tool in request.tools:
        yield msgspec.json.encode(tool).decode()
