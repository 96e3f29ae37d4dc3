"""Numbers the engine's events, remembers the newest for a snapshot, hands each to the viewers.

It never waits: a viewer takes a line or loses its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from core.events import (
    CallsMade,
    Event,
    OperationEnded,
    ProgressMade,
    RunContinued,
    RunEnded,
    RunPaused,
    StepTrained,
)
from core.service import wire
from core.service.picture import OperationView, Progress, Snapshot


class Viewer(Protocol):
    """Who sees events."""

    def show(self, line: bytes) -> None:
        """Take a line without waiting."""


@dataclass(slots=True)
class Hub:
    """One per engine."""

    _viewers: list[Viewer] = field(default_factory=list)
    _seq: int = 0
    _progress: dict[tuple[str, str], ProgressMade] = field(default_factory=dict)
    _steps: dict[str, dict[str, StepTrained]] = field(default_factory=dict)
    _calls: dict[str, CallsMade] = field(default_factory=dict)
    _paused: dict[str, RunPaused] = field(default_factory=dict)

    def join(self, viewer: Viewer) -> None:
        """Show it everything from now on."""
        if viewer not in self._viewers:
            self._viewers.append(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Show it nothing any more."""
        if viewer in self._viewers:
            self._viewers.remove(viewer)

    def tell(self, operation_id: str, event: Event) -> None:
        """Pass an event on."""
        self._seq += 1
        self._remember(operation_id, event)
        if not self._viewers:
            return
        name, data = type(event).__name__, wire.raw(event)
        line = wire.encode(wire.Line(event=name, seq=self._seq, operation=operation_id, data=data))
        for viewer in tuple(self._viewers):
            viewer.show(line)

    def snapshot(self, operations: tuple[OperationView, ...]) -> Snapshot:
        """What a viewer who joins now must know of before."""
        return Snapshot(
            seq=self._seq,
            doing="; ".join(view.label for view in operations) or "idle",
            operations=operations,
            progress=tuple(Progress(owner, made) for (owner, _), made in self._progress.items()),
            steps=tuple(step for jobs in self._steps.values() for step in jobs.values()),
            calls=tuple(self._calls.values()),
            paused=tuple(self._paused.values()),
        )

    def _remember(self, operation_id: str, event: Event) -> None:
        match event:
            case ProgressMade():
                self._progress[operation_id, event.stage] = event
            case StepTrained():
                self._steps.setdefault(operation_id, {})[event.job_id] = event
            case CallsMade():
                self._calls[event.run_id] = event
            case RunPaused():
                self._paused[event.run_id] = event
            case RunContinued():
                self._paused.pop(event.run_id, None)
            case RunEnded():
                self._calls.pop(event.run_id, None)
                self._paused.pop(event.run_id, None)
            case OperationEnded():
                self._steps.pop(operation_id, None)
                for key in [key for key in self._progress if key[0] == operation_id]:
                    del self._progress[key]
            case _:
                pass
