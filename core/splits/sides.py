"""The records of a split: which task stands on which side, and the hash that freezes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.digest import digest


class Side(StrEnum):
    """What a task may be used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    HELDOUT = "heldout"
    """Of a second suite that nobody trains on; never a side of a split itself."""


SIDES = (Side.TRAIN, Side.VALIDATION, Side.TEST)
"""The sides of a split, in the order of its ratios."""

Ratios = tuple[float, float, float]
"""Wanted shares of all tasks, in the order of `SIDES`; they sum to 1."""


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
    """Of everything above; a split whose content has another hash was changed."""

    def on(self, side: Side) -> tuple[str, ...]:
        """Ids of the tasks on a side."""
        return tuple(member.task_id for member in self.members if member.side is side)


def split_hash(members: Sequence[Member], seed: int, ratios: Ratios) -> str:
    """The content hash of a split."""
    return digest([list(members), seed, list(ratios)])
