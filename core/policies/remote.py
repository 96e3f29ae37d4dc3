"""Models behind HTTP: Together, and any server that speaks OpenAI's chat protocol.

One call is one attempt: repeating is the rollout's affair, so that every attempt is in the
ledger. Whatever a service answers becomes a reply or one of our errors. The client library is
imported with the first call, since it is slow to load and built-ins never need it.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.chat import ChatReply, ChatRequest, Usage
from core.config import with_api_keys
from core.errors import UsageError
from core.policies import failures

TOGETHER, OPENAI = "together", "openai"
TIMEOUT_S = 300.0
_KEYS = {TOGETHER: "TOGETHER_API_KEY", OPENAI: "OPENAI_API_KEY"}
_NO_KEY = "none"
_ESTIMATED = "usage estimated"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is found: `together:MODEL`, or `openai:MODEL@URL`."""

    provider: str
    model: str
    base_url: str | None = None

    @classmethod
    def parse(cls, name: str) -> Address:
        """Read a policy's name; raises `UsageError` that shows the form."""
        provider, _, rest = name.partition(":")
        model, at, url = rest.rpartition("@") if provider == OPENAI else (rest, "", "")
        if provider not in _KEYS or not model or bool(at) != bool(url):
            raise UsageError(
                f"{name!r} names no model. Forms: {TOGETHER}:MODEL, or {OPENAI}:MODEL@URL with "
                "the address of any OpenAI-compatible server."
            )
        return cls(provider, model, _without_version(url) if url else None)

    def key(self, environ: Mapping[str, str]) -> str:
        """The API key; a server of one's own needs none. Raises `UsageError` when missing."""
        variable = _KEYS[self.provider]
        key = environ.get(variable, "").strip()
        if not key and self.provider == TOGETHER:
            raise UsageError(f"{variable} is not set; nothing was called. Set it, then try again.")
        return key or _NO_KEY


@dataclass(slots=True)
class RemotePolicy:
    """Asks one model; close it when done."""

    name: str
    address: Address
    key: str = field(repr=False)
    timeout_s: float = TIMEOUT_S
    _client: Any = None

    @classmethod
    def named(cls, name: str, environ: Mapping[str, str] | None = None) -> RemotePolicy:
        """The policy of that name, with a key from the environment or the user's own file."""
        address = Address.parse(name)
        found = with_api_keys(os.environ) if environ is None else environ
        return cls(name, address, address.key(found))

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One attempt; raises `PolicyError`, or `PolicyBusyError` when another may succeed."""
        together, httpx = importlib.import_module("together"), importlib.import_module("httpx")
        client = self._connected(together)
        try:
            answer = await client.chat.completions.create(
                model=self.address.model,
                messages=[{"role": str(m.role), "content": m.content} for m in request.messages],
                max_tokens=request.decoding.max_tokens,
                temperature=request.decoding.temperature,
                seed=request.seed,
            )
        except together.APIStatusError as error:
            raise failures.of_status(
                error.status_code, error.body, error.response.headers
            ) from error
        except (together.APIConnectionError, httpx.HTTPError) as error:
            was_sent = not isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
            raise failures.of_connection(error, was_sent=was_sent) from error
        except (together.APIError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise failures.of_nonsense(str(error)) from error
        return read_reply(answer, request)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _connected(self, together: Any) -> Any:
        if self._client is None:
            base_url = self.address.base_url
            if base_url is None and (given := os.environ.get("TOGETHER_BASE_URL")):
                base_url = _without_version(given)
            self._client = together.AsyncTogether(
                api_key=self.key, base_url=base_url, timeout=self.timeout_s, max_retries=0
            )
        return self._client


def read_reply(answer: Any, request: ChatRequest) -> ChatReply:
    """What a service answered, in any of the shapes that are met; raises `PolicyError`."""
    if isinstance(answer, str):
        raise failures.of_nonsense(answer)
    choices = getattr(answer, "choices", None)
    if not isinstance(choices, list):
        raise failures.of_nonsense(str(answer))
    choice = choices[0] if choices else None
    text = _text(getattr(getattr(choice, "message", None), "content", None))
    reason = str(getattr(choice, "finish_reason", None) or "")
    usage = _usage(getattr(answer, "usage", None))
    if usage is None:
        return ChatReply(
            text, _estimate(text, request), ", ".join(filter(None, (reason, _ESTIMATED)))
        )
    return ChatReply(text, usage, reason)


def _text(content: object) -> str:
    """Plain text, or the text of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "".join(text for text in texts if isinstance(text, str))


def _usage(given: Any) -> Usage | None:
    """Tokens, each counted once; cached ones are told in one of two places."""
    prompt, completion = _count(given, "prompt_tokens"), _count(given, "completion_tokens")
    if prompt is None or completion is None:
        return None
    nested = _count(getattr(given, "prompt_tokens_details", None), "cached_tokens")
    cached = nested if nested is not None else _count(given, "cached_tokens") or 0
    details = getattr(given, "completion_tokens_details", None)
    reasoning = _count(details, "reasoning_tokens") or 0
    return Usage(prompt, completion, min(cached, prompt), min(reasoning, completion))


def _count(owner: Any, name: str) -> int | None:
    value = owner.get(name) if isinstance(owner, Mapping) else getattr(owner, name, None)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def _estimate(text: str, request: ChatRequest) -> Usage:
    """At least what was used: no tokenizer makes more tokens than there are bytes."""
    n_prompt = sum(len(message.content.encode()) for message in request.messages)
    return Usage(n_prompt, min(len(text.encode()), request.decoding.max_tokens))


def _without_version(url: str) -> str:
    """The client adds `/v1` itself."""
    return url.rstrip("/").removesuffix("/v1")


def is_remote(name: str) -> bool:
    """Whether a policy's name is one of these."""
    return name.partition(":")[0] in _KEYS
