"""What the engine tells whoever listens. It never waits for a listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How much an event of a job matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


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
    metrics: dict[str, float | None] = field(default_factory=dict)
    """None where it was not a number, which no message can hold."""


@dataclass(frozen=True, slots=True)
class JobNoted:
    """A line was added to what is stored of a job's course."""

    job_id: str
    level: Level
    kind: str
    text: str
    step: int | None
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began, or went on after a stop."""

    run_id: str
    label: str
    n_done: int
    """Rollouts that were finished before."""
    n_planned: int


@dataclass(frozen=True, slots=True)
class RolloutFinished:
    """A rollout has its row in the store."""

    run_id: str
    rollout_id: str
    task_id: str
    arm_id: str
    seed: int
    outcome: str
    n_iterations: int
    n_tokens: int
    cost_microusd: int
    reason: str = ""
    """Why it ended so, its beginning."""


@dataclass(frozen=True, slots=True)
class CallsMade:
    """What the stored calls of a run come to; told a few times a second, not for each call."""

    run_id: str
    n_calls: int
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    cost_microusd: int


@dataclass(frozen=True, slots=True)
class RunPaused:
    """A run begins nothing new until it is continued."""

    run_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunContinued:
    """A pause is over."""

    run_id: str


@dataclass(frozen=True, slots=True)
class RunDraining:
    """A run finishes what is begun, begins nothing new, and then stops."""

    run_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RolloutRequeued:
    """A rollout is to be done again: its row, if it had one, is gone."""

    run_id: str
    rollout_id: str
    task_id: str
    arm_id: str
    seed: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run finished, stopped or failed."""

    run_id: str
    status: str
    reason: str = ""
    """Who or what stopped it, or the error; empty when it finished."""


@dataclass(frozen=True, slots=True)
class PairDecided:
    """A person said what is to become of a pair, or took it back; the journal has its row."""

    seq: int
    pair_id: str
    action: str
    choice: str
    is_swapped: bool
    was_swapped: bool
    has_note: bool


@dataclass(frozen=True, slots=True)
class LeaseChanged:
    """An endpoint that costs money while it exists is in another state."""

    lease_id: str
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class AccountCompared:
    """The account was looked at: what costs money there although no open lease stands for it."""

    n_billed: int
    per_hour_microusd: int


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """Somebody asked for something that takes its time."""

    operation_id: str
    label: str
    """The operation and its main arguments, for people."""
    started_at: datetime


@dataclass(frozen=True, slots=True)
class OperationEnded:
    """It is done, or was stopped, or failed."""

    operation_id: str
    label: str
    failure: str
    """Message of the failure; empty when there was none."""


Event = (
    ProgressMade
    | StepTrained
    | JobNoted
    | RunStarted
    | RolloutFinished
    | CallsMade
    | RunPaused
    | RunContinued
    | RunDraining
    | RolloutRequeued
    | RunEnded
    | PairDecided
    | LeaseChanged
    | AccountCompared
    | OperationStarted
    | OperationEnded
)
Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that does not care."""
