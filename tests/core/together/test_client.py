"""The connection to a service: retries, failures, and a screen that stays clean."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.errors import ServiceError, UsageError
from core.together.client import Connection, connect, without_version
from core.together.failures import checked, service
from core.together.quiet import quiet
from tests.core.together.http import Answer
from tests.core.together.service import KEY, Call, Routes, Service, cut, lost, refusing, together

_WHOAMI = ("GET", "/v3/whoami")


def _routes() -> Routes:
    async def whoami(call: Call) -> Answer:
        return Answer.of_json({"type": "project_api_key", "project": {"id": "p1"}})

    async def cancel(call: Call) -> Answer:
        return Answer.of_json({"id": call.names["job"], "status": "cancel_requested"})

    routes = Routes()
    routes.add("GET", "/v3/whoami", whoami)
    routes.add("POST", "/v1/fine-tunes/{job}/cancel", cancel)
    return routes


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[Connection, Service]]:
    async with together(_routes()) as (there, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": f"{url}/v1"})
        try:
            yield here, there
        finally:
            await here.close()


async def test_without_a_key_nothing_is_called() -> None:
    with pytest.raises(UsageError, match="nothing was called"):
        await connect({"TOGETHER_API_KEY": " "})


def test_a_version_at_the_end_of_an_address_is_left_out() -> None:
    assert without_version("http://h/v1/") == without_version("http://h") == "http://h"


async def test_questions_are_repeated_and_changes_are_not() -> None:
    async with _connected() as (here, there):
        there.faults[_WHOAMI] += [refusing(503, retry_after="0.01")] * 2
        who = await here.read.whoami()
        assert who.project.id == "p1"
        assert there.count(*_WHOAMI) == 3
        place = ("POST", "/v1/fine-tunes/ft-1/cancel")
        there.faults[place].append(refusing(503, retry_after="0.01"))
        with pytest.raises(ServiceError) as failed, service(here.library, "Cancelling"):
            await here.write.fine_tuning.cancel("ft-1")
        assert there.count(*place) == 1
        assert (failed.value.status, failed.value.is_busy) == (503, True)


def _html(_: Any) -> Answer:
    return Answer(200, b"<html>", {"content-type": "text/html"})


def _half(_: Any) -> Answer:
    return Answer(200, b'{"id": ', {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("fault", "may_be_done"),
    [
        (refusing(400), False),
        (refusing(402), False),
        (refusing(500), True),
        (_html, True),
        (_half, True),
    ],
)
async def test_every_failure_is_one_of_ours(
    fault: Callable[..., Answer], may_be_done: bool
) -> None:
    async with _connected() as (here, there):
        place = ("POST", "/v1/fine-tunes/ft-1/cancel")
        there.faults[place].append(fault)
        with pytest.raises(ServiceError, match=r"^Cancelling: ") as failed:
            await _cancelled(here)
        assert failed.value.may_be_done is may_be_done


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": ""}, {"error": {"message": "x"}}])
async def test_an_answer_that_lacks_what_it_must_have_says_nothing_of_the_work(body: Any) -> None:
    async with _connected() as (here, there):
        place = ("POST", "/v1/fine-tunes/ft-1/cancel")
        there.faults[place].append(lambda asked: Answer.of_json(body))
        with pytest.raises(ServiceError, match=r"^Cancelling: the answer has no id") as failed:
            await _cancelled(here, "id")
        assert failed.value.may_be_done


@pytest.mark.parametrize("late", [lost(), cut()])
async def test_an_answer_that_is_lost_may_stand_for_work_that_was_done(late: Any) -> None:
    async with _connected() as (here, there):
        there.late["POST", "/v1/fine-tunes/ft-1/cancel"].append(late)
        with pytest.raises(ServiceError) as failed:
            await _cancelled(here)
        assert failed.value.may_be_done


async def test_a_service_that_is_not_there_did_nothing() -> None:
    async with together() as (_, url):
        pass
    here = await Connection.to(KEY, url)
    with pytest.raises(ServiceError) as failed:
        await _cancelled(here)
    assert (failed.value.may_be_done, failed.value.is_busy) == (False, True)
    await here.close()


async def test_a_key_stands_in_no_text() -> None:
    async with _connected() as (here, there):
        there.key = "another"
        with pytest.raises(ServiceError, match="Invalid API key") as failed:
            await _cancelled(here)
        assert KEY not in f"{failed.value} {here!r}"


async def test_what_a_quiet_task_prints_is_dropped_and_others_print_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inside, done = asyncio.Event(), asyncio.Event()

    async def prints() -> None:
        with quiet():
            sys.stdout.write("advice")
            inside.set()
            await done.wait()
            sys.stderr.write("more advice")

    task = asyncio.create_task(prints())
    await inside.wait()
    sys.stdout.write("progress")
    done.set()
    await task
    sys.stderr.write("end")
    assert capsys.readouterr() == ("progress", "end")


def _cancelled(here: Connection, *fields: str) -> Awaitable[Any]:
    async def ask() -> Any:
        with service(here.library, "Cancelling"):
            return checked("Cancelling", await here.write.fine_tuning.cancel("ft-1"), *fields)

    return ask()
