"""What one rollout may use, and when the driver runs tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import UsageError


class TestPolicy(StrEnum):
    """When the driver runs the shown tests for the agent."""

    __test__ = False
    ON_WRITE = "on_write"
    """After every applied edit; a failing edit is undone and the agent goes on."""
    ON_FINAL = "on_final"
    """Never in between: the first applicable edit is the answer."""
    NEVER = "never"
    """As `on_final`, and the first state shows no test result either."""


class Outcome(StrEnum):
    """How a rollout ended."""

    PASSED = "passed"
    FAILED = "failed"
    """The agent was done, and a test (often a held-back one) fails."""
    LIMIT = "limit"
    TAMPERED = "tampered"
    INVALID = "invalid"
    """No answer was an applicable edit."""
    ERROR = "error"
    """Infrastructure; never a preference."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one rollout; None means unbounded. Tokens and cost bound the calls made so far."""

    n_iterations: int = 20
    n_tokens: int | None = None
    cost_microusd: int | None = None
    wall_s: float | None = None

    def __post_init__(self) -> None:
        bounds = (self.n_iterations, self.n_tokens, self.cost_microusd, self.wall_s)
        if any(bound is not None and bound <= 0 for bound in bounds):
            raise UsageError("Limits of a rollout must be positive.")

    def hit(self, n_iterations: int, n_tokens: int, cost_microusd: int, wall_s: float) -> str:
        """The name of the first bound that is reached, or an empty text."""
        used = {
            "iterations": (n_iterations, self.n_iterations),
            "tokens": (n_tokens, self.n_tokens),
            "cost": (cost_microusd, self.cost_microusd),
            "wall time": (wall_s, self.wall_s),
        }
        return next((k for k, (v, most) in used.items() if most is not None and v >= most), "")
