"""Ends what a lease has on the account, in the order that the service asks for.

To no replica, until it has stopped; then the route, the deployment, the endpoint. Everything is
found by the endpoint's name and every step may be done again, so that whoever comes later goes
on from wherever an earlier attempt was cut off. Needs no store: the watcher uses it, too.
"""

from __future__ import annotations

from collections.abc import Callable

from core.errors import ServiceError
from core.together.endpoints import DeploymentView, EndpointView, Site

Tell = Callable[[str], None]
_STILL_RUNS = frozenset({400, 409, 412})
"""What a deletion that came too early may be answered with."""
_N_REFUSALS = 20


async def tear_down(site: Site, name: str, tell: Tell, poll_s: float) -> None:
    """Return when nothing of that name is left; raises `ServiceError` when a step fails."""
    endpoint = await site.find(name)
    if endpoint is None:
        tell("nothing of it is on the account")
        return
    for deployment in await site.deployments(endpoint.endpoint_id):
        await _stop(site, endpoint, deployment, tell, poll_s)
    if endpoint.n_routes:
        await site.route(endpoint.endpoint_id, None)
        tell("the traffic is routed nowhere")
    for name_of in endpoint.deployment_ids:
        await _delete(site, endpoint.endpoint_id, name_of, poll_s)
        tell("the deployment is deleted")
    await site.delete(endpoint.endpoint_id)
    tell("the endpoint is deleted")


async def _stop(
    site: Site, endpoint: EndpointView, deployment: DeploymentView, tell: Tell, poll_s: float
) -> None:
    seen: DeploymentView | None = deployment
    if deployment.n_most > 0:
        await site.stop(endpoint.endpoint_id, deployment.deployment_id)
        tell("the deployment was told to stop")
        seen = await site.deployment(endpoint.endpoint_id, deployment.deployment_id)
    while seen is not None and not _has_stopped(seen):
        await site.pause(poll_s)
        seen = await site.deployment(endpoint.endpoint_id, deployment.deployment_id)
    tell("the deployment has stopped")


def _has_stopped(deployment: DeploymentView) -> bool:
    return deployment.state == "STOPPED" or (
        deployment.state == "FAILED" and deployment.n_most == 0 and deployment.n_ready == 0
    )


async def _delete(site: Site, endpoint_id: str, deployment_id: str, poll_s: float) -> None:
    for n in range(_N_REFUSALS):
        try:
            await site.delete_deployment(endpoint_id, deployment_id)
            return
        except ServiceError as error:
            if error.status not in _STILL_RUNS or n == _N_REFUSALS - 1:
                raise
        await site.pause(poll_s)
