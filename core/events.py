"""What the engine tells whoever listens. It never waits for a listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProgressMade:
    """A stage got further."""

    stage: str
    n_done: int
    n_total: int
    note: str = ""
    """The figure worth watching, in a few words."""


@dataclass(frozen=True, slots=True)
class StepTrained:
    """A trainer finished a step."""

    job_id: str
    step: int
    n_steps: int
    metrics: dict[str, float] = field(default_factory=dict)


Event = ProgressMade | StepTrained
Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does not care."""
