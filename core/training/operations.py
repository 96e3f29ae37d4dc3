"""What can be done with training: run the built-in trainer as a job, list jobs.

A job is stored before its first step and its metrics as they come; its end, whatever it
is, is stored too. The policy it makes is an artifact: weights under their hash, with the
job, the dataset and the parent they come from.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import msgspec

from core.context import Context
from core.digest import short
from core.errors import UsageError
from core.events import StepTrained
from core.policies.catalogue import BUILTIN, find_theta
from core.store.jobs import (
    ArtifactRow,
    JobRow,
    JobStateRow,
    JobSummary,
    MetricRow,
    list_jobs,
    load_metrics,
    save_artifact,
)
from core.training.dpo import DpoSummary, Step, StepMetrics, n_steps, run_steps, summarise
from core.training.dpo_examples import DpoPair, Examples, prepare
from core.training.dpo_options import DpoOptions

_SHOWN_METRICS = ("loss", "margin", "accuracy")


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
    skipped: dict[str, int]
    """Pairs that could not be trained on, by reason."""
    first: StepMetrics
    last: StepMetrics
    summary: DpoSummary


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of a series."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with its options and everything it measured."""

    job: JobSummary
    options: TrainOptions
    series: dict[str, tuple[MetricPoint, ...]]


async def train(
    context: Context, dataset_id: str, pairs: Sequence[DpoPair], options: TrainOptions
) -> TrainReport:
    """Train on a dataset's pairs to the end."""
    context.workspace.refuse_full_disk()
    reference = await find_theta(context.store, options.parent)
    examples = await asyncio.to_thread(
        prepare, _exchanged(pairs) if options.is_exchanged else pairs
    )
    job_id = context.new_id("job")
    body = msgspec.json.encode(options).decode()
    await _mark(context, job_id, "running", "")
    job = JobRow(job_id, BUILTIN, dataset_id, body, context.now())
    await context.store.insert("jobs", [job])
    try:
        with context.live.training(job_id):
            steps = await _run(
                context, job_id, examples, options.dpo, run_steps(examples, options.dpo, reference)
            )
    except asyncio.CancelledError:
        await _mark(context, job_id, "cancelled", "stopped by the user")
        raise
    except Exception as error:
        await _mark(context, job_id, "failed", str(error))
        raise
    theta = steps[-1].theta
    artifact_id = short(theta, 16)
    artifact = ArtifactRow(
        artifact_id,
        "builtin-theta",
        options.parent,
        job_id,
        dataset_id,
        theta.to_json(),
        context.now(),
    )
    await save_artifact(context.store, artifact)
    await _mark(context, job_id, "finished", "", artifact_id)
    return TrainReport(
        job_id,
        f"{BUILTIN}:{artifact_id}",
        dataset_id,
        dict(Counter(skipped.reason for skipped in examples.skipped)),
        steps[0].metrics,
        steps[-1].metrics,
        summarise(examples, options.dpo, (reference, theta), len(steps)),
    )


async def jobs(context: Context) -> list[JobSummary]:
    """All jobs, newest first."""
    return await list_jobs(context.store)


async def show_job(context: Context, job_id: str) -> JobView:
    """One job; `latest` is the newest."""
    job = await _get(context, job_id)
    series = await load_metrics(context.store, job.job_id)
    return JobView(
        job,
        msgspec.json.decode(job.body, type=TrainOptions),
        {name: tuple(MetricPoint(*pair) for pair in pairs) for name, pairs in series.items()},
    )


async def cancel_job(context: Context, job_id: str) -> JobSummary:
    """End a running job; what it measured stays."""
    job = await _get(context, job_id)
    await context.live.stop_job(job.job_id)
    return await _get(context, job.job_id)


async def _get(context: Context, job_id: str) -> JobSummary:
    rows = await list_jobs(context.store)
    found = rows[:1] if job_id == "latest" else [row for row in rows if row.job_id == job_id]
    if not found:
        raise UsageError(f"There is no job {job_id}: `gemel train list` shows them.")
    return found[0]


def _exchanged(pairs: Sequence[DpoPair]) -> list[DpoPair]:
    return [DpoPair(pair.messages, pair.rejected, pair.chosen) for pair in pairs]


async def _run(
    context: Context, job_id: str, examples: Examples, options: DpoOptions, work: Iterator[Step]
) -> list[Step]:
    steps: list[Step] = []
    total = n_steps(examples.n_pairs, options)
    while (step := await asyncio.to_thread(next, work, None)) is not None:
        steps.append(step)
        values = {k: float(v) for k, v in asdict(step.metrics).items() if k != "step"}
        number = step.metrics.step
        rows = [MetricRow(job_id, number, name, value) for name, value in values.items()]
        context.store.submit("job_metrics", rows)
        shown = {name: values[name] for name in _SHOWN_METRICS}
        context.emit(StepTrained(job_id, number, total, shown))
    return steps


async def _mark(
    context: Context, job_id: str, status: str, reason: str, artifact_id: str = ""
) -> None:
    row = JobStateRow(job_id, status, reason, artifact_id, context.now())
    await context.store.insert("job_states", [row])
