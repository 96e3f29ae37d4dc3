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
from core.together.endpoints import DeploymentView, Site, Wish
from tests.core.leases.yards import account_with_bases, parts, yard_on
from tests.core.together.account import OWNER, PROJECT
from tests.core.together.catalogue import H100
from tests.core.together.endpoints import Yard
from tests.core.together.service import KEY, Late, Service, error, lost, refusing, together

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
