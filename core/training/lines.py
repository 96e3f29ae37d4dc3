"""All jobs, one line each, whatever their trainer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from core.context import Context
from core.policies.catalogue import BUILTIN
from core.store.charges import ChargeRow, list_charges
from core.store.jobs import JobSummary, list_jobs
from core.store.remote_jobs import last_looks, list_steps
from core.together.records import TUNED
from core.training.remote.monitor import Look
from core.training.remote.origins import TRAINER
from core.training.remote.progress import progress_of
from core.training.remote.reached import Reached, fold
from core.training.remote.settings import JobSettings
from core.training.remote.views import price_of, stage_of


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job at a glance."""

    job_id: str
    trainer: str
    method: str
    """dpo or sft."""
    parent: str
    """The policy it starts from; empty when it is not on record."""
    status: str
    stage: str
    """The remote trainer's own word while it is there, else the step of the way, or the status."""
    remote_id: str
    is_watched: bool
    share: float | None
    """Of its steps."""
    left_s: float | None
    """Estimated."""
    price_microusd: int | None
    """So far or in the end; None when nobody knows."""
    is_price_final: bool
    policy: str
    """What it made; empty while it made nothing."""
    reason: str
    created_at: datetime


async def list_lines(context: Context) -> list[JobLine]:
    """All jobs, newest first."""
    steps, looks = await list_steps(context.store), await last_looks(context.store)
    charges = {row.charge_id: row for row in await list_charges(context.store)}
    found = []
    for job in await list_jobs(context.store):
        if job.trainer == TRAINER and job.job_id in steps:
            told = looks.get(job.job_id)
            look = msgspec.json.decode(told.body, type=Look) if told is not None else None
            known = (fold(steps[job.job_id]), look, charges.get(job.job_id))
            found.append(_there(context, job, *known))
        else:
            found.append(_here(context, job))
    return found


def policy_of(job: JobSummary) -> str:
    """The policy that a job made, by the name that an arm has for it."""
    if not job.artifact_id:
        return ""
    return f"{TUNED if job.trainer == TRAINER else job.trainer}:{job.artifact_id}"


def _here(context: Context, job: JobSummary) -> JobLine:
    return JobLine(
        job_id=job.job_id,
        trainer=job.trainer,
        method="dpo",
        parent=BUILTIN if job.trainer == BUILTIN else "",
        status=job.status,
        stage=job.status,
        remote_id="",
        is_watched=context.live.is_training(job.job_id),
        share=1.0 if job.status == "finished" else None,
        left_s=None,
        price_microusd=0 if job.trainer == BUILTIN else None,
        is_price_final=True,
        policy=policy_of(job),
        reason=job.reason,
        created_at=job.created_at,
    )


def _there(
    context: Context,
    job: JobSummary,
    reached: Reached,
    look: Look | None,
    charge: ChargeRow | None,
) -> JobLine:
    settings = msgspec.json.decode(job.body, type=JobSettings)
    there, now = look.job if look is not None else None, context.now()
    price = price_of(reached, there, charge, now)
    progress = progress_of(there, price.worst, now) if there is not None else None
    return JobLine(
        job_id=job.job_id,
        trainer=job.trainer,
        method=settings.kind.value,
        parent=settings.parent,
        status=job.status,
        stage=stage_of(job, reached, there),
        remote_id=reached.remote_id,
        is_watched=context.live.is_training(job.job_id),
        share=progress.share if progress is not None else None,
        left_s=progress.left_s if progress is not None else None,
        price_microusd=price.so_far,
        is_price_final=price.is_final,
        policy=policy_of(job),
        reason=job.reason,
        created_at=job.created_at,
    )
