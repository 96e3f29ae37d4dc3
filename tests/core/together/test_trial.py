"""One token of a chat: nonsense is no answer, and who is busy has not refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.together.client import Connection, connect
from core.together.trial import try_chat
from tests.core.together.http import Answer
from tests.core.together.service import KEY, Call, Fault, Routes, Service, refusing, together

_CHATS = ("POST", "/v1/chat/completions")
_SAID = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "prompt": []}


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[Connection, Service]]:
    async def chat(call: Call) -> Answer:
        choice = {"index": 0, "message": {"role": "assistant", "content": ""}}
        return Answer.of_json({**_SAID, "choices": [choice]})

    routes = Routes()
    routes.add(*_CHATS, chat)
    async with together(routes) as (there, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": url})
        try:
            yield here, there
        finally:
            await here.close()


async def test_a_busy_service_is_asked_again_as_it_says() -> None:
    async with _connected() as (here, there):
        there.faults[_CHATS] += [refusing(429, retry_after="0.01")] * 2
        there.faults[_CHATS] += [refusing(503, retry_after="0.01")] * 2
        assert (await try_chat(here, "m")).is_answered, "an empty text is an answer"
        assert there.count(*_CHATS) == 5


@pytest.mark.parametrize(
    ("fault", "may_answer"),
    [
        (refusing(400, "no such model"), False),
        (refusing(429, retry_after="0.01"), True),
        (lambda asked: Answer(200, b"<html>", {"content-type": "text/html"}), True),
        (lambda asked: Answer.of_json({**_SAID, "choices": [], "usage": None}), True),
        (lambda asked: Answer.of_json({**_SAID, "choices": None}), True),
        (lambda asked: Answer.of_json({"error": {"message": "no"}}), True),
    ],
)
async def test_what_is_no_answer_is_not_taken_for_one(fault: Fault, may_answer: bool) -> None:
    async with _connected() as (here, there):
        there.faults[_CHATS] += [fault] * 9
        trial = await try_chat(here, "m")
        assert not trial.is_answered
        assert trial.may_answer is may_answer
        assert trial.why_not.startswith("m does not answer: ")
