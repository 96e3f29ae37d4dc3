"""What can be done with training: look before it, run the built-in trainer as a job, list jobs.

A job is stored before its first step and its metrics as they come; its end, whatever it
is, is stored too. The policy it makes is an artifact: weights under their hash, with the
job, the dataset and the parent they come from.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import msgspec

from core.context import Context
from core.digest import short
from core.policies.catalogue import BUILTIN, find_theta
from core.policies.theta import Theta
from core.store.decisions import DecisionCounts
from core.store.jobs import (
    ArtifactRow,
    JobEventRow,
    JobInputRow,
    JobRow,
    JobSummary,
    find_input,
    list_jobs,
    load_events,
    load_metrics,
    save_artifact,
)
from core.store.remote_jobs import load_steps
from core.together.tuning_records import Setting
from core.training.alarms import Alarm, JobSize, find_alarms
from core.training.course import run_course
from core.training.dpo import DpoSummary, StepMetrics, summarise
from core.training.dpo_examples import DpoPair, Examples, prepare, require_pairs
from core.training.dpo_options import DpoOptions
from core.training.given import TrainingSet, input_row, job_size, reasons
from core.training.journal import EventKind, JobJournal
from core.training.lines import policy_of
from core.training.remote import operations as remote
from core.training.remote.operations import get_job
from core.training.remote.origins import TRAINER
from core.training.remote.views import RemoteView, load_view

_LOST = "its engine ended before it did; start it again"


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """A job of the built-in trainer."""

    dpo: DpoOptions = DpoOptions()
    parent: str = BUILTIN
    """The policy to start from, which is also the reference of the loss."""
    is_exchanged: bool = False
    """Exchange chosen and rejected: a sabotage, to see that an evaluation notices."""


@dataclass(frozen=True, slots=True)
class TrainReport:
    """A finished job."""

    job_id: str
    policy: str
    """The trained policy's name, for an arm."""
    dataset_id: str
    build_id: str
    n_tasks: int
    decisions: DecisionCounts
    """What people had said of the build's pairs when the job began."""
    skipped: dict[str, int]
    """Pairs that could not be trained on, by reason."""
    first: StepMetrics
    last: StepMetrics
    summary: DpoSummary
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of a series."""

    step: int
    value: float | None
    """None where it was not a number."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with its options, what it was given and everything it went through."""

    job: JobSummary
    options: TrainOptions | None
    """Of the built-in trainer; None of another."""
    parent: str
    """The policy that it starts from."""
    policy: str
    """What it made, by the name that an arm has for it; empty while it made nothing."""
    settings: dict[str, Setting]
    """All of its options by name, of any trainer."""
    given: JobInputRow | None
    """None when it is not on record."""
    series: dict[str, tuple[MetricPoint, ...]]
    events: tuple[JobEventRow, ...]
    """Oldest first."""
    alarms: tuple[Alarm, ...]
    """Those that hold now; an event tells when one was first seen."""
    remote: RemoteView | None = None
    """What is special of a job at a remote trainer."""


async def train(context: Context, given: TrainingSet, options: TrainOptions) -> TrainReport:
    """Train on a set of pairs to the end."""
    context.workspace.refuse_full_disk()
    reference = await find_theta(context.store, options.parent)
    pairs = exchanged(given.pairs) if options.is_exchanged else given.pairs
    examples = await asyncio.to_thread(prepare, pairs)
    require_pairs(examples)
    size = job_size(given, examples, options.dpo)
    journal = JobJournal(context, context.new_id("job"))
    await _begin(journal, given, options, size)
    _introduce(journal, given, options, examples)
    try:
        with context.live.training(journal.job_id):
            course = await run_course(journal, examples, options.dpo, reference, size)
        policy = await _keep(journal, given, options, course.theta)
    except asyncio.CancelledError:
        await journal.end(EventKind.CANCELLED, "stopped by the user")
        raise
    except Exception as error:
        await journal.end(EventKind.FAILED, str(error))
        raise
    return TrainReport(
        job_id=journal.job_id,
        policy=policy,
        dataset_id=given.dataset_id,
        build_id=given.build_id,
        n_tasks=given.n_tasks,
        decisions=given.decisions,
        skipped=reasons(examples),
        first=course.first,
        last=course.last,
        summary=summarise(examples, options.dpo, (reference, course.theta), course.n_steps),
        alarms=course.alarms,
    )


async def jobs(context: Context) -> list[JobSummary]:
    """All jobs, newest first."""
    return await list_jobs(context.store)


