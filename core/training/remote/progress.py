"""How far a job is: share, time left, price so far; all of it estimates until it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.together.tuning_records import CANCELLED, DONE, FAILED, RemoteJob
from core.training.alarms import Alarm, AlarmKind

_LONG_S = 1800.0
"""Without any news for so long, something may be wrong."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A job at one moment."""

    share: float | None
    """Of its steps; None while they are not known."""
    n_steps: int | None
    n_steps_done: int | None
    left_s: float | None
    """Estimated, to the end of the current stage; None while nobody knows."""
    price_microusd: int | None
    """So far, or in the end."""
    is_price_final: bool


def progress_of(job: RemoteJob, worst: int | None, now: datetime) -> Progress:
    """What can be said of a job; `worst` is what the whole of it may cost."""
    share = None
    if job.n_steps and job.n_steps_done is not None:
        share = min(1.0, job.n_steps_done / job.n_steps)
    return Progress(
        share=1.0 if job.status == DONE else share,
        n_steps=job.n_steps,
        n_steps_done=job.n_steps_done,
        left_s=None if job.is_over else seconds_left(job, now),
        price_microusd=final_price(job, worst) if job.is_over else _so_far(share, worst),
        is_price_final=job.is_over,
    )


def seconds_left(job: RemoteJob, now: datetime) -> float | None:
    """The service counts from the begin of the stage, not from now."""
    if job.seconds_remaining is None or job.started_at is None:
        return None
    return max(0.0, job.seconds_remaining - (now - job.started_at).total_seconds())


def final_price(job: RemoteJob, worst: int | None) -> int | None:
    """What a job came to; a failed one is refunded (docs fine-tuning/pricing, mid 2026)."""
    if job.status in FAILED:
        return 0
    if job.price_microusd is not None:
        return job.price_microusd
    if job.status == CANCELLED and job.n_steps and job.n_steps_done is not None:
        return _so_far(min(1.0, job.n_steps_done / job.n_steps), worst)
    if job.status == CANCELLED and not job.n_steps_done:
        return 0
    return worst


def stalled(job: RemoteJob, moved_at: datetime, now: datetime) -> tuple[Alarm, ...]:
    """An alarm when a job that runs has told nothing new for long."""
    quiet_s = (now - moved_at).total_seconds()
    if job.is_over or job.is_waiting or quiet_s < _LONG_S:
        return ()
    return (
        Alarm(
            AlarmKind.STALLED,
            f"Nothing new came for {quiet_s / 60:.0f} minutes while it was {job.status}.",
            "The service may be busy, or the job may hang; it is billed by tokens, not by time.",
            "Wait, or cancel it: only the steps that are done are paid.",
        ),
    )


def _so_far(share: float | None, worst: int | None) -> int | None:
    return None if share is None or worst is None else round(share * worst)
