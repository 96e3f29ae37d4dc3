"""Where a job starts: a model of the service, or what another job made, perhaps on its way."""

from __future__ import annotations

import msgspec

from core.context import Context
from core.errors import UsageError
from core.store.jobs import ArtifactRow, find_artifact, list_jobs
from core.store.remote_jobs import list_steps
from core.together.fine_tuning import FineTuning
from core.together.records import ARTIFACT_KIND, TUNED, RemoteModel
from core.training.remote.reached import fold
from core.training.remote.settings import JobSettings, JobWish
from core.training.remote.sizing import Origin

TRAINER = "together"
_REMOTE = "ft-"


async def find_origin(context: Context, wish: JobWish, tuning: FineTuning | None) -> Origin:
    """The start that a wish names; raises `UsageError` when there is none such."""
    if bool(wish.model) == bool(wish.from_job):
        raise UsageError("A job starts from a model or from another job: name one of the two.")
    if wish.model:
        model = wish.model.removeprefix(f"{TRAINER}:")
        return Origin(model, f"{TRAINER}:{model}")
    name, _, step = wish.from_job.partition(":")
    if name == TUNED:
        name, _, step = step.partition(":")
    if step and not step.isdigit():
        raise UsageError(f"{wish.from_job!r}: after the colon stands the step of a checkpoint.")
    found = await _known(context, name) or await _asked(name, tuning)
    if found is None:
        raise UsageError(
            f"There is no job {name} to go on from: `gemel train list` shows those here, and "
            "ft-... names one of the account."
        )
    checkpoint = f"{found.from_checkpoint}:{step}" if step else found.from_checkpoint
    return Origin(found.model, found.parent, checkpoint)


async def _known(context: Context, name: str) -> Origin | None:
    """A job of this workspace, by its id, its id there, or what it made."""
    artifact = await find_artifact(context.store, name) if name else None
    if artifact is not None and artifact.kind == ARTIFACT_KIND:
        return _of_artifact(artifact)
    steps = await list_steps(context.store)
    for job in await list_jobs(context.store):
        if job.trainer != TRAINER:
            continue
        remote_ids = fold(steps.get(job.job_id, ())).remote_ids
        is_named = name == "latest" or job.job_id.startswith(name) or name in remote_ids
        if name and is_named and remote_ids:
            settings = msgspec.json.decode(job.body, type=JobSettings)
            parent = f"{TUNED}:{job.artifact_id}" if job.artifact_id else remote_ids[-1]
            return Origin(settings.model, parent, remote_ids[-1])
    return None


def _of_artifact(artifact: ArtifactRow) -> Origin:
    model = msgspec.json.decode(artifact.body, type=RemoteModel)
    return Origin(model.base_model, f"{TUNED}:{artifact.artifact_id}", model.remote_job_id)


async def _asked(name: str, tuning: FineTuning | None) -> Origin | None:
    """A job of the account that was started elsewhere."""
    if tuning is None or not name.startswith(_REMOTE):
        return None
    job = await tuning.job(name)
    return Origin(job.model, job.remote_id, job.remote_id)