async def show_job(context: Context, job_id: str) -> JobView:
    """One job, by its id or the beginning of it; `latest` is the newest."""
    job = await get_job(context, job_id)
    given = await find_input(context.store, job.job_id)
    events = tuple(await load_events(context.store, job.job_id))
    if job.trainer == TRAINER and await load_steps(context.store, job.job_id):
        parts = await load_view(context, job, given.n_tasks if given is not None else 0)
        shown = {name: _points(points) for name, points in parts.series.items()}
        return JobView(
            job=job,
            options=None,
            parent=parts.parent,
            policy=policy_of(job),
            settings=parts.settings,
            given=given,
            series=shown,
            events=events,
            alarms=parts.alarms,
            remote=parts.view,
        )
    return await _show_builtin(context, job, given, events)


async def _show_builtin(
    context: Context,
    job: JobSummary,
    given: JobInputRow | None,
    events: tuple[JobEventRow, ...],
) -> JobView:
    series = await load_metrics(context.store, job.job_id)
    options = msgspec.json.decode(job.body, type=TrainOptions)
    size = None
    if given is not None:
        batch = options.dpo.batch_size
        size = JobSize(given.n_trained, given.n_tasks, given.n_steps, batch)
    settings = {**asdict(options.dpo), "is_exchanged": options.is_exchanged}
    return JobView(
        job=job,
        options=options,
        parent=options.parent,
        policy=policy_of(job),
        settings={"kind": "dpo", "model": BUILTIN, "parent": options.parent, **settings},
        given=given,
        series={name: _points(pairs) for name, pairs in series.items()},
        events=events,
        alarms=find_alarms(series, size),
    )


async def cancel_job(context: Context, job_id: str) -> JobSummary:
    """End a running job; what it measured stays."""
    job = await get_job(context, job_id)
    if job.trainer == TRAINER:
        return await remote.cancel(context, job.job_id)
    await context.live.stop_job(job.job_id)
    return await get_job(context, job.job_id)


async def settle_lost(context: Context) -> None:
    """Say of jobs that an engine took with it that they failed; a remote one goes on without."""
    for job in await list_jobs(context.store):
        is_here = context.live.is_training(job.job_id)
        if job.status == "running" and job.trainer == BUILTIN and not is_here:
            await JobJournal(context, job.job_id).end(EventKind.FAILED, _LOST)
    await remote.settle_lost(context)


def exchanged(pairs: Sequence[DpoPair]) -> tuple[DpoPair, ...]:
    """The pairs with their sides exchanged."""
    return tuple(replace(p, chosen=p.rejected, rejected=p.chosen) for p in pairs)


async def _begin(
    journal: JobJournal, given: TrainingSet, options: TrainOptions, size: JobSize
) -> None:
    context, job_id = journal.context, journal.job_id
    body = msgspec.json.encode(options).decode()
    await journal.begin()
    context.store.submit("job_inputs", [input_row(job_id, given, size)])
    job = JobRow(job_id, BUILTIN, given.dataset_id, body, context.now())
    await context.store.insert("jobs", [job])


def _introduce(
    journal: JobJournal, given: TrainingSet, options: TrainOptions, examples: Examples
) -> None:
    decided, dpo = given.decisions, options.dpo
    journal.note(
        EventKind.DATASET,
        f"dataset {given.dataset_id[:12]} frozen: {len(given.pairs)} pairs of {given.n_tasks} "
        f"tasks; {decided.n_kept} kept by a person, {decided.n_undecided} undecided, "
        f"{decided.n_dropped} left out, {decided.n_swapped} swapped"
        + ("; chosen and rejected are EXCHANGED" if options.is_exchanged else ""),
    )
    for reason, n in reasons(examples).items():
        journal.note(EventKind.SKIPPED, f"{n} pairs cannot be trained on: {reason}")
    steps = job_size(given, examples, dpo).n_steps
    journal.note(
        EventKind.STARTED,
        f"from {options.parent}: {steps} steps, {dpo.n_epochs} passes over {examples.n_pairs} "
        f"pairs in batches of {dpo.batch_size}",
    )


async def _keep(
    journal: JobJournal, given: TrainingSet, options: TrainOptions, theta: Theta
) -> str:
    """Store the policy and the job's end; returns the policy's name."""
    context, artifact_id = journal.context, short(theta, 16)
    artifact = ArtifactRow(
        artifact_id,
        "builtin-theta",
        options.parent,
        journal.job_id,
        given.dataset_id,
        theta.to_json(),
        context.now(),
    )
    await save_artifact(context.store, artifact)
    policy = f"{BUILTIN}:{artifact_id}"
    await journal.end(EventKind.FINISHED, f"made the policy {policy}", artifact_id)
    return policy


def _points(pairs: Sequence[tuple[int, float]]) -> tuple[MetricPoint, ...]:
    return tuple(
        MetricPoint(step, value if math.isfinite(value) else None) for step, value in pairs
    )
