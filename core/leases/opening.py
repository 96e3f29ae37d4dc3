"""Brings a lease up on the account: endpoint, deployment, route, then waits until it serves.

Every step takes what is there already, so that an opening that was cut off is gone on with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.errors import ServiceError
from core.together.endpoint_records import DeploymentView
from core.together.endpoints import Site, Wish

_NAME = "main"

Seen = Callable[[DeploymentView], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Adapter:
    """Weights that a running deployment loads beside its base model."""

    policy: str
    """What it answers as: `tuned:ARTIFACT`."""
    model_id: str
    """`ml_...`"""
    revision_id: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A deployment that serves."""

    model: str
    """What a chat names as its model."""
    place: tuple[str, str]
    """Ids of endpoint and deployment."""


async def bring_up(site: Site, name: str, wish: Wish, seen: Seen, poll_s: float) -> Opened:
    """Return when the deployment is ready; raises `ServiceError` when it fails instead."""
    endpoint = await site.make(name)
    deployment = await site.deploy(endpoint.endpoint_id, _NAME, wish)
    place = endpoint.endpoint_id, deployment.deployment_id
    await site.route(*place)
    while True:
        await seen(deployment)
        if deployment.state == "READY":
            return Opened(endpoint.name, place)
        if deployment.state in ("FAILED", "STOPPED"):
            why = deployment.message or "the service gives no reason"
            raise ServiceError(f"The deployment {deployment.state.lower()}: {why}.")
        await site.pause(poll_s)
        found = await site.deployment(*place)
        if found is None:
            raise ServiceError("The deployment is gone: somebody else deleted it.")
        deployment = found
