"""Jobs at a remote trainer: the steps they reached, and copies of all that the service told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class RemoteStepRow:
    """A step that a job reached; `body` is what must be known of it later, as JSON."""

    job_id: str
    step: str
    body: str
    reached_at: datetime


@dataclass(frozen=True, slots=True)
class RemoteLookRow:
    """What the service said of a job, as JSON."""

    job_id: str
    remote_id: str
    body: str
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class RemoteMetricRow:
    """One value of one series; may be no number."""

    job_id: str
    remote_id: str
    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class RemoteCheckpointRow:
    """Weights that the service kept on the way, as JSON."""

    job_id: str
    remote_id: str
    step: int
    body: str


async def load_steps(store: Store, job_id: str) -> list[RemoteStepRow]:
    """The steps of a job in the order it reached them."""
    tail = "WHERE job_id = ? ORDER BY rowid"
    return await store.load(RemoteStepRow, "remote_steps", tail, job_id)


async def list_steps(store: Store) -> dict[str, list[RemoteStepRow]]:
    """The steps of all jobs."""
    rows: list[RemoteStepRow] = await store.load(RemoteStepRow, "remote_steps", "ORDER BY rowid")
    found: dict[str, list[RemoteStepRow]] = {}
    for row in rows:
        found.setdefault(row.job_id, []).append(row)
    return found


async def last_look(store: Store, job_id: str) -> RemoteLookRow | None:
    """The newest that the service said of a job."""
    newest = "WHERE job_id = ? ORDER BY rowid DESC LIMIT 1"
    found: list[RemoteLookRow] = await store.load(RemoteLookRow, "remote_looks", newest, job_id)
    return found[0] if found else None


async def last_looks(store: Store) -> dict[str, RemoteLookRow]:
    """The newest that the service said of every job."""
    newest = "QUALIFY row_number() OVER (PARTITION BY job_id ORDER BY rowid DESC) = 1"
    rows: list[RemoteLookRow] = await store.load(RemoteLookRow, "remote_looks", newest)
    return {row.job_id: row for row in rows}


async def add_metrics(store: Store, rows: Sequence[RemoteMetricRow]) -> list[RemoteMetricRow]:
    """Store those that are not known yet, of one job under one id; returns them."""
    if not rows:
        return []
    known = await store.fetch(
        "SELECT step, name FROM remote_metrics WHERE job_id = ? AND remote_id = ? AND step >= ?",
        [rows[0].job_id, rows[0].remote_id, min(row.step for row in rows)],
    )
    seen = set(known)
    fresh = []
    for row in rows:
        if (row.step, row.name) not in seen:
            seen.add((row.step, row.name))
            fresh.append(row)
    await store.insert("remote_metrics", fresh)
    return fresh


async def load_remote_metrics(
    store: Store, job_id: str, remote_id: str
) -> dict[str, list[tuple[int, float]]]:
    """Series by name under one of a job's ids: step and value, in order."""
    rows = await store.fetch(
        "SELECT name, step, value FROM remote_metrics WHERE job_id = ? AND remote_id = ? "
        "ORDER BY name, step",
        [job_id, remote_id],
    )
    series: dict[str, list[tuple[int, float]]] = {}
    for name, step, value in rows:
        series.setdefault(name, []).append((step, value))
    return series


async def add_checkpoints(
    store: Store, rows: Sequence[RemoteCheckpointRow]
) -> list[RemoteCheckpointRow]:
    """Store those that are not known yet, of one job; returns them."""
    if not rows:
        return []
    known = await store.fetch(
        "SELECT remote_id, body FROM remote_checkpoints WHERE job_id = ?", [rows[0].job_id]
    )
    fresh = [row for row in rows if (row.remote_id, row.body) not in set(known)]
    await store.insert("remote_checkpoints", fresh)
    return fresh


async def load_checkpoints(store: Store, job_id: str, remote_id: str) -> list[RemoteCheckpointRow]:
    """The checkpoints under one of a job's ids, by step."""
    tail = "WHERE job_id = ? AND remote_id = ? ORDER BY step, rowid"
    return await store.load(RemoteCheckpointRow, "remote_checkpoints", tail, job_id, remote_id)
