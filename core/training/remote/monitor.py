"""Looks at a job again and again, and keeps a copy of all it tells.

A copy is what is shown: history survives when the job is deleted there. The events of the
service have no names and come again with every answer, so equal ones count once.
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from core.context import Context
from core.errors import ServiceError
from core.events import Level, StepTrained
from core.store.jobs import JobEventRow, add_events
from core.store.remote_jobs import (
    RemoteCheckpointRow,
    RemoteLookRow,
    RemoteMetricRow,
    add_checkpoints,
    add_metrics,
    last_look,
    load_remote_metrics,
)
from core.text import clean, one_line
from core.together.client import Connection
from core.together.fine_tuning import FineTuning
from core.together.tuning_records import FAILED, Measurement, RemoteEvent, RemoteJob
from core.training.alarms import Enough, JobSize, find_alarms
from core.training.journal import EventKind, JobJournal
from core.training.remote.launch import is_mine, store_steps
from core.training.remote.progress import stalled
from core.training.remote.reached import Reached, Restarted
from core.training.remote.series import for_alarms
from core.training.remote.settings import JobSettings

ENOUGH = Enough(n_steps=50, n_tasks=100)
"""From where on the size of a language model's job gives no alarm."""
_OVERLAP = 100
"""So many steps are asked for again: evaluations come later than the steps around them."""
_RESTARTED = "job_restarted"
_ID = re.compile(r"\bft-[A-Za-z0-9-]+")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Look:
    """A job as the service told it last; the JSON of a stored look."""

    job: RemoteJob
    moved_at: datetime
    """When it last told anything new of how far it is."""


