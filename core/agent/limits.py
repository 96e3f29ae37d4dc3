"""How an agent speaks, what one rollout may use, and when the driver runs tests."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from core.errors import UsageError

MOST_REFLECTIONS = 5


class Speech(StrEnum):
    """The protocol of an arm."""

    EDIT = "edit"
    """One message is one edit block of one file, on a compact state."""
    TOOLS_JSON = "tools-json"
    """Tools, each asked for by one JSON object in a message; what stands around it is forgiven."""
    TOOLS_STRICT = "tools-strict"
    """The same, with nothing forgiven."""
    TOOLS_NATIVE = "tools-native"
    """Tools as the model's own function calls."""


class TestPolicy(StrEnum):
    """When the driver runs the shown tests for the agent."""

    __test__ = False
    ON_WRITE = "on_write"
    """After every change; under `edit` a failing one is undone, and the agent goes on."""
    ON_FINAL = "on_final"
    """Never in between: the first applicable edit, or the call of `finish`, is the answer."""
    NEVER = "never"
    """As `on_final`, and the first state shows no test result either."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a rollout has used so far."""

    n_iterations: int
    n_tokens: int
    cost_microusd: int
    wall_s: float
    work_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one rollout; None means unbounded. Tokens and cost bound the calls made so far."""

    n_iterations: int = 20
    n_tokens: int | None = None
    cost_microusd: int | None = None
    wall_s: float | None = None
    """By the clock, waits for a busy service and pauses included."""
    work_s: float | None = None
    """Without those waits."""
    n_reflections: int = 0
    """Extra calls after failed tests, errors of tools and loops."""
    n_output_tokens: int = 1_500
    """Most of what tools put out in one iteration that the agent gets to see."""
    n_history_tokens: int = 6_000
    """Most of the earlier iterations that a state of the `tools` protocols shows."""

    def __post_init__(self) -> None:
        bounds = (self.n_iterations, self.n_tokens, self.cost_microusd, self.wall_s, self.work_s)
        sizes = (self.n_output_tokens, self.n_history_tokens)
        if any(bound is not None and not 0 < bound < math.inf for bound in (*bounds, *sizes)):
            raise UsageError("Limits of a rollout must be positive numbers.")
        if not 0 <= self.n_reflections <= MOST_REFLECTIONS:
            raise UsageError(f"Reflections of a rollout: 0 to {MOST_REFLECTIONS}.")

    def hit(self, used: Used) -> str:
        """The name of the first bound that is reached, or an empty text."""
        bounds = {
            "iterations": (used.n_iterations, self.n_iterations),
            "tokens": (used.n_tokens, self.n_tokens),
            "cost": (used.cost_microusd, self.cost_microusd),
            "wall time": (used.wall_s, self.wall_s),
            "working time": (used.work_s, self.work_s),
        }
        return next((k for k, (v, most) in bounds.items() if most is not None and v >= most), "")
