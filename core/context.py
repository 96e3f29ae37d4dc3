"""What every stage works with: the store, the sandbox, the clock, who listens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from core.access import Access
from core.clock import Clock
from core.costs.spending import Spending
from core.events import Emit
from core.held import Held
from core.live import Live
from core.sandbox.pool import Sandbox
from core.store.database import Store
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Context:
    """The engine's hands, lent to a stage for one operation."""

    workspace: Workspace
    store: Store
    sandbox: Sandbox
    clock: Clock
    emit: Emit
    n_concurrent: int = 16
    live: Live = field(default_factory=Live)
    spending: Spending = field(default_factory=Spending)
    access: Access = field(default_factory=Access)
    held: Held = field(default_factory=Held)

    def now(self) -> datetime:
        """Naive UTC, as the store keeps it."""
        return self.clock.now().replace(tzinfo=None)

    def new_id(self, prefix: str) -> str:
        """A name that sorts by time: `run-20261123-141503-3fa9`."""
        return f"{prefix}-{self.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