@dataclass(slots=True)
class Monitor:
    """One job's."""

    context: Context
    job_id: str
    settings: JobSettings
    reached: Reached
    here: Connection
    n_tasks: int = 0
    seen: Look | None = None
    is_whole: bool = True
    """Whether the last look had an answer to everything."""
    _events: list[RemoteEvent] = field(default_factory=list)
    _series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    _journal: JobJournal | None = None

    @property
    def journal(self) -> JobJournal:
        """What is told of it."""
        if self._journal is None:
            self._journal = JobJournal(self.context, self.job_id)
        return self._journal

    async def recall(self) -> None:
        """Know what was stored before."""
        store = self.context.store
        await self.journal.recall()
        if (row := await last_look(store, self.job_id)) is not None:
            self.seen = msgspec.json.decode(row.body, type=Look)
        self._series = await load_remote_metrics(store, self.job_id, self.reached.remote_id)

    async def look(self) -> RemoteJob:
        """Ask for everything once, and store what is new of it.

        A part that cannot be had now is asked for again with the next look.
        """
        remote_id, n_new = self.reached.remote_id, 0
        tuning = FineTuning(self.here)
        job = await tuning.job(remote_id)
        self.is_whole = False
        with suppress(ServiceError):
            n_new += await self._keep_events(await tuning.events(remote_id))
            points = await tuning.metrics(remote_id, self._from_step())
            n_new += await self._keep_metrics(job, points)
            await self._keep_checkpoints(remote_id)
            self.is_whole = True
        await self._keep_look(job, is_moved=n_new > 0)
        self._warn(job)
        return job

    async def follow(self, job: RemoteJob) -> bool:
        """Whether a failed job goes on under another id; from then on that one is looked at."""
        if job.status not in FAILED:
            return False
        other = await self._successor(job)
        if not other:
            return False
        body = Restarted(other, job.remote_id)
        await store_steps(self.context, self.job_id, [body], self.reached)
        self._series, self._events = {}, []
        said = f"the service began it again as {other}; {job.remote_id} is refunded"
        self.journal.note(EventKind.STEP, said, level=Level.WARNING)
        return True

    @property
    def told(self) -> tuple[RemoteEvent, ...]:
        """What the service told in its last answer."""
        return tuple(self._events)

    @property
    def is_restarting(self) -> bool:
        """Whether the service says that it begins the job again."""
        return any(event.kind == _RESTARTED for event in self._events)

    def reason(self, job: RemoteJob) -> str:
        """Why a job ended as it did, in the service's words."""
        told = [event for event in self._events if event.level == "error"]
        said = told[-1].text if told else "the service does not say why"
        return one_line(f"{job.status}: {said}", _LONGEST)

    async def _successor(self, job: RemoteJob) -> str:
        named = [
            found
            for event in self._events
            if event.kind == _RESTARTED
            for found in _ID.findall(event.text)
            if found not in self.reached.remote_ids
        ]
        if named:
            return str(named[-1])
        if not self.reached.is_ours:
            return ""
        for other in await FineTuning(self.here).jobs():
            is_other = other.remote_id not in self.reached.remote_ids
            if is_other and other.status not in FAILED and is_mine(other, self.settings.suffix):
                return other.remote_id
        return ""

    async def _keep_events(self, events: list[RemoteEvent]) -> int:
        self._events = list({event.name: event for event in events}.values())
        now = self.context.now()
        rows = [
            JobEventRow(
                job_id=self.job_id,
                level=event.level,
                kind=one_line(event.kind, 60),
                text=one_line(clean(event.text), _LONGEST),
                step=event.step,
                remote_id=event.name,
                happened_at=event.happened_at or now,
            )
            for event in self._events
        ]
        fresh = await add_events(self.context.store, self.job_id, rows)
        for row in fresh:
            self.journal.tell(row)
        return len(fresh)

    async def _keep_metrics(self, job: RemoteJob, points: list[Measurement]) -> int:
        remote_id = job.remote_id
        rows = [RemoteMetricRow(self.job_id, remote_id, p.step, p.name, p.value) for p in points]
        fresh = await add_metrics(self.context.store, rows)
        for row in fresh:
            self._series.setdefault(row.name, []).append((row.step, row.value))
        for name in {row.name for row in fresh}:
            self._series[name].sort()
        if fresh:
            newest = max(row.step for row in fresh)
            shown = {row.name: row.value for row in fresh if row.step == newest}
            n_steps = job.n_steps or newest
            self.context.emit(StepTrained(self.job_id, newest, n_steps, _finite(shown)))
        return len(fresh)

    async def _keep_checkpoints(self, remote_id: str) -> None:
        kept = await FineTuning(self.here).checkpoints(remote_id)
        rows = [
            RemoteCheckpointRow(self.job_id, remote_id, c.step, msgspec.json.encode(c).decode())
            for c in kept
        ]
        await add_checkpoints(self.context.store, rows)

    async def _keep_look(self, job: RemoteJob, *, is_moved: bool) -> None:
        before = self.seen
        if before is not None and before.job == job and not is_moved:
            return
        is_moved = is_moved or before is None or _essence(before.job) != _essence(job)
        now = self.context.now()
        moved_at = now if before is None or is_moved else before.moved_at
        self.seen = Look(job, moved_at)
        body = msgspec.json.encode(self.seen).decode()
        row = RemoteLookRow(self.job_id, job.remote_id, body, now)
        await self.context.store.insert("remote_looks", [row])
        if before is None or before.job.status != job.status:
            self.journal.note(EventKind.STATUS, f"{job.remote_id} is {job.status}")

    def _warn(self, job: RemoteJob) -> None:
        assert self.seen is not None
        size = job_size(self.settings, self.reached, job, self.n_tasks)
        self.journal.warn(find_alarms(for_alarms(self._series), size, ENOUGH))
        self.journal.warn(stalled(job, self.seen.moved_at, self.context.now()))

    def _from_step(self) -> int:
        newest = max((points[-1][0] for points in self._series.values() if points), default=0)
        return max(0, newest - _OVERLAP)


def job_size(
    settings: JobSettings, reached: Reached, job: RemoteJob | None, n_tasks: int
) -> JobSize | None:
    """How large a job is for the alarms; None when nobody knows."""
    planned = reached.validated.sizes.n_steps if reached.validated is not None else None
    n_steps = (job.n_steps if job is not None else None) or planned
    if not n_steps:
        return None
    batch = settings.batch_size * settings.accumulation
    per_epoch = -(-n_steps // settings.n_epochs)
    return JobSize(per_epoch * batch, n_tasks, n_steps, batch)


def _essence(job: RemoteJob) -> RemoteJob:
    """A job without what changes although nothing moves."""
    return replace(job, updated_at=None, started_at=None, seconds_remaining=None)


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """What is no number travels as nothing."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
