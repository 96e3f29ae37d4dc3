"""Files on their way to the service: whatever breaks there is mended by going on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.context import Context
from core.errors import ServiceError
from core.store.jobs import list_jobs
from core.together.patience import LONGEST_S, patiently
from tests.core.pairs.made import opened
from tests.core.together.http import Answer, Asked
from tests.core.together.service import refusing
from tests.core.together.tune_jobs import quick
from tests.core.together.tuning import Tuning
from tests.core.training.remote.made import to_the_end
from tests.core.training.remote.shop import shop

_BEGIN, _PUT = ("POST", "/v1/files"), ("PUT", "/uploads/file-1")
_VALIDATE, _LOOK = ("POST", "/v1/files/file-1/preprocess"), ("GET", "/v1/files/file-1")
_CREATE = ("POST", "/v1/fine-tunes")


@asynccontextmanager
async def _opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Context, Tuning]]:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        with opened(tmp_path) as context:
            yield context, there


def _ids(there: Tuning) -> list[str]:
    return sorted(file.file_id for file in there.files.uploaded)


async def test_a_busy_service_is_asked_again_on_the_way_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        for place, status in ((_BEGIN, 429), (_PUT, 503), (_VALIDATE, 429)):
            there.service.faults[place].append(refusing(status, retry_after="0.01"))
        assert (await to_the_end(context)).status == "finished"
        assert len(there.files.uploaded) == 2


async def test_a_file_that_came_there_and_was_never_validated_is_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.service.faults[_VALIDATE] += [refusing(500)]
        assert (await to_the_end(context)).status == "finished"
        assert _ids(there) == ["file-1", "file-2"]
        assert (there.service.count(*_PUT), there.service.count(*_VALIDATE)) == (1, 2)


@pytest.mark.parametrize(("n", "ids"), [(1, ["file-1", "file-2"]), (2, ["file-2", "file-3"])])
async def test_a_validation_that_breaks_is_begun_again_then_the_file_is_sent_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, ids: list[str]
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.files.n_failures = n
        assert (await to_the_end(context)).status == "finished"
        assert _ids(there) == ids


async def test_a_validation_that_breaks_every_time_leaves_a_job_that_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.files.n_failures = 3
        with pytest.raises(ServiceError, match="although it was uploaded anew"):
            await to_the_end(context)
        assert (await list_jobs(context.store))[0].status == "waiting"
        assert (await to_the_end(context)).status == "finished"


@pytest.mark.parametrize("status", [None, "VALIDATED_TWICE"])
async def test_a_file_whose_report_says_valid_is_taken_whatever_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None
) -> None:
    def told(asked: Asked, answer: Answer) -> Answer:
        body = json.loads(answer.body)
        del body["processing_status"]
        return Answer.of_json({**body, "processing_status": status} if status else body)

    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.service.late[_LOOK].append(told)
        assert (await to_the_end(context)).status == "finished"
        assert (there.service.count(*_LOOK), there.service.count(*_VALIDATE)) == (1, 1)


async def test_a_file_that_is_gone_is_uploaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.service.faults[_LOOK].append(refusing(403))
        with pytest.raises(ServiceError, match="403"):
            await to_the_end(context)
        del there.files.stored["file-1"]
        assert (await to_the_end(context)).status == "finished"
        assert _ids(there) == ["file-2", "file-3"]


async def test_a_file_that_is_refused_validation_is_sent_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        there.service.faults[_VALIDATE] += [refusing(500), refusing(400)]
        assert (await to_the_end(context)).status == "finished"
        assert _ids(there) == ["file-2", "file-3"]


async def test_a_service_that_forbids_it_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _opened(tmp_path, monkeypatch) as (context, there):
        for place in (_BEGIN, _CREATE):
            there.service.faults[place] += [refusing(503, x_should_retry="false")]
            n_before = there.service.count(*place)
            with pytest.raises(ServiceError, match="503"):
                await to_the_end(context)
            assert there.service.count(*place) == n_before + 1
            assert (await list_jobs(context.store))[0].status == "waiting"
        assert (await to_the_end(context)).status == "finished"


def _failing(*errors: ServiceError) -> tuple[list[str], Callable[[], Awaitable[str]]]:
    asked: list[str] = []
    left = list(errors)

    async def ask() -> str:
        asked.append("asked")
        if left:
            raise left.pop(0)
        return "done"

    return asked, ask


async def test_a_wait_that_the_service_names_counts_and_one_too_long_is_left_to_a_person() -> None:
    busy = ServiceError("busy", is_busy=True, retry_after_s=0.01)
    asked, ask = _failing(busy, busy)
    assert await patiently(ask, pause_s=1e6) == "done"
    assert len(asked) == 3
    for error in (
        ServiceError("busy", is_busy=True, retry_after_s=LONGEST_S + 1),
        ServiceError("busy", is_busy=True, forbids_retry=True),
        ServiceError("no"),
    ):
        asked, ask = _failing(error)
        with pytest.raises(ServiceError):
            await patiently(ask, pause_s=0.0)
        assert len(asked) == 1
    asked, ask = _failing(*[ServiceError("lost", may_be_done=True)] * 9)
    with pytest.raises(ServiceError):
        await patiently(ask, pause_s=0.0)
    assert len(asked) == 4
