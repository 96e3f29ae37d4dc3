"""Frozen splits: which task stands on which side, and where each split comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class SplitRow:
    """A split; its id is the hash of its members, seed and ratios."""

    split_id: str
    suites: str
    seed: int
    ratios: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One task's place in a split."""

    split_id: str
    task_id: str
    family: str
    side: str


@dataclass(frozen=True, slots=True)
class OriginRow:
    """Where a split comes from; `body` is the JSON of how it was made."""

    split_id: str
    parent: str
    """The split that it was changed from; empty for one that was made from suites."""
    reason: str
    """Why it was changed."""
    body: str


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """The result of a leak check; `body` is the certificate's JSON."""

    certificate_id: str
    split_id: str
    n_leaks: int
    n_questions: int
    body: str
    checked_at: datetime


async def save_split(
    store: Store, split: SplitRow, members: list[MemberRow], origin: OriginRow | None = None
) -> None:
    """Store a split once; a rebuilt equal split changes nothing."""
    known = await store.fetch("SELECT 1 FROM splits WHERE split_id = ?", [split.split_id])
    if not known:
        store.submit("split_members", members)
        if origin is not None:
            store.submit("split_origins", [origin])
        await store.insert("splits", [split])


async def list_splits(store: Store) -> list[SplitRow]:
    """All splits, newest first."""
    return await store.load(SplitRow, "splits", "ORDER BY created_at DESC, split_id")


async def load_members(store: Store, split_id: str) -> list[MemberRow]:
    """The members of a split, by task."""
    return await store.load(
        MemberRow, "split_members", "WHERE split_id = ? ORDER BY task_id", split_id
    )


async def load_origin(store: Store, split_id: str) -> OriginRow | None:
    """Where a split comes from; None for one that was stored without."""
    found: list[OriginRow] = await store.load(
        OriginRow, "split_origins", "WHERE split_id = ? LIMIT 1", split_id
    )
    return found[0] if found else None


async def save_certificate(store: Store, row: CertificateRow) -> None:
    """Store a certificate in place of an equal one."""
    await store.replace("certificates", "certificate_id", [row.certificate_id], [row])


async def load_certificates(store: Store) -> dict[str, CertificateRow]:
    """The newest certificate of each split that has one."""
    rows: list[CertificateRow] = await store.load(
        CertificateRow, "certificates", "ORDER BY checked_at, rowid"
    )
    return {row.split_id: row for row in rows}
