"""A teardown that is cut off at any step is gone on with, and the order is the service's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from core.errors import ServiceError
from core.leases.opening import bring_up
from core.leases.teardown import tear_down
from core.together.client import connect
from core.together.endpoint_records import DeploymentView
from core.together.endpoints import Site, Wish
from tests.core.leases.yards import account_with_bases, parts, yard_on
from tests.core.together.account import OWNER, PROJECT
from tests.core.together.catalogue import H100
from tests.core.together.endpoints import Yard, deployment_row
from tests.core.together.http import Answer
from tests.core.together.service import (
    KEY,
    Fault,
    Late,
    Service,
    error,
    lost,
    refusing,
    together,
)

_ENDPOINT = f"/v2/projects/{PROJECT}/endpoints/ep_1"
_DEPLOYMENT = f"{_ENDPOINT}/deployments/dep_2"
_WISH = Wish(f"projects/{OWNER}/models/ml_qwen", f"projects/{OWNER}/configs/cr_ml_qwen_{H100}")
_STEPS = [
    ("PATCH", _DEPLOYMENT),
    ("GET", _DEPLOYMENT),
    ("PATCH", _ENDPOINT),
    ("DELETE", _DEPLOYMENT),
    ("DELETE", _ENDPOINT),
]


async def _seen(deployment: DeploymentView) -> None:
    """Nobody looks."""


async def _soon(seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def _rented() -> AsyncIterator[tuple[Site, Yard, Service]]:
    yard = yard_on(account_with_bases())
    async with together(*parts(yard)) as (service, url):
        here = await connect({"TOGETHER_API_KEY": KEY, "TOGETHER_BASE_URL": url})
        try:
            site = Site(here, PROJECT, _soon)
            await bring_up(site, "gemel-x", _WISH, _seen, 0.0)
            service.asked.clear()
            yield site, yard, service
        finally:
            await here.close()


async def test_the_order_is_stop_wait_route_delete_delete() -> None:
    async with _rented() as (site, yard, service):
        said: list[str] = []
        await tear_down(site, "gemel-x", said.append, 0.0)
        changes = [
            (asked.method, asked.path.partition("?")[0])
            for asked in service.asked
            if asked.method != "GET"
        ]
        assert changes == [step for step in _STEPS if step[0] != "GET"]
        assert not yard.endpoints
        assert said[-1] == "the endpoint is deleted"
        await tear_down(site, "gemel-x", said.append, 0.0)
        assert said[-1] == "nothing of it is on the account"


@pytest.mark.parametrize("step", _STEPS)
async def test_a_teardown_that_was_cut_off_is_gone_on_with(step: tuple[str, str]) -> None:
    async with _rented() as (site, yard, service):
        service.faults[step].append(refusing(403, "not now"))
        with pytest.raises(ServiceError, match="not now"):
            await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert yard.endpoints
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert not yard.endpoints
        assert not yard.rented


@pytest.mark.parametrize("step", [step for step in _STEPS if step[0] != "GET"])
@pytest.mark.parametrize("late", [lost(500), lost(504)])
async def test_a_step_whose_answer_is_lost_is_as_good_as_done(
    step: tuple[str, str], late: Late
) -> None:
    async with _rented() as (site, yard, service):
        service.late[step].append(late)
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert not yard.endpoints


async def test_a_deployment_that_failed_is_taken_away_too() -> None:
    async with _rented() as (site, yard, _):
        (rented,) = yard.rented.values()
        yard.turn(rented, "FAILED")
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert not yard.endpoints


async def test_a_deletion_that_comes_too_early_is_tried_again() -> None:
    async with _rented() as (site, yard, service):
        too_early = error(400, "the deployment must be stopped first", "failed_precondition")
        service.faults["DELETE", _DEPLOYMENT] += [lambda asked: too_early] * 3
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert not yard.endpoints


def _html(asked: object) -> Answer:
    return Answer(200, b"<html>", {"content-type": "text/html"})


def _poor(asked: object) -> Answer:
    return Answer.of_json({"error": {"message": "something"}})


@pytest.mark.parametrize("nonsense", [_html, _poor])
@pytest.mark.parametrize("step", [step for step in _STEPS if step[0] == "PATCH"])
async def test_a_change_whose_answer_is_nonsense_is_sent_again(
    step: tuple[str, str], nonsense: Fault
) -> None:
    async with _rented() as (site, yard, service), asyncio.timeout(10):
        service.faults[step].append(nonsense)
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert service.count(*step) == 2
        assert not yard.endpoints


async def test_a_deployment_that_goes_on_wanting_replicas_is_told_to_stop_again() -> None:
    async with _rented() as (site, yard, service), asyncio.timeout(10):
        (rented,) = yard.rented.values()
        service.faults["PATCH", _DEPLOYMENT] += [
            lambda asked: Answer.of_json(deployment_row(rented))
        ] * 3
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert service.count("PATCH", _DEPLOYMENT) == 4
        assert not yard.endpoints


async def test_a_deployment_that_never_stops_is_said_to_do_so() -> None:
    async with _rented() as (site, yard, _), asyncio.timeout(10):
        yard.n_stopping = 1_000_000
        with pytest.raises(ServiceError, match="was told to stop and is still stopping"):
            await tear_down(site, "gemel-x", lambda said: None, 0.0)


async def test_what_a_list_once_fails_to_name_is_not_taken_for_gone() -> None:
    async with _rented() as (site, yard, service):
        empty = Answer.of_json({"object": "list", "data": [], "next_cursor": None})
        service.faults["GET", f"/v2/projects/{PROJECT}/endpoints"].append(lambda asked: empty)
        await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert not yard.endpoints


@pytest.mark.parametrize("body", [{}, {"data": None}, {"error": {"message": "x"}}])
async def test_an_answer_without_a_list_does_not_end_a_teardown(body: object) -> None:
    async with _rented() as (site, yard, service):
        place = ("GET", f"/v2/projects/{PROJECT}/endpoints")
        service.faults[place] += [lambda asked: Answer.of_json(body)] * 2
        with pytest.raises(ServiceError, match="could not be listed"):
            await tear_down(site, "gemel-x", lambda said: None, 0.0)
        assert yard.endpoints


async def test_a_route_that_was_not_taken_is_sent_again_and_then_named() -> None:
    async with _rented() as (site, yard, service):
        (endpoint,) = yard.endpoints.values()
        service.faults["PATCH", _ENDPOINT] += [
            lambda asked: Answer.of_json({"id": endpoint.endpoint_id})
        ]
        await site.route("ep_1", None)
        assert endpoint.split == []
        service.faults["PATCH", _ENDPOINT] += [lambda asked: Answer.of_json({"id": "ep_1"})] * 9
        with pytest.raises(ServiceError, match="the traffic could not be routed"):
            await site.route("ep_1", "dep_2")
