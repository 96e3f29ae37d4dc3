"""Dedicated endpoints as they are on the account: find, make, route, stop and delete them.

Every step may be done again: what is there already is taken, what is gone already is fine.
A step that was sent and got no answer is looked for by its name before it is sent once more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import ServiceError
from core.text import clean
from core.together.client import Connection
from core.together.failures import checked, listed, service

IDLE_MINUTES = 30
"""The shortest `inactiveTimeout` that the service takes; a help, never relied on."""
_STATE, _LOAD = "DEPLOYMENT_STATE_", "ADAPTER_LOAD_STATE_"
_GONE = frozenset({404, 410})
_N_TRIES = 4

T = TypeVar("T")
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment as the service tells of it."""

    deployment_id: str
    name: str
    state: str
    """`PROVISIONING`, `SCALING`, `READY`, `DEGRADED`, `STOPPING`, `STOPPED`, `FAILED`, or other."""
    message: str
    n_ready: int
    n_most: int
    """Replicas that it may have; 0 when it was told to stop."""
    hardware: str


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint as the service tells of it."""

    endpoint_id: str
    name: str
    """`slug/name`: what a chat names as its model."""
    n_routes: int
    deployment_ids: tuple[str, ...]

    @property
    def own_name(self) -> str:
        """Without the project."""
        return self.name.rpartition("/")[2]


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
        return [_endpoint(each) for each in found]

    async def find(self, name: str) -> EndpointView | None:
        """The endpoint of that name, without the project in it."""
        return next((each for each in await self.all() if each.own_name == name), None)

    async def make(self, name: str) -> EndpointView:
        """The endpoint of that name, made when it is not there."""
        what = f"the endpoint {name} could not be made"

        async def send() -> EndpointView:
            made = await self.here.write.endpoints.create(project_id=self.project, name=name)
            return _endpoint(checked(what, made))

        return await self._once(what, send, lambda: self.find(name))

    async def look(self, endpoint_id: str) -> EndpointView | None:
        """One endpoint; None when it is gone."""
        what = "the endpoint could not be looked at"

        async def ask() -> Any:
            return await self.here.read.endpoints.retrieve(endpoint_id, project_id=self.project)

        found = await self._unless_gone(what, ask)
        return None if found is None else _endpoint(checked(what, found))

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

        found = await self._unless_gone(what, ask)
        return None if found is None else _deployment(checked(what, found))

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
            return _deployment(checked(what, made))

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

        await self._unless_gone("the traffic could not be routed", send)

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

        await self._unless_gone("the deployment could not be told to stop", send)

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

        return _text(await self._unless_gone(what, ask), "name")

    async def attach(self, place: tuple[str, str], adapter_id: str, revision_id: str = "") -> None:
        """Load an adapter beside the base model of a running deployment."""
        endpoint_id, deployment_id = place
        revision = {"adapter_revision_id": revision_id} if revision_id else {}
        what = f"the adapter {adapter_id} could not be attached"

        async def send() -> bool:
            await self.here.write.endpoints.adapters.create(
                endpoint_id=endpoint_id,
                deployment_id=deployment_id,
                adapter_model_id=adapter_id,
                project_id=self.project,
                **revision,
            )
            return True

        async def find() -> bool | None:
            return await self.adapter_state(place, adapter_id) is not None or None

        await self._once(what, send, find)

    async def adapter_state(self, place: tuple[str, str], adapter_id: str) -> str | None:
        """`READY` when every cluster has loaded it, the first other state else; None: not there."""
        endpoint_id, deployment_id = place
        pages = self.here.read.endpoints.adapters.list(
            endpoint_id, deployment_id, project_id=self.project
        )
        what = "the adapters could not be listed"
        for each in await listed(self.here.library, what, pages):
            if _text(each, "adapter_model_id") == adapter_id:
                rows = getattr(each, "per_cluster", None) or ()
                states = [_text(row, "state").removeprefix(_LOAD) for row in rows] or ["PENDING"]
                return next((state for state in states if state != "READY"), "READY")
        return None

    async def _once(
        self, what: str, send: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]]
    ) -> T:
        """Make something that must not be made twice."""
        if (found := await find()) is not None:
            return found
        for n in range(_N_TRIES):
            try:
                with service(self.here.library, what):
                    return await send()
            except ServiceError as error:
                if not (error.may_be_done or error.is_busy) or n == _N_TRIES - 1:
                    raise
            await self.pause(2.0**n)
            if (found := await find()) is not None:
                return found
        raise AssertionError("the last try returns or raises")

    async def _unless_gone(self, what: str, send: Callable[[], Awaitable[Any]]) -> Any:
        """Do what may be done twice, also after a lost answer; None when its object is gone."""
        for n in range(_N_TRIES):
            try:
                with service(self.here.library, what):
                    return await send()
            except ServiceError as error:
                if error.status in _GONE:
                    return None
                if not (error.may_be_done or error.is_busy) or n == _N_TRIES - 1:
                    raise
            await self.pause(2.0**n)
        return None


def _endpoint(raw: Any) -> EndpointView:
    deployments = getattr(raw, "deployments", None) or ()
    names = (_text(each, "id") for each in deployments)
    return EndpointView(
        endpoint_id=_text(raw, "id"),
        name=_text(raw, "name"),
        n_routes=len(getattr(raw, "traffic_split", None) or ()),
        deployment_ids=tuple(name for name in names if name),
    )


def _deployment(raw: Any) -> DeploymentView:
    status, scaling = getattr(raw, "status", None), getattr(raw, "autoscaling", None)
    return DeploymentView(
        deployment_id=_text(raw, "id"),
        name=_text(raw, "name"),
        state=_text(status, "state").removeprefix(_STATE),
        message=_text(status, "message"),
        n_ready=_count(status, "ready_replicas"),
        n_most=_count(scaling, "max_replicas"),
        hardware=_text(raw, "hardware"),
    )


def _text(owner: Any, name: str) -> str:
    value = getattr(owner, name, None)
    return clean(value) if isinstance(value, str) else ""


def _count(owner: Any, name: str) -> int:
    value = getattr(owner, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
