"""What is written of one job while it goes on: its states, its events, and its alarms.

Events are stored in the order they happen and told to whoever listens; nothing waits for
them to be durable but the job's end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from core.context import Context
from core.events import JobNoted, Level
from core.store.jobs import JobEventRow, JobStateRow, load_events
from core.training.alarms import Alarm, AlarmKind


class EventKind(StrEnum):
    """The events that are made here; a remote trainer's keep their own names."""

    DATASET = "dataset"
    SKIPPED = "skipped"
    STARTED = "started"
    EPOCH = "epoch"
    ALARM = "alarm"
    STEP = "step"
    """Of a job at a remote trainer: it got further."""
    STATUS = "status"
    """The remote trainer has another word for it."""
    WAITING = "waiting"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"


_END_LEVELS = {EventKind.CANCELLED: Level.WARNING, EventKind.FAILED: Level.ERROR}
_ALARM_ID = "alarm:"


@dataclass(slots=True)
class JobJournal:
    """One job's."""

    context: Context
    job_id: str
    _known: set[AlarmKind] = field(default_factory=set)

    def note(
        self,
        kind: EventKind,
        text: str,
        *,
        level: Level = Level.INFO,
        step: int | None = None,
        name: str = "",
    ) -> None:
        """Add an event; `name` is by what it is known again."""
        now = self.context.now()
        row = JobEventRow(self.job_id, level.value, kind.value, text, step, name, now)
        self.context.store.submit("job_events", [row])
        self.tell(row)

    def tell(self, row: JobEventRow) -> None:
        """Tell of an event that is stored."""
        self.context.emit(
            JobNoted(self.job_id, Level(row.level), row.kind, row.text, row.step, row.happened_at)
        )

    async def recall(self) -> None:
        """Know the alarms that were noted before an engine ended."""
        for event in await load_events(self.context.store, self.job_id):
            kind = event.remote_id.removeprefix(_ALARM_ID)
            if kind != event.remote_id and kind in tuple(AlarmKind):
                self._known.add(AlarmKind(kind))

    def warn(self, alarms: Iterable[Alarm]) -> None:
        """Add an event for each kind of alarm that was not there before."""
        for alarm in alarms:
            if alarm.kind not in self._known:
                self._known.add(alarm.kind)
                is_grave = alarm.kind is AlarmKind.NOT_A_NUMBER
                level = Level.ERROR if is_grave else Level.WARNING
                name = f"{_ALARM_ID}{alarm.kind}"
                self.note(EventKind.ALARM, alarm.text, level=level, step=alarm.step, name=name)

    async def begin(self) -> None:
        """The job is running."""
        await self._mark("running", "", "")

    async def wait(self, reason: str) -> None:
        """The job waits for a person."""
        self.note(EventKind.WAITING, reason)
        await self._mark("waiting", reason, "")

    async def end(self, kind: EventKind, text: str, artifact_id: str = "") -> None:
        """The job is over; without an artifact the text is the reason."""
        self.note(kind, text, level=_END_LEVELS.get(kind, Level.INFO))
        await self._mark(kind.value, "" if artifact_id else text, artifact_id)

    async def _mark(self, status: str, reason: str, artifact_id: str) -> None:
        row = JobStateRow(self.job_id, status, reason, artifact_id, self.context.now())
        await self.context.store.insert("job_states", [row])
