"""Adapters beside the base model of a running deployment: attach one, see how far it is.

The service's pages describe only how one is attached, and that the answer says how far each
cluster is. Listing what is attached is a help where it is served.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from core.errors import ServiceError
from core.together.endpoints import N_TRIES, Site
from core.together.failures import checked, listed, service
from core.together.fields import text

READY, UNKNOWN = "READY", ""
LOADING = frozenset({"PENDING", "LOADING"})
_LOAD = "ADAPTER_LOAD_STATE_"
_IS_THERE = 409
_ID = "adapter_model_id"


async def attach(site: Site, place: tuple[str, str], adapter_id: str, revision_id: str = "") -> str:
    """Load an adapter; how far that is, `UNKNOWN` when it is attached and nobody says."""
    what = f"the adapter {adapter_id} could not be attached"
    for n in range(N_TRIES):
        try:
            with service(site.here.library, what):
                asked = _create(site, place, adapter_id, revision_id)
                return _state(checked(what, await asked, _ID))
        except ServiceError as error:
            if not (error.may_be_done or error.is_busy) or (
                n == N_TRIES - 1 and error.status != _IS_THERE
            ):
                raise
        await site.pause(2.0**n)
        if state := await load_state(site, place, adapter_id):
            return state
    return UNKNOWN


async def load_state(site: Site, place: tuple[str, str], adapter_id: str) -> str | None:
    """`READY` when every cluster has loaded it, else the first other state; None: not there.

    `UNKNOWN` when the service does not list adapters, or not now.
    """
    endpoint_id, deployment_id = place
    pages = site.here.read.endpoints.adapters.list(
        endpoint_id, deployment_id, project_id=site.project
    )
    try:
        found = await listed(site.here.library, "the adapters could not be listed", pages)
    except ServiceError:
        return UNKNOWN
    return next((_state(each) for each in found if text(each, _ID) == adapter_id), None)


def _create(
    site: Site, place: tuple[str, str], adapter_id: str, revision_id: str
) -> Awaitable[Any]:
    endpoint_id, deployment_id = place
    revision = {"adapter_revision_id": revision_id} if revision_id else {}
    asked: Awaitable[Any] = site.here.write.endpoints.adapters.create(
        endpoint_id=endpoint_id,
        deployment_id=deployment_id,
        adapter_model_id=adapter_id,
        project_id=site.project,
        **revision,
    )
    return asked


def _state(raw: Any) -> str:
    rows = getattr(raw, "per_cluster", None) or ()
    states = [text(row, "state").removeprefix(_LOAD) for row in rows] or ["PENDING"]
    return next((state for state in states if state != READY), READY)
