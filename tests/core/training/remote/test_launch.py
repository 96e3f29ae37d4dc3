"""The way to a job through answers that come late, broken or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import ServiceError
from core.store.charges import list_charges
from core.store.jobs import list_jobs
from tests.core.pairs.made import opened
from tests.core.together.http import Answer, Asked
from tests.core.together.service import lost, refusing
from tests.core.together.tune_jobs import quick
from tests.core.training.remote.made import to_the_end
from tests.core.training.remote.shop import shop

_LIMITS = ("GET", "/v1/fine-tunes/models/limits")
_CREATE, _LIST = ("POST", "/v1/fine-tunes"), ("GET", "/v1/fine-tunes")


def _usual(asked: Asked) -> None:
    """No fault."""


def _json(value: object) -> Callable[[Asked], Answer]:
    return lambda asked: Answer.of_json(value)


def _page(asked: Asked) -> Answer:
    return Answer(200, b"<html>", {"content-type": "text/html"})


@pytest.mark.parametrize("body", [{}, {"data": None}, {"error": {"message": "later"}}])
async def test_a_list_that_cannot_be_read_buys_no_second_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: object
) -> None:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        there.service.late[_CREATE].append(lost(504))
        there.service.faults[_LIST] += [_usual, _json(body)]
        with opened(tmp_path) as context:
            with pytest.raises(ServiceError, match="no list"):
                await to_the_end(context)
            (job,) = await list_jobs(context.store)
            (charge,) = await list_charges(context.store)
            assert (job.status, charge.status) == ("waiting", "open")
            assert (await to_the_end(context)).status == "finished"
        assert there.service.count(*_CREATE) == len(there.tunes.jobs) == 1


async def test_a_page_in_place_of_a_price_or_of_limits_is_asked_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client library asks for both once more on its way to the job."""
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        there.service.faults["POST", "/v1/fine-tunes/estimate-price"] += [_usual, _page]
        with opened(tmp_path) as context:
            assert (await to_the_end(context)).status == "finished"
        assert there.service.count(*_CREATE) == 1


async def test_a_job_that_was_made_is_found_although_its_model_was_retired_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        there.service.late[_CREATE].append(lost(504))
        there.service.faults[_LIST] += [_usual, refusing(400)]
        with opened(tmp_path) as context:
            with pytest.raises(ServiceError, match="400"):
                await to_the_end(context)
            there.service.faults[_LIMITS] += [refusing(404)] * 9
            assert (await to_the_end(context)).status == "finished"
            (charge,) = await list_charges(context.store)
            assert charge.spent_microusd * 1000 == sum(there.tunes.billed_nano.values()) > 0


async def test_a_model_that_is_retired_before_the_job_gives_the_money_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        there.service.faults[_LIMITS] += [_usual, refusing(404)]
        with opened(tmp_path) as context:
            with pytest.raises(ServiceError, match="cannot be trained any more"):
                await to_the_end(context)
            (charge,) = await list_charges(context.store)
            assert (charge.status, charge.spent_microusd) == ("settled", 0)
            (job,) = await list_jobs(context.store)
            assert job.status == "failed"
        assert not there.service.count(*_CREATE)


async def test_a_refusal_after_a_lost_answer_does_not_write_the_job_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service lists a job later than it makes it."""
    none = _json({"data": []})
    async with shop(monkeypatch) as there:
        there.tunes.courses.append(quick)
        there.service.late[_CREATE].append(lost(504))
        there.service.faults[_LIST] += [_usual, none, none, none, none]
        there.service.faults[_LIMITS] += [_usual, _usual, _usual, refusing(404)]
        with opened(tmp_path) as context:
            with pytest.raises(ServiceError, match="cannot be trained any more"):
                await to_the_end(context)
            (charge,) = await list_charges(context.store)
            assert charge.status == "open"
            assert (await to_the_end(context)).status == "finished"
