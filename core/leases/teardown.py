"""Ends what a lease has on the account, in the order that the service asks for.

To no replica, until it has stopped; then the route, the deployment, the endpoint. Everything is
found by the endpoint's name and every step may be done again, so that whoever comes later goes
on from wherever an earlier attempt was cut off. Needs no store: the watcher uses it, too.
"""

from __future__ import annotations

from collections.abc import Callable

from core.errors import ServiceError
from core.together.endpoint_records import DeploymentView, EndpointView
from core.together.endpoints import Site

Tell = Callable[[str], None]
_STILL_RUNS = frozenset({400, 409, 412})
"""What a deletion that came too early may be answered with."""
_N_REFUSALS = 20
_N_LOOKS = 120
"""At a deployment that stops; then its end is begun anew."""


async def tear_down(site: Site, name: str, tell: Tell, poll_s: float) -> None:
    """Return when nothing of that name is left; raises `ServiceError` when a step fails."""
    endpoint = await site.find_twice(name, poll_s)
    if endpoint is None:
        tell("nothing of it is on the account")
        return
    for deployment in await site.deployments(endpoint.endpoint_id):
        await _stop(site, endpoint, deployment, tell, poll_s)
    if endpoint.routes:
        await site.route(endpoint.endpoint_id, None)
        tell("the traffic is routed nowhere")
    for name_of in endpoint.deployment_ids:
        await _delete(site, endpoint.endpoint_id, name_of, poll_s)
        tell("the deployment is deleted")
    await site.delete(endpoint.endpoint_id)
    await _see_it_gone(site, endpoint.endpoint_id, poll_s)
    tell("the endpoint is deleted")


async def _stop(
    site: Site, endpoint: EndpointView, deployment: DeploymentView, tell: Tell, poll_s: float
) -> None:
    """Tell it to stop for as long as it wants replicas, or nobody says how many."""
    seen = deployment
    for _ in range(_N_LOOKS):
        if seen.n_most != 0:
            await site.stop(endpoint.endpoint_id, deployment.deployment_id)
            tell("the deployment was told to stop")
        found = await site.deployment(endpoint.endpoint_id, deployment.deployment_id)
        if found is None or _has_stopped(found):
            tell("the deployment has stopped")
            return
        seen = found
        await site.pause(poll_s)
    raise ServiceError(f"the deployment was told to stop and is still {seen.state.lower()}")


def _has_stopped(deployment: DeploymentView) -> bool:
    return deployment.state == "STOPPED" or (
        deployment.state == "FAILED" and not deployment.n_most and deployment.n_ready == 0
    )


async def _see_it_gone(site: Site, endpoint_id: str, poll_s: float) -> None:
    for _ in range(_N_REFUSALS):
        if await site.look(endpoint_id) is None:
            return
        await site.pause(poll_s)
    raise ServiceError("the endpoint was deleted and is still there")


async def _delete(site: Site, endpoint_id: str, deployment_id: str, poll_s: float) -> None:
    for n in range(_N_REFUSALS):
        try:
            await site.delete_deployment(endpoint_id, deployment_id)
            return
        except ServiceError as error:
            if error.status not in _STILL_RUNS or n == _N_REFUSALS - 1:
                raise
        await site.pause(poll_s)
