"""What is on offer and whose key it is, read through the real client library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import ServiceError, UsageError
from core.together.catalogue import (
    Catalogue,
    Machine,
    accelerator,
    read_catalogue,
    read_limits,
)
from core.together.client import Connection, connect
from core.together.identity import find_project, who
from tests.core.together.account import OWNER, PROJECT, SLUG, Account
from tests.core.together.catalogue import H100, catalogue
from tests.core.together.http import Answer
from tests.core.together.identity import identity
from tests.core.together.service import KEY, Routes, Service, refusing, together
from tests.core.together.shops import OLD, QWEN, SMALL, front, small_shop


@asynccontextmanager
async def _connected(*parts: Routes) -> AsyncIterator[tuple[Connection, Service]]:
    chosen = parts or front(Account(), small_shop())
    async with together(*chosen) as (there, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": url})
        try:
            yield here, there
        finally:
            await here.close()


async def test_the_catalogue_is_read_over_all_its_pages() -> None:
    async with _connected() as (here, there):
        found = await read_catalogue(here)
        assert there.count("GET", "/v2/supported-models") == 2
        assert set(found.models) == {QWEN, SMALL, "openai/gpt-oss-120b"}
        qwen, old = found.models[QWEN], found.models["openai/gpt-oss-120b"]
        assert (qwen.prompt, qwen.completion, qwen.cached) == (170_000, 250_000, None)
        assert (qwen.context_length, qwen.status) == (262_144, "SUPPORTED")
        assert (old.cached, old.context_length, old.status) == (50_000, None, "DEPRECATED")
        assert [p.takes_adapters for p in qwen.profiles] == [False, True]
        assert qwen.profiles[1].machine == H100
        assert qwen.profiles[1].config == f"projects/{OWNER}/configs/cr_ml_qwen_{H100}"
        assert found.tunable == {QWEN, SMALL}
        assert found.machines[H100] == Machine(H100, "H100-80GB", 1, 3_990_000, ("eu-1",))


async def test_a_poor_answer_is_an_empty_catalogue_and_nonsense_a_named_error() -> None:
    async with _connected() as (here, there):
        place = ("GET", "/v2/supported-models")
        there.faults[place].append(lambda asked: Answer.of_json({"data": [{"name": "m"}, {}]}))
        found = await read_catalogue(here)
        assert isinstance(found, Catalogue)
        assert (found.models["m"].prompt, found.models["m"].products) == (None, ())
        html = {"content-type": "text/html"}
        there.faults[place].append(lambda asked: Answer(200, b"<html>", html))
        with pytest.raises(ServiceError, match="the catalogue could not be read"):
            await read_catalogue(here)


async def test_limits_are_those_of_the_model_or_none() -> None:
    async with _connected() as (here, _):
        limits = await read_limits(here, QWEN)
        assert limits is not None
        assert (limits.max_seq_length_dpo, limits.max_batch_size_dpo) == (49_152, 8)
        assert await read_limits(here, OLD) is None


async def test_the_project_is_the_keys_own_the_only_one_or_the_one_that_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TOGETHER_PROJECT_ID", raising=False)
    account = Account()
    async with _connected(identity(account)) as (here, _):
        assert (await who(here)).project_slug == SLUG
        assert await find_project(here) == PROJECT
    async with _connected(identity(account, kind="organization_api_key")) as (here, _):
        assert await find_project(here) == PROJECT
    many = identity(account, kind="organization_api_key", n_projects=2)
    async with _connected(many) as (here, _):
        with pytest.raises(UsageError, match="set TOGETHER_PROJECT_ID to one of them"):
            await find_project(here)
        monkeypatch.setenv("TOGETHER_PROJECT_ID", "proj_9")
        assert await find_project(here) == "proj_9"


async def test_a_key_of_nobody_is_said_to_be_one() -> None:
    async with _connected(identity(Account()), catalogue(Account(), small_shop())) as (here, there):
        there.faults[("GET", "/v3/whoami")].append(refusing(401, "Invalid API key"))
        with pytest.raises(ServiceError) as caught:
            await who(here)
        assert caught.value.status == 401


def test_machines_are_named_as_the_price_book_names_accelerators() -> None:
    assert accelerator("2xnvidia-h100-80gb") == ("H100-80GB", 2)
    assert accelerator("1xb200-180gb") == ("B200-180GB", 1)
    assert accelerator("odd") == ("odd", 1)


@pytest.mark.parametrize("body", [{}, {"data": None}, {"error": {"message": "x"}}, {"data": "x"}])
async def test_an_answer_without_a_list_is_no_empty_list(body: object) -> None:
    async with _connected(identity(Account(), kind="organization_api_key")) as (here, there):
        there.faults["GET", "/v1/projects"].append(lambda asked: Answer.of_json(body))
        with pytest.raises(ServiceError, match="projects could not be listed") as failed:
            await find_project(here)
        assert failed.value.may_be_done
