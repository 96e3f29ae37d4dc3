"""Progress of a command on stderr: bars on a terminal, a line per stage elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

from core.events import Event, ProgressMade, RunContinued, RunPaused, StepTrained
from core.text import clean

_REFRESH_HZ = 4


class Progress:
    """Shows engine events while a command runs."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            refresh_per_second=_REFRESH_HZ,
            disable=not self._console.is_terminal,
        )
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def tell(self, event: Event) -> None:
        """Take an event of the engine."""
        if isinstance(event, ProgressMade):
            self._advance(event.stage, event.n_done, event.n_total, event.note)
        elif isinstance(event, StepTrained):
            known = ((name, value) for name, value in event.metrics.items() if value is not None)
            note = "  ".join(f"{name} {value:.3f}" for name, value in known)
            self._advance("train", event.step, event.n_steps, note)
        elif isinstance(event, RunPaused):
            self._note(f"paused, {event.reason}; `gemel rollouts continue` goes on")
        elif isinstance(event, RunContinued):
            self._note("goes on")

    def _note(self, note: str) -> None:
        """Say how things stand, in place of the newest figure."""
        if not self._console.is_terminal:
            self._console.print(Text(clean(note)))
        for task_id in self._stages.values():
            self._bars.update(task_id, note=clean(note))

    def _advance(self, stage: str, n_done: int, n_total: int, note: str) -> None:
        if not self._console.is_terminal:
            if n_done == n_total:
                self._console.print(Text(f"{stage}: {n_done}/{n_total} {note}"))
            return
        if stage not in self._stages:
            self._stages[stage] = self._bars.add_task(stage, total=n_total, note="")
        self._bars.update(self._stages[stage], completed=n_done, total=n_total, note=note)
