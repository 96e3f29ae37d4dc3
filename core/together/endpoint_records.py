"""Endpoints and deployments as the service tells of them; what it leaves out stays unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.together.fields import text, whole

_STATE = "DEPLOYMENT_STATE_"


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """A deployment as the service tells of it."""

    deployment_id: str
    name: str
    state: str
    """`PROVISIONING`, `SCALING`, `READY`, `DEGRADED`, `STOPPING`, `STOPPED`, `FAILED`, or other."""
    message: str
    n_ready: int
    n_most: int | None
    """Replicas that it may have; 0 when it was told to stop, None when nobody says."""
    hardware: str

    @property
    def is_billed(self) -> bool:
        """Whether it costs money at this moment."""
        return self.state in ("READY", "SCALING") or self.n_ready > 0


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint as the service tells of it."""

    endpoint_id: str
    name: str
    """`slug/name`: what a chat names as its model."""
    routes: tuple[str, ...]
    """Deployments that what is asked is sent to."""
    deployment_ids: tuple[str, ...]

    @property
    def own_name(self) -> str:
        """Without the project."""
        return self.name.rpartition("/")[2]


def endpoint_of(raw: Any) -> EndpointView:
    """An endpoint's record."""
    return EndpointView(
        endpoint_id=text(raw, "id"),
        name=text(raw, "name"),
        routes=_names(raw, "traffic_split", "deployment_id"),
        deployment_ids=_names(raw, "deployments", "id"),
    )


def deployment_of(raw: Any) -> DeploymentView:
    """A deployment's record."""
    status, scaling = getattr(raw, "status", None), getattr(raw, "autoscaling", None)
    return DeploymentView(
        deployment_id=text(raw, "id"),
        name=text(raw, "name"),
        state=text(status, "state").removeprefix(_STATE),
        message=text(status, "message"),
        n_ready=whole(status, "ready_replicas") or 0,
        n_most=whole(scaling, "max_replicas"),
        hardware=text(raw, "hardware"),
    )


def _names(raw: Any, rows: str, field: str) -> tuple[str, ...]:
    found = (text(each, field) for each in getattr(raw, rows, None) or ())
    return tuple(name for name in found if name)
