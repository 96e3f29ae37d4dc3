"""How long to wait before a policy that did not answer is asked again, and when to give up."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from core.errors import PolicyBusyError, PolicyError
from core.policies.governor import LONGEST_REST_S


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits that double, each shortened by chance so that many askers do not come at once."""

    n_attempts: int = 8
    first_s: float = 1.0
    most_s: float = 60.0
    """Of a wait that the service did not ask for; one that it asked for is kept in full."""
    longest_s: float = LONGEST_REST_S
    """A service that asks for more is given up."""
    rng: random.Random = field(default_factory=random.Random)

    def wait_s(self, error: PolicyError, attempt: int) -> float | None:
        """Seconds after the failed attempt of that number; None when it is of no use to go on."""
        if not isinstance(error, PolicyBusyError) or attempt >= self.n_attempts:
            return None
        own_s = min(self.first_s * 2.0 ** (attempt - 1), self.most_s)
        own_s *= self.rng.uniform(0.5, 1.0)
        if error.retry_after_s is None:
            return own_s
        is_too_long = error.retry_after_s > self.longest_s
        return None if is_too_long else error.retry_after_s + own_s * 0.1
