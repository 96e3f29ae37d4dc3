"""Models behind HTTP: Together, and any server that speaks OpenAI's chat protocol.

One call is one attempt: repeating is the rollout's affair, so that every attempt is in the
ledger. Whatever a service answers becomes a reply or one of our errors. The client library is
imported with the first call, since it is slow to load and built-ins never need it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from core.chat import ChatReply, ChatRequest, Reasoning, plain_message, plain_tool
from core.config import API_KEYS, api_key, with_api_keys
from core.errors import GemelError, UsageError
from core.policies import failures
from core.policies.replies import read_reply, read_stream
from core.together.client import TIMEOUT_S, Connection, without_version
from core.together.hiding import cause_of
from core.together.quiet import quiet

TOGETHER, OPENAI = "together", "openai"
_KEYS = {TOGETHER: API_KEYS["together_api_key"], OPENAI: "OPENAI_API_KEY"}
_NO_KEY = "none"


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
        return cls(provider, model, without_version(url) if url else None)

    def key(self, environ: Mapping[str, str]) -> str:
        """The API key; a server of one's own needs none. Raises `UsageError` when missing."""
        variable = _KEYS[self.provider]
        key = api_key(environ, variable)
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
    _connection: Connection | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def named(cls, name: str, environ: Mapping[str, str] | None = None) -> RemotePolicy:
        """The policy of that name, with a key from the environment or the user's own file."""
        address = Address.parse(name)
        found = with_api_keys(os.environ) if environ is None else environ
        return cls(name, address, address.key(found))

    async def chat(self, request: ChatRequest) -> ChatReply:
        """One attempt; raises `PolicyError`, or `PolicyBusyError` when another may succeed."""
        connection = await self._connected()
        create = connection.write.chat.completions.with_raw_response.create
        with _named_failures(connection.library), quiet():
            raw = await create(**question_of(self.address, request))
            if request.decoding.streams:
                stream = await raw.parse()
                if isinstance(stream, str | bytes) or not hasattr(stream, "__aiter__"):
                    raise failures.of_nonsense(str(stream))
                reply = await read_stream(stream, request)
            else:
                reply = read_reply(json.loads(await raw.read()), request)
        return replace(reply, rest_s=failures.rest_s(raw.headers))

    async def close(self) -> None:
        """Let go of the connections."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _connected(self) -> Connection:
        async with self._turn:
            if self._connection is None:
                address, is_together = self.address, self.address.provider == TOGETHER
                self._connection = await Connection.to(
                    self.key, address.base_url, self.timeout_s, is_together=is_together
                )
            return self._connection


def question_of(address: Address, request: ChatRequest) -> dict[str, Any]:
    """A request in the words of the client library; what is not asked for is not sent.

    All else stands in the body as it is: as arguments the library would compare each message
    with its types, which takes longer than sending it.
    """
    decoding = request.decoding
    body: dict[str, Any] = {
        "messages": [plain_message(message) for message in request.messages],
        "max_tokens": decoding.max_tokens,
        "temperature": decoding.temperature,
        "seed": request.seed,
    }
    asked: dict[str, Any] = {"model": address.model, "messages": [], "extra_body": body}
    if request.tools:
        body["tools"] = [plain_tool(tool) for tool in request.tools]
    if decoding.streams:
        asked["stream"] = True
        if address.provider == OPENAI:  # Together tells the usage of a stream anyway
            body["stream_options"] = {"include_usage": True}
    match decoding.reasoning:
        case Reasoning.DEFAULT:
            pass
        case Reasoning.ON | Reasoning.OFF:
            body["reasoning"] = {"enabled": decoding.reasoning is Reasoning.ON}
        case effort:
            body["reasoning_effort"] = effort.value
    return asked


@contextmanager
def _named_failures(library: Any) -> Iterator[None]:
    """Whatever the library raises, as one of our errors."""
    httpx = importlib.import_module("httpx")
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    try:
        yield
    except GemelError:
        raise
    except library.APIStatusError as error:
        headers = error.response.headers
        raise failures.of_status(error.status_code, error.body, headers) from cause_of(error)
    except (library.APIConnectionError, httpx.HTTPError, httpx.StreamError) as error:
        met = error.__cause__ or error
        was_sent, timed_out = not isinstance(met, unsent), isinstance(met, httpx.TimeoutException)
        failed = failures.of_connection(error, was_sent=was_sent, timed_out=timed_out)
        raise failed from cause_of(error)
    except library.APIError as error:
        raise failures.of_frame(error.body, str(error)) from cause_of(error)
    except Exception as error:  # noqa: BLE001 - the library raises whatever an answer broke in it
        said = f"{type(error).__name__}: {error}"
        raise failures.of_nonsense(said) from cause_of(error)


def is_remote(name: str) -> bool:
    """Whether a policy's name is one of these."""
    return name.partition(":")[0] in _KEYS
