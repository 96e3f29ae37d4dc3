"""Models behind HTTP, through the real client library and a loopback service."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.chat import ChatReply, ChatRequest, Decoding, Message, Role, Usage
from core.errors import PolicyBusyError, PolicyClosedError, PolicyError, Pressure, UsageError
from core.policies.remote import Address, RemotePolicy
from tests.core.together.chat import ChatService, Fault, completion, refused, said, silent
from tests.core.together.http import serving

_REQUEST = ChatRequest(
    (Message(Role.SYSTEM, "Mend it."), Message(Role.USER, "x = 1")), 7, Decoding(0.5, 64)
)
_REPLY = ChatReply("fixed", Usage(11, 3))
_WORST_PROMPT = _REQUEST.worst_usage.n_prompt_tokens


class _Echo:
    name = "echo"

    async def chat(self, request: ChatRequest) -> ChatReply:
        assert request == _REQUEST
        return _REPLY


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOGETHER_API_KEY", "TOGETHER_BASE_URL", "TOGETHER_PROJECT_ID", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@asynccontextmanager
async def _asking(
    *faults: Fault, suffix: str = ""
) -> AsyncIterator[tuple[RemotePolicy, ChatService]]:
    service = ChatService(_Echo(), faults=list(faults))
    async with serving(service.handle) as url:
        policy = RemotePolicy.named(f"openai:test/model@{url}{suffix}", {})
        try:
            yield policy, service
        finally:
            await policy.close()


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_a_chat_travels_whole_to_a_base_url_with_or_without_its_version(suffix: str) -> None:
    async with _asking(suffix=suffix) as (policy, service):
        assert await policy.chat(_REQUEST) == _REPLY
        assert await policy.chat(_REQUEST) == _REPLY
        assert service.billed == [_REPLY.usage] * 2
        sent = service.asked[0].json
        assert (sent["seed"], sent["max_tokens"], sent["temperature"]) == (7, 64, 0.5)


async def test_a_key_is_sent_and_never_shown() -> None:
    async with _asking() as (policy, service):
        kept = RemotePolicy.named(policy.name, {"OPENAI_API_KEY": " secret-key\n"})
        assert await kept.chat(_REQUEST) == _REPLY
        assert service.asked[0].headers["authorization"] == "Bearer secret-key"
        assert "secret-key" not in repr(kept)
        await kept.close()


@pytest.mark.parametrize(
    ("status", "word", "pressure", "may_be_billed"),
    [
        (429, "rate limit", Pressure.RATE, False),
        (503, "overloaded", Pressure.OVERLOAD, False),
        (500, "server error", Pressure.OVERLOAD, True),
        (502, "gateway", Pressure.OVERLOAD, True),
        (529, "overloaded", Pressure.OVERLOAD, False),
        (408, "timed out", Pressure.NETWORK, True),
        (504, "timed out", Pressure.NETWORK, True),
        (524, "timed out", Pressure.NETWORK, True),
    ],
)
async def test_what_may_pass_is_told_apart_named_and_asked_once(
    status: int, word: str, pressure: Pressure, *, may_be_billed: bool
) -> None:
    async with _asking(refused(status, "slow \x1b[31mdown", retry_after="61")) as (policy, service):
        with pytest.raises(PolicyBusyError, match=f"^{word}: HTTP {status}: slow") as caught:
            await policy.chat(_REQUEST)
        error = caught.value
        assert (error.pressure, error.may_be_billed) == (pressure, may_be_billed)
        assert error.retry_after_s == 61.0
        assert "\x1b" not in str(error)
        assert len(service.asked) == 1, "repeating is not the client's affair"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
async def test_what_cannot_pass_is_not_busy(status: int) -> None:
    async with _asking(refused(status, "no credit")) as (policy, _):
        with pytest.raises(PolicyError, match=f"HTTP {status}: no credit") as caught:
            await policy.chat(_REQUEST)
        assert not isinstance(caught.value, PolicyBusyError)


@pytest.mark.parametrize(
    "nonsense",
    [
        said(b"<html>gateway</html>", "text/html"),
        said(b'{"id": "cmpl", "choi'),
        said(json.dumps(completion(_REPLY)).encode(), n_sent=20),
        said(b"[]"),
        said(b"[" * 200_000),
        said(b'{"choices": "none"}'),
        said(b"\xff\xfe{}"),
    ],
)
async def test_an_answer_that_is_none_may_have_been_billed(nonsense: Fault) -> None:
    async with _asking(nonsense) as (policy, _):
        with pytest.raises(PolicyBusyError, match=r"^(unreadable answer|network): ") as caught:
            await policy.chat(_REQUEST)
        assert (caught.value.pressure, caught.value.may_be_billed) == (Pressure.NETWORK, True)
        assert await policy.chat(_REQUEST) == _REPLY, "the next attempt is not spoiled"


def _answer(**changes: Any) -> Fault:
    return said(json.dumps({**completion(_REPLY), **changes}).encode())


def _told(**usage: Any) -> Fault:
    counts = {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130}
    return _answer(usage={**counts, **usage})


@pytest.mark.parametrize(
    ("fault", "usage"),
    [
        (_told(), Usage(100, 30)),
        (_told(cached_tokens=40), Usage(100, 30, 40)),
        (_told(prompt_tokens_details={"cached_tokens": 60}), Usage(100, 30, 60)),
        (_told(prompt_tokens_details={"cached_tokens": 0}, cached_tokens=9), Usage(100, 30, 9)),
        (_told(completion_tokens_details={"reasoning_tokens": 25}), Usage(100, 30, 0, 25)),
        (_told(reasoning_tokens=25), Usage(100, 30, 0, 25)),
        (_told(reasoning_tokens=500, total_tokens=630), Usage(100, 530, 0, 500)),
        (_told(reasoning_tokens=500), Usage(100, 530, 0, 500)),
        (_told(total_tokens=610), Usage(100, 510)),
        (_told(total_tokens=3), Usage(100, 30)),
        (_told(cached_tokens=900), Usage(100, 30, 100)),
    ],
)
async def test_tokens_are_counted_once_wherever_they_are_told(fault: Fault, usage: Usage) -> None:
    async with _asking(fault) as (policy, _):
        assert (await policy.chat(_REQUEST)).usage == usage


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, _REQUEST.worst_usage),
        ({}, _REQUEST.worst_usage),
        ({"prompt_tokens": -4, "completion_tokens": 2}, Usage(_WORST_PROMPT, 2)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, _REQUEST.worst_usage),
        ({"prompt_tokens": 20, "completion_tokens": 0}, Usage(20, 64)),
        ({"prompt_tokens": 20, "completion_tokens": 10**30}, Usage(20, 64)),
    ],
)
async def test_an_answer_without_a_bill_is_kept_and_counts_as_the_most_it_can_be(
    usage: object, counted: Usage
) -> None:
    async with _asking(_answer(usage=usage)) as (policy, _):
        reply = await policy.chat(_REQUEST)
        assert (reply.text, reply.finish_reason) == ("fixed", "stop, usage estimated")
        assert reply.usage == counted
    n_said = len("Mend it.x = 1")
    assert n_said < _WORST_PROMPT, "a template adds to what is said"


@pytest.mark.parametrize(
    "message", [{"role": "assistant", "content": None, "reasoning": "hm"}, None]
)
async def test_an_empty_answer_is_an_answer(message: object) -> None:
    choices = [{"index": 0, "message": message}]
    async with _asking(_answer(choices=choices)) as (policy, _):
        reply = await policy.chat(_REQUEST)
        assert (reply.text, reply.usage) == ("", _REPLY.usage)


_FAILED = {"finish_reason": "error", "message": {"role": "assistant", "content": "x = "}}
_LOST = {"message": "provider \x1b[31mdied", "code": 502}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (_answer(choices=[], usage=None), "the service sent none"),
        (_answer(choices=[_FAILED]), "the service sent none"),
        (_answer(choices=[{**_FAILED, "error": _LOST}]), "provider .*died"),
        (_answer(choices=[{**_FAILED, "finish_reason": "stop", "error": _LOST}]), "provider"),
        (said(json.dumps({"error": _LOST}).encode()), "provider .*died"),
    ],
)
async def test_an_answer_that_says_it_failed_is_none_of_the_models(fault: Fault, says: str) -> None:
    async with _asking(fault) as (policy, _):
        with pytest.raises(PolicyBusyError, match=f"^no answer: {says}") as caught:
            await policy.chat(_REQUEST)
        assert caught.value.may_be_billed
        assert "\x1b" not in str(caught.value)


async def test_an_answer_that_a_filter_kept_back_is_not_asked_for_again() -> None:
    choice = {"finish_reason": "content_filter", "message": {"role": "assistant", "content": None}}
    async with _asking(_answer(choices=[choice])) as (policy, _):
        with pytest.raises(PolicyError, match=r"^content filter: ") as caught:
            await policy.chat(_REQUEST)
    assert not isinstance(caught.value, PolicyBusyError | PolicyClosedError)
    assert caught.value.may_be_billed


async def test_a_silent_service_is_given_up_and_may_have_billed() -> None:
    async with _asking(silent()) as (policy, _):
        policy.timeout_s = 0.2
        with pytest.raises(PolicyBusyError) as caught:
            await policy.chat(_REQUEST)
        assert str(caught.value).startswith("timed out: ")
        assert caught.value.may_be_billed


async def test_a_service_that_is_not_there_has_billed_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        policy = RemotePolicy.named(f"openai:m@http://127.0.0.1:{taken.getsockname()[1]}", {})
        with pytest.raises(PolicyBusyError) as caught:
            await policy.chat(_REQUEST)
        assert (caught.value.pressure, caught.value.may_be_billed) == (Pressure.NETWORK, False)
        await policy.close()


async def test_a_call_that_is_no_longer_wanted_is_dropped() -> None:
    async with _asking(silent()) as (policy, service):
        asking = asyncio.create_task(policy.chat(_REQUEST))
        await service.is_asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


def test_names_are_read_and_bad_ones_refused_with_the_form() -> None:
    assert Address.parse("together:Qwen/Qwen3.5-9B") == Address("together", "Qwen/Qwen3.5-9B")
    there = Address("openai", "a@b", "http://127.0.0.1:8000")
    assert Address.parse("openai:a@b@http://127.0.0.1:8000/v1") == there
    for name in ("together:", "openai:model", "openai:@http://x", "other:model", "model"):
        with pytest.raises(UsageError, match="MODEL@URL"):
            Address.parse(name)
    with pytest.raises(UsageError, match="TOGETHER_API_KEY is not set"):
        RemotePolicy.named("together:m", {})
