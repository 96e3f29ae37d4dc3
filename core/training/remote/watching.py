"""Follows a job to its end: what it made is kept, and what it cost is settled.

Everything here may be done again after a kill: an artifact is named by its content, and a charge
that is settled twice is settled once.
"""

from __future__ import annotations

import asyncio

import msgspec

from core.context import Context
from core.digest import short
from core.errors import GemelError, ServiceError
from core.events import Level
from core.store.charges import find_charge
from core.store.jobs import ArtifactRow, save_artifact
from core.together.records import ARTIFACT_KIND, TUNED, RemoteModel
from core.together.tuning_records import BROKEN, CANCELLED, DONE, RemoteJob
from core.training.journal import EventKind
from core.training.remote.launch import store_steps
from core.training.remote.monitor import Monitor
from core.training.remote.progress import final_price, progress_of
from core.training.remote.reached import Ended

_MISSING = 404
_NO_USE = frozenset({400, 401, 402, 403})
"""Answers that the same question gets again; everything else may be better the next time."""
_N_MISSING = 3
"""Looks that find no job before it is taken for deleted."""
_N_LATE = 10
"""Looks for what comes after the end: a successor, the ids of what was made."""


async def follow(monitor: Monitor, dataset_id: str) -> None:
    """Look until the job is over, whatever comes; raises only when asking is of no use."""
    await monitor.recall()
    n_missing = n_late = 0
    while True:
        job: RemoteJob | None = None
        try:
            job = await monitor.look()
            n_missing = 0
            if await monitor.follow(job):
                n_late = 0
                continue
        except ServiceError as error:
            n_missing += error.status == _MISSING
            if error.status in _NO_USE or n_missing >= _N_MISSING:
                await _lose(monitor, error)
                raise
            job = None
        if job is not None and job.is_over:
            n_late += 1
            if n_late >= _N_LATE or (monitor.is_whole and not _is_incomplete(monitor, job)):
                await conclude(monitor, job, dataset_id)
                return
        elif job is not None:
            await _count(monitor, job)
        await asyncio.sleep(_pause_s(monitor, job))


async def conclude(monitor: Monitor, job: RemoteJob, dataset_id: str) -> None:
    """Keep what a job made, settle what it cost, and store its end."""
    await _settle(monitor, job)
    artifact_id = ""
    if job.status == DONE:
        artifact_id = await _keep(monitor.context, monitor, job, dataset_id)
    if monitor.reached.ended is None:
        price = final_price(job, None) if monitor.reached.is_ours else job.price_microusd
        body = Ended(job.status, price, "")
        await store_steps(monitor.context, monitor.job_id, [body], monitor.reached)
    if artifact_id:
        text = f"made the policy {TUNED}:{artifact_id}"
        await monitor.journal.end(EventKind.FINISHED, text, artifact_id)
    elif job.status == CANCELLED:
        await monitor.journal.end(EventKind.CANCELLED, _why_cancelled(monitor))
    elif job.status == DONE:
        text = "completed, but the service names no model that it made"
        await monitor.journal.end(EventKind.FAILED, text)
    else:
        await monitor.journal.end(EventKind.FAILED, monitor.reason(job))


def _is_incomplete(monitor: Monitor, job: RemoteJob) -> bool:
    """Whether something is still to come after the end."""
    if job.status == DONE:
        return not (job.model_object_id or job.adapter_object_id)
    # The service begins its own failures again, and tells that some time after the failure.
    return job.status == BROKEN or (job.status != CANCELLED and monitor.is_restarting)


def _why_cancelled(monitor: Monitor) -> str:
    billing = [event for event in monitor.told if event.kind == "billing_limit"]
    return f"cancelled by the service: {billing[-1].text}" if billing else "cancelled"


async def _lose(monitor: Monitor, error: GemelError) -> None:
    """The service does not tell of the job any more; what it told is kept."""
    is_gone = isinstance(error, ServiceError) and error.status == _MISSING
    if not is_gone:
        monitor.journal.note(EventKind.STATUS, f"not watched: {error}", level=Level.WARNING)
        return
    said = (
        f"the service does not know {monitor.reached.remote_id} any more; what was copied is "
        "kept, and its cost is counted at the worst case until it is settled"
    )
    await monitor.journal.end(EventKind.FAILED, said)


async def _keep(context: Context, monitor: Monitor, job: RemoteJob, dataset_id: str) -> str:
    """Store the model as an artifact; its id."""
    model = RemoteModel(
        remote_job_id=job.remote_id,
        base_model=monitor.settings.model,
        output_name=job.output_name,
        model_object_id=job.model_object_id,
        model_revision_id=job.model_revision_id,
        adapter_object_id=job.adapter_object_id,
        adapter_revision_id=job.adapter_revision_id,
        step=job.best_step if job.stopped_early else None,
    )
    if not (model.model_object_id or model.adapter_object_id):
        return ""
    artifact_id = short(model, 16)
    body = msgspec.json.encode(model).decode()
    parent = monitor.settings.parent
    row = ArtifactRow(
        artifact_id, ARTIFACT_KIND, parent, monitor.job_id, dataset_id, body, context.now()
    )
    await save_artifact(context.store, row)
    return artifact_id


async def _settle(monitor: Monitor, job: RemoteJob) -> None:
    context, estimated = monitor.context, monitor.reached.estimated
    charge = await find_charge(context.store, monitor.job_id)
    if charge is None:
        return
    worst = estimated.worst_microusd if estimated is not None else charge.worst_microusd
    price = final_price(job, worst)
    note = f"{job.remote_id} {job.status}"
    if job.price_microusd is None and price:
        note += "; the service named no price, so this is an estimate"
    await context.spending.settle_charge(
        context.store, monitor.job_id, price or 0, context.now(), note
    )


async def _count(monitor: Monitor, job: RemoteJob) -> None:
    """Say what is spent so far, as far as the steps tell."""
    context, estimated = monitor.context, monitor.reached.estimated
    if estimated is None or not monitor.reached.is_ours:
        return
    so_far = progress_of(job, estimated.worst_microusd, context.now()).price_microusd
    charge = await find_charge(context.store, monitor.job_id)
    if so_far and charge is not None and charge.status == "open":
        await context.spending.amend_charge(context.store, monitor.job_id, so_far, context.now())


def _pause_s(monitor: Monitor, job: RemoteJob | None) -> float:
    pace = monitor.settings.pace
    seen = job or (monitor.seen.job if monitor.seen is not None else None)
    return pace.queued_s if seen is not None and seen.is_waiting else pace.running_s
