"""A job at Together as it is shown: from the copies that were kept, asking nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import msgspec

from core.context import Context
from core.store.charges import ChargeRow, find_charge
from core.store.jobs import JobSummary
from core.store.remote_jobs import last_look, load_checkpoints, load_remote_metrics
from core.together.tuning_records import Checkpoint, RemoteJob, Setting
from core.training.alarms import Alarm, Points, find_alarms
from core.training.remote.monitor import ENOUGH, Look, job_size
from core.training.remote.progress import Progress, progress_of, stalled
from core.training.remote.reached import LocalFile, Reached, Role, load_reached
from core.training.remote.series import for_alarms
from core.training.remote.settings import JobSettings

ENDS = ("finished", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step of a job's way, and when it was reached."""

    step: str
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class FileSent:
    """A file of a job, here and there."""

    local: LocalFile
    file_id: str
    """Empty while it is not uploaded."""


@dataclass(frozen=True, slots=True)
class JobPrice:
    """A job's money, in micro-dollars; None where nobody has said."""

    book: int | None
    estimate: int | None
    worst: int | None
    """The larger of both: what is set aside."""
    agreed: int | None
    so_far: int | None
    """Estimated from the steps that are done, or what it came to."""
    is_final: bool
    note: str
    """Why a settled amount is what it is."""


@dataclass(frozen=True, slots=True)
class RemoteView:
    """Everything that is special of a job at Together."""

    stage: str
    """The newest step of its way, or the service's own word for how it is there."""
    remote_id: str
    earlier_ids: tuple[str, ...]
    """Under which it was begun and failed there."""
    is_attached: bool
    """Whether it was started elsewhere."""
    is_watched: bool
    job: RemoteJob | None
    """As the service told it last; None before it exists."""
    looked_at: datetime | None
    moved_at: datetime | None
    """When it last told anything new."""
    progress: Progress | None
    price: JobPrice
    files: tuple[FileSent, ...]
    steps: tuple[StepTaken, ...]
    checkpoints: tuple[Checkpoint, ...]
    n_tokens_here: int | None
    """Training tokens of the whole job as they were estimated here."""
    n_tokens_there: int | None
    """The same as the service estimates."""
    token_factor: float | None
    """There to here: how the service counts what is not documented."""


@dataclass(frozen=True, slots=True)
class RemoteParts:
    """What a view of a job is made of."""

    view: RemoteView
    settings: dict[str, Setting]
    series: Mapping[str, Points]
    alarms: tuple[Alarm, ...]
    parent: str


async def load_view(context: Context, job: JobSummary, n_tasks: int) -> RemoteParts:
    """All that is known of a job."""
    store, now = context.store, context.now()
    reached = await load_reached(context, job.job_id)
    settings = msgspec.json.decode(job.body, type=JobSettings)
    row = await last_look(store, job.job_id)
    look = msgspec.json.decode(row.body, type=Look) if row is not None else None
    there = look.job if look is not None else None
    series = await load_remote_metrics(store, job.job_id, reached.remote_id)
    kept = await load_checkpoints(store, job.job_id, reached.remote_id)
    charge = await find_charge(store, job.job_id)
    size = job_size(settings, reached, there, n_tasks)
    alarms = find_alarms(for_alarms(series), size, ENOUGH)
    if there is not None and look is not None and job.status not in ENDS:
        alarms = (*stalled(there, look.moved_at, now), *alarms)
    here, counted = _tokens(settings, reached)
    view = RemoteView(
        stage=stage_of(job, reached, there),
        remote_id=reached.remote_id,
        earlier_ids=tuple(reached.remote_ids[:-1]),
        is_attached=not reached.is_ours,
        is_watched=context.live.is_training(job.job_id),
        job=there,
        looked_at=row.looked_at if row is not None else None,
        moved_at=look.moved_at if look is not None else None,
        progress=_progress(reached, there, now),
        price=price_of(reached, there, charge, now),
        files=_files(reached),
        steps=tuple(StepTaken(step.value, at) for step, at in reached.steps),
        checkpoints=tuple(msgspec.json.decode(c.body, type=Checkpoint) for c in kept),
        n_tokens_here=here,
        n_tokens_there=counted,
        token_factor=counted / here if here and counted else None,
    )
    known = there.settings if there is not None and not reached.is_ours else None
    return RemoteParts(view, settings_of(settings, known), series, alarms, settings.parent)


def stage_of(job: JobSummary, reached: Reached, there: RemoteJob | None) -> str:
    """In one word, how far a job is."""
    if job.status in ENDS:
        return job.status
    if reached.created is not None:
        return there.status if there is not None else "created"
    return reached.newest.value if reached.newest is not None else job.status


def settings_of(settings: JobSettings, told: Mapping[str, Setting] | None) -> dict[str, Setting]:
    """A job's settings by name; of one that was started elsewhere, those the service told."""
    if told is not None:
        start = {"kind": settings.kind.value, "model": settings.model}
        return {**start, "from_checkpoint": settings.from_checkpoint, **told}
    values = asdict(settings)
    for name in ("suffix", "pace"):
        del values[name]
    return {**values, "kind": settings.kind.value}


def price_of(
    reached: Reached, there: RemoteJob | None, charge: ChargeRow | None, now: datetime
) -> JobPrice:
    """A job's money as far as it is known."""
    estimated = reached.estimated
    worst = estimated.worst_microusd if estimated is not None else None
    progress = _progress(reached, there, now)
    is_settled = charge is not None and charge.status == "settled"
    so_far = progress.price_microusd if progress is not None else None
    if charge is not None:
        so_far = charge.spent_microusd if is_settled else max(so_far or 0, charge.spent_microusd)
    return JobPrice(
        book=reached.validated.price.price_microusd if reached.validated is not None else None,
        estimate=estimated.estimate_microusd if estimated is not None else None,
        worst=worst,
        agreed=reached.confirmed.amount_microusd if reached.confirmed is not None else None,
        so_far=so_far,
        is_final=is_settled or (progress is not None and progress.is_price_final),
        note=charge.note if charge is not None else "",
    )


def _progress(reached: Reached, there: RemoteJob | None, now: datetime) -> Progress | None:
    estimated = reached.estimated
    worst = estimated.worst_microusd if estimated is not None else None
    return None if there is None else progress_of(there, worst, now)


def _files(reached: Reached) -> tuple[FileSent, ...]:
    if reached.validated is None:
        return ()
    return tuple(FileSent(f, reached.file_id(f.role)) for f in reached.validated.files)


def _tokens(settings: JobSettings, reached: Reached) -> tuple[int | None, int | None]:
    """Training tokens of the whole job, as estimated here and there."""
    here = None
    if reached.validated is not None:
        n = sum(f.n_tokens for f in reached.validated.files if f.role is Role.TRAINING)
        here = n * settings.n_epochs
    return here, reached.estimated.n_train_tokens if reached.estimated is not None else None
