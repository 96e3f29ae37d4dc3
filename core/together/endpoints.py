"""Dedicated endpoints as they are on the account: find, make, route, stop and delete them.

Every step may be done again: what is there already is taken, what is gone already is fine.
A step that was sent and got no answer is looked for by its name before it is sent once more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import ServiceError
from core.together.client import Connection
from core.together.endpoint_records import (
    DeploymentView,
    EndpointView,
    deployment_of,
    endpoint_of,
)
from core.together.failures import checked, listed, service
from core.together.fields import text

IDLE_MINUTES = 30
"""The shortest `inactiveTimeout` that the service takes; a help, never relied on."""
_GONE = frozenset({404, 410})
N_TRIES = 4
"""Of a step whose answer is lost or says that the service is busy."""

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an endpoint shall serve, and on what."""

    model: str
    """`projects/{p}/models/{ml}[/revisions/{rv}]`."""
    config: str


@dataclass(frozen=True, slots=True)
class Site:
    """One project of one account, where endpoints are."""

    here: Connection
    project: str
    pause: Pause

    async def all(self) -> list[EndpointView]:
        """All endpoints of the project."""
        pages = self.here.read.endpoints.list(project_id=self.project)
        found = await listed(self.here.library, "the endpoints could not be listed", pages)
        return [endpoint_of(each) for each in found]

    async def find(self, name: str) -> EndpointView | None:
        """The endpoint of that name, without the project in it."""
        return next((each for each in await self.all() if each.own_name == name), None)

    async def find_twice(self, name: str, pause_s: float) -> EndpointView | None:
        """The endpoint of that name; None only when two looks in a row do not show it."""
        if (found := await self.find(name)) is not None:
            return found
        await self.pause(pause_s)
        return await self.find(name)

    async def make(self, name: str) -> EndpointView:
        """The endpoint of that name, made when it is not there."""
        what = f"the endpoint {name} could not be made"

        async def send() -> EndpointView:
            made = await self.here.write.endpoints.create(project_id=self.project, name=name)
            return endpoint_of(checked(what, made, "id"))

        return await self._once(what, send, lambda: self.find(name))

    async def look(self, endpoint_id: str) -> EndpointView | None:
        """One endpoint; None when it is gone."""
        what = "the endpoint could not be looked at"

        async def ask() -> Any:
            return await self.here.read.endpoints.retrieve(endpoint_id, project_id=self.project)

        found = await self._unless_gone(what, ask, "id")
        return None if found is None else endpoint_of(found)

    async def deployments(self, endpoint_id: str) -> list[DeploymentView]:
        """All deployments of an endpoint."""
        endpoint = await self.look(endpoint_id)
        names = endpoint.deployment_ids if endpoint is not None else ()
        found = [await self.deployment(endpoint_id, name) for name in names]
        return [each for each in found if each is not None]

    async def deployment(self, endpoint_id: str, deployment_id: str) -> DeploymentView | None:
        """One deployment; None when it is gone."""
        what = "the deployment could not be looked at"

        async def ask() -> Any:
            return await self.here.read.endpoints.deployments.retrieve(
                deployment_id, endpoint_id=endpoint_id, project_id=self.project
            )

        found = await self._unless_gone(what, ask, "id")
        return None if found is None else deployment_of(found)

    async def deploy(self, endpoint_id: str, name: str, wish: Wish) -> DeploymentView:
        """One replica of a model behind an endpoint; one that is there already is taken."""
        what = "the deployment could not be made"

        async def send() -> DeploymentView:
            made = await self.here.write.endpoints.deployments.create(
                endpoint_id,
                project_id=self.project,
                name=name,
                model=wish.model,
                config=wish.config,
                autoscaling={"min_replicas": 1, "max_replicas": 1},
                inactive_timeout=IDLE_MINUTES,
            )
            return deployment_of(checked(what, made, "id"))

        async def find() -> DeploymentView | None:
            return next(iter(await self.deployments(endpoint_id)), None)

        return await self._once(what, send, find)

    async def route(self, endpoint_id: str, deployment_id: str | None) -> None:
        """Send all that is asked to one deployment, or to none."""
        split = [{"deployment_id": deployment_id, "weight": 1}] if deployment_id else []

        async def send() -> Any:
            return await self.here.write.endpoints.update(
                endpoint_id,
                project_id=self.project,
                traffic_split=split,
                update_mask="trafficSplit",
            )

        what, wanted = (
            "the traffic could not be routed",
            tuple(each["deployment_id"] for each in split),
        )
        for n in range(N_TRIES):
            if await self._unless_gone(what, send, "id") is None:
                return
            seen = await self.look(endpoint_id)
            if seen is None or seen.routes == wanted:
                return
            await self.pause(2.0**n)
        raise ServiceError(f"{what}: the service took it and goes on to say otherwise")

    async def stop(self, endpoint_id: str, deployment_id: str) -> None:
        """Tell a deployment to have no replica; it stops some time later."""

        async def send() -> Any:
            return await self.here.write.endpoints.deployments.update(
                deployment_id,
                endpoint_id=endpoint_id,
                project_id=self.project,
                autoscaling={"min_replicas": 0, "max_replicas": 0},
                update_mask="autoscaling",
            )

        await self._unless_gone("the deployment could not be told to stop", send, "id")

    async def delete_deployment(self, endpoint_id: str, deployment_id: str) -> None:
        """Delete a deployment that is stopped."""

        async def send() -> Any:
            return await self.here.write.endpoints.deployments.delete(
                deployment_id, endpoint_id=endpoint_id, project_id=self.project
            )

        await self._unless_gone("the deployment could not be deleted", send)

    async def delete(self, endpoint_id: str) -> None:
        """Delete an endpoint that has no deployment any more."""

        async def send() -> Any:
            return await self.here.write.endpoints.delete(endpoint_id, project_id=self.project)

        await self._unless_gone("the endpoint could not be deleted", send)

    async def model_name(self, model_id: str) -> str:
        """What the registry calls weights."""
        what = f"the model {model_id} could not be looked up"

        async def ask() -> Any:
            return await self.here.read.models.retrieve(model_id, project_id=self.project)

        return text(await self._unless_gone(what, ask), "name")

    async def _once(
        self, what: str, send: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]]
    ) -> T:
        """Make something that must not be made twice."""
        if (found := await find()) is not None:
            return found
        for n in range(N_TRIES):
            try:
                with service(self.here.library, what):
                    return await send()
            except ServiceError as error:
                if not (error.may_be_done or error.is_busy) or n == N_TRIES - 1:
                    raise
            await self.pause(2.0**n)
            if (found := await find()) is not None:
                return found
        raise AssertionError("the last try returns or raises")

    async def _unless_gone(
        self, what: str, send: Callable[[], Awaitable[Any]], *fields: str
    ) -> Any:
        """Do what may be done twice, also after a lost answer; None when its object is gone.

        An answer that is no record, or lacks one of the fields, is as good as lost.
        """
        for n in range(N_TRIES):
            try:
                with service(self.here.library, what):
                    return checked(what, await send(), *fields)
            except ServiceError as error:
                if error.status in _GONE:
                    return None
                if not (error.may_be_done or error.is_busy) or n == N_TRIES - 1:
                    raise
            await self.pause(2.0**n)
        return None
