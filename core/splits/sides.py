"""The records of a split: which task stands on which side, and the hash that freezes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.digest import digest


class Side(StrEnum):
    """What a task may be used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    HELDOUT = "heldout"
    """Of a second suite that nobody trains on, or put aside by a person."""


SIDES = (Side.TRAIN, Side.VALIDATION, Side.TEST)
"""The sides that a suite is divided into, in the order of the ratios."""

Ratios = tuple[float, float, float]
"""Wanted shares of all tasks, in the order of `SIDES`; they sum to 1."""


def in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts by side, in the order that sides have."""
    return {side.value: counts[side.value] for side in Side if counts.get(side.value)}


@dataclass(frozen=True, slots=True)
class Member:
    """Where one task stands."""

    task_id: str
    family: str
    side: Side


@dataclass(frozen=True, slots=True)
class Split:
    """A frozen assignment."""

    members: tuple[Member, ...]
    """In order of task ids."""
    seed: int
    ratios: Ratios
    hash: str
    """Of everything else; a split whose content has another hash was changed."""
    parent: str = ""
    """The split that this one was changed from by moving families."""

    def on(self, side: Side) -> tuple[str, ...]:
        """Ids of the tasks on a side."""
        return tuple(member.task_id for member in self.members if member.side is side)


def split_hash(members: Sequence[Member], seed: int, ratios: Ratios, parent: str = "") -> str:
    """The content hash of a split; moving there and back gives another one than staying."""
    content = [list(members), seed, list(ratios)]
    return digest([*content, parent] if parent else content)
