"""Frozen splits: which task stands on which side."""

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


async def save_split(store: Store, split: SplitRow, members: list[MemberRow]) -> None:
    """Store a split once; a rebuilt equal split changes nothing."""
    known = await store.fetch("SELECT 1 FROM splits WHERE split_id = ?", [split.split_id])
    if not known:
        store.submit("split_members", members)
        await store.insert("splits", [split])


async def list_splits(store: Store) -> list[SplitRow]:
    """All splits, newest first."""
    return await store.load(SplitRow, "splits", "ORDER BY created_at DESC, split_id")


async def load_members(store: Store, split_id: str) -> list[MemberRow]:
    """The members of a split, by task."""
    return await store.load(
        MemberRow, "split_members", "WHERE split_id = ? ORDER BY task_id", split_id
    )
