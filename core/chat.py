"""A chat, as every policy sees it: the seam between agent and model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a policy samples."""

    temperature: float = 1.0
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a policy."""

    messages: tuple[Message, ...]
    seed: int
    decoding: Decoding = Decoding()


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


class Policy(Protocol):
    """Whatever answers a chat."""

    @property
    def name(self) -> str:
        """Stable identity, part of an arm: model id or artifact hash included."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer; raises `PolicyError` when there is no answer to be had."""
