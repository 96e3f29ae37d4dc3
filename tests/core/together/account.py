"""What one customer has at the loopback service: the state that its parts share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.chat import Policy

PROJECT, SLUG = "proj_1", "acme"
OWNER = "proj_together"
"""The project that base models and certified configurations belong to."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Weights in the registry: a base model, what a job made of it, or an adapter."""

    model_id: str
    """`ml_...`"""
    name: str
    policy: Policy
    """What answers when these weights are served."""
    base_model_id: str = ""
    """Of an adapter or a tuned model, what it was made from."""
    is_adapter: bool = False


@dataclass(frozen=True, slots=True)
class BillLine:
    """Something that was charged, in micro-dollars."""

    product: str
    what: str
    quantity: int
    cost_microusd: int
    at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Account:
    """One per test; parts of the service read and change it."""

    now: Callable[[], datetime] = _utc_now
    serverless: dict[str, Policy] = field(default_factory=dict)
    """What answers a chat with a model of this name, without an endpoint."""
    registry: dict[str, Registered] = field(default_factory=dict)
    """By `ml_...`."""
    bill: list[BillLine] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def new_id(self, prefix: str) -> str:
        """`ep_1`, `dep_2`, ..."""
        return f"{prefix}_{next(self._numbers)}"

    def register(
        self, name: str, policy: Policy, *, base: str = "", is_adapter: bool = False
    ) -> Registered:
        """Put weights into the registry."""
        made = Registered(self.new_id("ml"), name, policy, base, is_adapter)
        self.registry[made.model_id] = made
        return made

    def charge(self, product: str, what: str, quantity: int, cost_microusd: int) -> None:
        """Add a line to the bill."""
        self.bill.append(BillLine(product, what, quantity, cost_microusd, self.now()))

    def billed(self, product: str) -> int:
        """Micro-dollars of one product so far."""
        return sum(line.cost_microusd for line in self.bill if line.product == product)
