"""Answers that nobody expects: none of them is taken for another, and none shows a key."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from core.config import api_key, set_value
from core.errors import ServiceError, UsageError
from core.together.client import Connection, connect
from core.together.failures import listed, service
from core.together.files import RemoteFiles
from core.together.fine_tuning import FineTuning
from tests.core.together.fine_tunes import MODEL
from tests.core.together.http import Answer, Asked
from tests.core.together.service import KEY, refusing
from tests.core.together.tuning import account

_REQUEST: dict[str, Any] = {
    "training_file": "file-1",
    "model": MODEL,
    "batch_size": 8,
    "training_method": "dpo",
    "suffix": "one",
}
_LISTS: dict[str, tuple[str, Callable[[FineTuning], Awaitable[Any]]]] = {
    "data": ("/v1/fine-tunes", lambda tuning: tuning.jobs()),
    "models": ("/v1/fine-tunes/models/supported", lambda tuning: tuning.tunable()),
    "metrics": ("/v1/fine-tunes/ft-1/metrics", lambda tuning: tuning.metrics("ft-1")),
}


def _json(value: object) -> Callable[[Asked], Answer]:
    return lambda asked: Answer.of_json(value)


def _page(asked: Asked) -> Answer:
    return Answer(200, b"<html>", {"content-type": "text/html"})


def _nested(asked: Asked) -> Answer:
    return Answer(200, b"[" * 100_000, {"content-type": "application/json"})


@pytest.mark.parametrize("name", _LISTS)
@pytest.mark.parametrize("value", [{}, {"?": None}, {"error": "later"}, {"?": "none"}, []])
async def test_a_list_that_is_not_there_is_no_empty_one(name: str, value: Any) -> None:
    path, ask = _LISTS[name]
    body = {key.replace("?", name): each for key, each in value.items()} if value else value
    async with account() as (here, there):
        there.service.faults["GET", path].append(_json(body))
        with pytest.raises(ServiceError, match="no list"):
            await ask(FineTuning(here))


@pytest.mark.parametrize("body", [{}, {"data": None, "next_cursor": "2"}, {"error": "later"}])
async def test_a_page_without_its_list_is_no_last_one(body: dict[str, Any]) -> None:
    first = {"object": "list", "data": [{"id": "a"}], "next_cursor": "2"}
    last = {**first, "next_cursor": None}
    async with account() as (here, there):
        projects = here.read.projects
        there.service.faults["GET", "/v1/projects"] += map(_json, (first, last, first, body))
        assert len(await listed(here.library, "projects", projects.list())) == 2
        with pytest.raises(ServiceError, match="no list"):
            await listed(here.library, "projects", projects.list())


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (("POST", "/v1/fine-tunes/estimate-price"), _page),
        (("GET", "/v1/fine-tunes/models/limits"), _page),
        (("POST", "/v1/fine-tunes/estimate-price"), _nested),
        (("POST", "/v1/fine-tunes"), _page),
    ],
)
async def test_what_breaks_the_library_on_the_way_to_a_job_may_have_made_one(
    place: tuple[str, str], fault: Callable[[Asked], Answer]
) -> None:
    async with account() as (here, there):
        there.service.faults[place].append(fault)
        with pytest.raises(ServiceError, match=r"^the job could not be created: ") as failed:
            await FineTuning(here).create(_REQUEST)
        assert failed.value.may_be_done


async def test_what_the_library_itself_refuses_was_not_sent() -> None:
    async with account() as (here, there):
        with pytest.raises(ServiceError, match="nothing was sent: ValueError") as failed:
            await FineTuning(here).create({**_REQUEST, "batch_size": 10**6})
        assert (failed.value.may_be_done, failed.value.is_busy) == (False, False)
        assert not there.service.count("POST", "/v1/fine-tunes/estimate-price")


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        (("POST", "/v1/files/file-1/preprocess"), _page),
        (("POST", "/v1/files"), lambda asked: Answer.of_json({"error": "exists"}, 409)),
        (("POST", "/v1/files"), refusing(302)),
    ],
)
async def test_an_upload_that_breaks_the_library_is_a_failure_like_others(
    tmp_path: Path, place: tuple[str, str], fault: Callable[[Asked], Answer]
) -> None:
    async with account() as (here, there):
        there.service.faults[place].append(fault)
        with pytest.raises(ServiceError, match=r"^pairs.jsonl could not be uploaded: "):
            await RemoteFiles(here).upload(_written(tmp_path))


@pytest.mark.parametrize("fault", [_page, _json({}), lambda asked: Answer(204)])
async def test_a_file_goes_to_nobody_but_the_address_that_the_service_named(
    tmp_path: Path, fault: Callable[[Asked], Answer]
) -> None:
    """The client library would make one up, of another host."""
    async with account() as (here, there):
        puts = _recorded(here, "PUT")
        there.service.faults["POST", "/v1/files"].append(fault)
        with pytest.raises(ServiceError, match="nothing was uploaded"):
            await RemoteFiles(here).upload(_written(tmp_path))
        assert puts == []
        await RemoteFiles(here).upload(_written(tmp_path))
        assert puts == [there.url.removeprefix("http://")]


@pytest.mark.parametrize("key", [f"{KEY}\nsecond", f"{KEY} second", f"\ufeff{KEY}", f"{KEY}\x07"])
async def test_a_key_that_no_request_can_carry_is_refused_without_being_shown(
    tmp_path: Path, key: str
) -> None:
    for use in (
        lambda: api_key({"TOGETHER_API_KEY": key}, "TOGETHER_API_KEY"),
        lambda: set_value("together_api_key", key, tmp_path),
    ):
        with pytest.raises(UsageError, match="is no key") as refused:
            use()
        assert "loopback" not in str(refused.value)
    with pytest.raises(UsageError, match="is no key"):
        await connect({"TOGETHER_API_KEY": key})


async def test_without_a_key_nobody_is_told_to_write_one_into_a_command() -> None:
    with pytest.raises(UsageError, match="`gemel config set together_api_key`, which asks"):
        await connect({})


def _repeats(status: int, kind: str = "application/json") -> Callable[[Asked], Answer]:
    """A gateway that shows what it was sent; the key stands where a long text is cut."""

    def answer(asked: Asked) -> Answer:
        said = f"{'x' * 350} {asked.headers['authorization']} "
        body = f'"{said}"' if kind == "application/json" else said
        return Answer(status, body.encode(), {"content-type": kind})

    return answer


@pytest.mark.parametrize(
    "fault",
    [_repeats(200), _repeats(200, "text/plain"), _repeats(400), _repeats(502, "text/html")],
)
async def test_a_key_stands_in_no_error_and_in_no_traceback(
    fault: Callable[[Asked], Answer],
) -> None:
    async with account() as (here, there):
        there.service.faults["POST", "/v1/fine-tunes/ft-1/cancel"].append(fault)
        with pytest.raises(ServiceError) as failed:
            await FineTuning(here).cancel("ft-1")
        shown = f"{failed.value}" + "".join(traceback.format_exception(failed.value))
        assert "tgp-" not in shown


async def test_a_key_that_an_error_of_the_library_quotes_is_hidden() -> None:
    async with account() as (here, _):
        with (
            pytest.raises(ServiceError, match=r"Illegal header \(your key\)") as failed,
            service(here.library, "Asking"),
        ):
            raise here.library.APIError(f"Illegal header {KEY}", request=None, body=None)
        assert failed.value.__suppress_context__


def _written(directory: Path) -> Path:
    file = directory / "pairs.jsonl"
    file.write_text("{}\n")
    return file


def _recorded(here: Connection, method: str) -> list[str]:
    """Hosts that the library's HTTP client is about to send something to, from now on."""
    hosts: list[str] = []

    async def record(request: Any) -> None:
        if request.method == method:
            hosts.append(request.url.netloc.decode())

    pool = here.write._client
    hooks = pool.event_hooks
    pool.event_hooks = {**hooks, "request": [*hooks["request"], record]}
    return hosts
