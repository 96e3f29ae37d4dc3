"""What a run works with: its tools, and arms that are ready to answer."""

from __future__ import annotations

from dataclasses import dataclass

from core.agent.rollout import Conditions
from core.chat import Policy
from core.clock import Clock
from core.costs.ceiling import Ceiling
from core.costs.prices import ChatPrice
from core.events import Emit
from core.policies.governor import Governor
from core.sandbox.pool import Sandbox
from core.store.database import Store


@dataclass(frozen=True, slots=True)
class LiveArm:
    """An arm ready to run."""

    policy: Policy
    price: ChatPrice
    conditions: Conditions
    governor: Governor | None = None
    """Shared by all arms of one model; None asks as often as the run does."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The engine's hands, as far as a run needs them."""

    store: Store
    sandbox: Sandbox
    clock: Clock
    emit: Emit
    n_concurrent: int
    ceiling: Ceiling | None = None
    """Over the run's spending; None where nothing costs anything."""
