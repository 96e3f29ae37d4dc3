"""Takes a job over that was started elsewhere: from then on it is watched and copied here."""

from __future__ import annotations

import msgspec

from core.context import Context
from core.errors import UsageError
from core.store.jobs import JobRow, JobStateRow, JobSummary, list_jobs
from core.store.remote_jobs import list_steps
from core.together.fine_tuning import FineTuning
from core.together.message_rules import Kind
from core.together.tuning_records import RemoteJob
from core.training.journal import EventKind, JobJournal
from core.training.remote.operations import connected, get_job
from core.training.remote.origins import TRAINER
from core.training.remote.reached import Created, fold, step_rows
from core.training.remote.settings import JobSettings, Pace

_UNKNOWN = 0


async def attach(context: Context, remote_id: str, pace: Pace) -> JobSummary:
    """The job here that follows one there; made once, however often it is asked for."""
    if not remote_id.startswith("ft-"):
        raise UsageError(f"{remote_id!r} is no job of Together: those begin with ft-.")
    async with context.live.turn("attach"):
        if (known := await _known(context, remote_id)) is None:
            async with connected() as here:
                job = await FineTuning(here).job(remote_id)
            known = await _store(context, job, pace)
    context.live.ask_to_watch(known)
    return await get_job(context, known)


async def _known(context: Context, remote_id: str) -> str | None:
    steps = await list_steps(context.store)
    for job in await list_jobs(context.store):
        if remote_id in fold(steps.get(job.job_id, ())).remote_ids:
            return job.job_id
    return None


async def _store(context: Context, job: RemoteJob, pace: Pace) -> str:
    job_id, now, store = context.new_id("job"), context.now(), context.store
    body = msgspec.json.encode(_settings(job, pace)).decode()
    parts = [
        store.inserting("jobs", [JobRow(job_id, TRAINER, "", body, now)]),
        store.inserting("job_states", [JobStateRow(job_id, "running", "", "", now)]),
        store.inserting(
            "remote_steps", step_rows(context, job_id, [Created(job.remote_id, "attached")])
        ),
    ]
    await store.change(lambda cursor: [part(cursor) for part in parts])
    text = f"took over {job.remote_id} of {job.model}, which was started elsewhere"
    JobJournal(context, job_id).note(EventKind.STEP, text)
    return job_id


def _settings(job: RemoteJob, pace: Pace) -> JobSettings:
    """What the service repeats of the job; 0 and nothing where it does not."""

    def whole(name: str) -> int:
        value = job.settings.get(name)
        return int(value) if isinstance(value, int | float) else _UNKNOWN

    def number(name: str) -> float:
        value = job.settings.get(name)
        return float(value) if isinstance(value, int | float) else float(_UNKNOWN)

    method = str(job.settings.get("method", Kind.DPO.value))
    return JobSettings(
        kind=Kind(method) if method in tuple(Kind) else Kind.DPO,
        model=job.model,
        from_checkpoint=job.from_checkpoint,
        parent=job.from_checkpoint or f"{TRAINER}:{job.model}",
        suffix=job.suffix,
        learning_rate=number("learning_rate"),
        n_epochs=max(1, whole("n_epochs")),
        batch_size=max(1, whole("batch_size")),
        accumulation=1,
        beta=number("dpo_beta"),
        rpo_alpha=number("rpo_alpha"),
        normalises_length=job.settings.get("dpo_normalize_logratios_by_length") is True,
        lora_rank=whole("lora_r"),
        lora_alpha=whole("lora_alpha"),
        lora_dropout=number("lora_dropout"),
        lora_modules=str(job.settings.get("lora_trainable_modules", "")),
        packing=job.settings.get("packing") is True,
        max_seq_tokens=whole("max_seq_length"),
        n_evals=whole("n_evals"),
        n_checkpoints=whole("n_checkpoints"),
        validation_share=0.0,
        seed=whole("random_seed"),
        warmup_ratio=number("warmup_ratio"),
        scheduler="",
        min_lr_ratio=0.0,
        n_cycles=0.0,
        max_grad_norm=number("max_grad_norm"),
        weight_decay=number("weight_decay"),
        stops_early=False,
        early_patience=0,
        early_min_delta=0.0,
        early_warmup_evals=0,
        trains_on_inputs=job.settings.get("train_on_inputs") is True,
        pace=pace,
    )
