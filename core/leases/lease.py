"""A lease: what is rented, until when, at which price, and what it has come to.

Billed are the minutes in which a replica is ready (docs dedicated-endpoints/pricing, mid 2026);
the moments until a stopped one is really gone are counted as well.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.leases.opening import Adapter
from core.store.leases import LeaseStateRow

_MINUTE_S = 60.0
STOPPING_MINUTES = 2
"""What a stop may take beyond the deadline; set aside as well."""
PREFIX = "gemel-"


class LeaseStatus(StrEnum):
    """How a lease stands."""

    STARTING = "starting"
    """Recorded; what of it exists already, its name tells."""
    READY = "ready"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    ENDED = "ended"


class Holder(StrEnum):
    """Who sees to it that a lease ends."""

    ENGINE = "this engine"
    WATCHER = "its watcher"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class LeasePlan:
    """What would be rented, before it is."""

    model: str
    """For people, and what no two leases hold at once."""
    resource: str
    """`projects/{p}/models/{ml}[/revisions/{rv}]`."""
    config: str
    machine: str
    quantization: str
    takes_adapters: bool
    per_hour_microusd: int
    price_note: str
    n_minutes: int
    """Until the deadline, from the start on."""
    adapters: tuple[Adapter, ...] = ()

    @property
    def per_minute_microusd(self) -> int:
        """Rounded up."""
        return -(-self.per_hour_microusd // 60)

    @property
    def worst_microusd(self) -> int:
        """If it is ready from the first minute until it has stopped after its deadline."""
        return (self.n_minutes + STOPPING_MINUTES) * self.per_minute_microusd

    @property
    def serving(self) -> str:
        """The build and the machine: what two arms must share to be compared."""
        return serving_of(self.config, self.machine, self.quantization)


@dataclass(frozen=True, slots=True)
class LeaseView:
    """A lease as it stands at a moment."""

    lease_id: str
    endpoint: str
    """Its name on the account, without the project."""
    model: str
    machine: str
    status: LeaseStatus
    holder: Holder
    owner_id: str
    """The evaluation's run that it ends with; empty when a person holds it."""
    serving: str
    created_at: datetime
    deadline_at: datetime
    per_hour_microusd: int
    n_minutes: int
    """Billed so far, at most."""
    cost_microusd: int
    is_billed: bool
    """Whether it costs money at this moment."""
    note: str

    @property
    def is_leftover(self) -> bool:
        """Whether it may exist although nobody sees to its end."""
        return self.status is not LeaseStatus.ENDED and self.holder is Holder.NOBODY


def serving_of(config: str, machine: str, quantization: str) -> str:
    """A build and a machine in words."""
    return f"{config} on {machine}, {quantization or 'not quantised'}"


def endpoint_name(lease_id: str) -> str:
    """A name that no other workspace gives, by which a lost answer is found."""
    return f"{PREFIX}{lease_id.removeprefix('lease-')}-{secrets.token_hex(3)}"


def billed_s(states: Sequence[LeaseStateRow], now: datetime) -> float:
    """Seconds in which it cost money, as far as is known; until `now` when it still does."""
    total, since = 0.0, None
    for row in states:
        if since is not None:
            total += (row.changed_at - since) / timedelta(seconds=1)
        since = row.changed_at if row.is_billed else None
    return total + ((now - since) / timedelta(seconds=1) if since is not None else 0.0)


def cost(seconds: float, per_hour_microusd: int) -> tuple[int, int]:
    """Minutes begun, and what they cost in micro-dollars, rounded up."""
    n_minutes = -int(-seconds // _MINUTE_S)
    return n_minutes, -(-n_minutes * per_hour_microusd // 60)
