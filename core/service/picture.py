"""What an engine says of itself: its status, and the snapshot that events continue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.events import CallsMade, Event, ProgressMade, RunPaused, StepTrained


@dataclass(frozen=True, slots=True)
class OperationView:
    """Something long that is going on."""

    operation_id: str
    label: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stage of an operation is."""

    operation_id: str
    made: ProgressMade


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a viewer starts; events with greater numbers change it."""

    seq: int
    doing: str
    """What the engine does, in a few words."""
    operations: tuple[OperationView, ...]
    progress: tuple[Progress, ...]
    """The newest of each stage of each running operation."""
    steps: tuple[StepTrained, ...]
    """The newest of each running job."""
    calls: tuple[CallsMade, ...]
    """The newest of each running run."""
    paused: tuple[RunPaused, ...] = ()
    """The runs that are held."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its number and the operation it belongs to."""

    seq: int
    operation_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """An engine that runs."""

    pid: int
    version: str
    schema: int
    is_detached: bool
    """False: it is part of a command and ends with it."""
    started_at: datetime
    uptime_s: float
    n_clients: int
    """Without the one that asks."""
    operations: tuple[OperationView, ...]
    sandbox: str
    workspace: str
    socket: str
    why_read_only: str = ""
    """Why nothing may be changed; empty when it may."""
