"""Training jobs: what they were given, their course and metrics, and the policies they made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class JobRow:
    """A training job; `body` is its options' JSON."""

    job_id: str
    trainer: str
    dataset_id: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobStateRow:
    """A change of a job's state; the newest counts."""

    job_id: str
    status: str
    reason: str
    artifact_id: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One value of one series of a job."""

    job_id: str
    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class JobEventRow:
    """Something that happened to a job; in the order it was stored."""

    job_id: str
    level: str
    kind: str
    """Open: a remote trainer has kinds of its own."""
    text: str
    step: int | None
    remote_id: str
    """Its name at a remote trainer; empty when it was made here."""
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class JobInputRow:
    """What a job was trained on, and what people had decided of it at that time."""

    job_id: str
    build_id: str
    dataset_id: str
    n_pairs: int
    """In the dataset."""
    n_tasks: int
    n_trained: int
    """Pairs that the trainer could use."""
    n_steps: int
    """Of the whole job, as planned."""
    n_kept: int
    n_dropped: int
    """Pairs of the build that are not in the dataset."""
    n_flagged: int
    n_undecided: int
    n_swapped: int


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """A policy that a job made: weights under their hash, with their lineage."""

    artifact_id: str
    kind: str
    parent: str
    job_id: str
    dataset_id: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job with its newest state."""

    job_id: str
    trainer: str
    dataset_id: str
    body: str
    created_at: datetime
    status: str
    reason: str
    artifact_id: str


async def list_jobs(store: Store) -> list[JobSummary]:
    """All jobs, newest first."""
    rows = await store.fetch(
        """SELECT j.job_id, j.trainer, j.dataset_id, j.body, j.created_at, s.status, s.reason,
                  s.artifact_id
           FROM jobs j JOIN (SELECT job_id, arg_max(status, rowid) AS status,
                                    arg_max(reason, rowid) AS reason,
                                    arg_max(artifact_id, rowid) AS artifact_id
                             FROM job_states GROUP BY job_id) s USING (job_id)
           ORDER BY j.created_at DESC, j.job_id"""
    )
    return [JobSummary(*row) for row in rows]


async def load_metrics(store: Store, job_id: str) -> dict[str, list[tuple[int, float]]]:
    """Series of a job by name: step and value, in order."""
    rows = await store.fetch(
        "SELECT name, step, value FROM job_metrics WHERE job_id = ? ORDER BY name, step", [job_id]
    )
    series: dict[str, list[tuple[int, float]]] = {}
    for name, step, value in rows:
        series.setdefault(name, []).append((step, value))
    return series


async def load_events(store: Store, job_id: str) -> list[JobEventRow]:
    """Everything that happened to a job, oldest first."""
    return await store.load(JobEventRow, "job_events", "WHERE job_id = ? ORDER BY rowid", job_id)


async def add_events(store: Store, job_id: str, events: Sequence[JobEventRow]) -> list[JobEventRow]:
    """Store those of a remote trainer's events that are not known yet; returns them."""
    rows = await store.fetch("SELECT remote_id FROM job_events WHERE job_id = ?", [job_id])
    known = {name for (name,) in rows}
    fresh = []
    for event in events:
        if event.remote_id not in known:
            known.add(event.remote_id)
            fresh.append(event)
    await store.insert("job_events", fresh)
    return fresh


async def find_input(store: Store, job_id: str) -> JobInputRow | None:
    """What a job was trained on; None when it is not on record."""
    found: list[JobInputRow] = await store.load(
        JobInputRow, "job_inputs", "WHERE job_id = ? LIMIT 1", job_id
    )
    return found[0] if found else None


async def save_artifact(store: Store, artifact: ArtifactRow) -> None:
    """Store a policy once."""
    known = await store.fetch(
        "SELECT 1 FROM artifacts WHERE artifact_id = ?", [artifact.artifact_id]
    )
    if not known:
        await store.insert("artifacts", [artifact])


async def find_artifact(store: Store, artifact_id: str) -> ArtifactRow | None:
    """One policy by its id or the beginning of it, when only one fits."""
    found: list[ArtifactRow] = await store.load(
        ArtifactRow, "artifacts", "WHERE starts_with(artifact_id, ?) LIMIT 2", artifact_id
    )
    return found[0] if len(found) == 1 else None
