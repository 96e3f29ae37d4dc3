"""Splits out of the store, as records that can be checked."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.context import Context
from core.errors import UsageError
from core.splits.sides import Member, Ratios, Side, Split
from core.store.splits import OriginRow, SplitRow, list_splits, load_members, load_origin


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A held-out task that a relative on another side keeps out of a split."""

    task_id: str
    family: str


@dataclass(frozen=True, slots=True)
class Origin:
    """How a split was made, beyond seed and shares."""

    ratios: Ratios
    heldout: tuple[str, ...] = ()
    """Suites that it holds out as a whole."""
    left_out: tuple[LeftOut, ...] = ()
    strata: dict[str, int] | None = None
    """Families by difficulty, where it was made by it."""
    measured_by: tuple[str, ...] = ()
    """Runs that the difficulty was read from."""
    families: tuple[str, ...] = ()
    """Those that were moved, and where to."""
    side: str = ""


async def get_split(context: Context, split_id: str) -> SplitRow:
    """A stored split by id or its beginning; `latest` is the newest."""
    known = await list_splits(context.store)
    fits = known[:1] if split_id == "latest" else known
    found = [row for row in fits if split_id == "latest" or row.split_id.startswith(split_id)]
    if len(found) != 1:
        hint = "`gemel split list` lists them" if known else "`gemel split make` makes one"
        raise UsageError(f"There is no single split {split_id!r}: {hint}.")
    return found[0]


async def load_split(context: Context, row: SplitRow) -> Split:
    """A split as it was frozen."""
    stored = await load_origin(context.store, row.split_id)
    origin = read_origin(row, stored)
    members = tuple(
        Member(member.task_id, member.family, Side(member.side))
        for member in await load_members(context.store, row.split_id)
    )
    parent = stored.parent if stored is not None else ""
    return Split(members, row.seed, origin.ratios, row.split_id, parent)


def read_origin(row: SplitRow, stored: OriginRow | None) -> Origin:
    """How a split was made; of one that was stored without, what its row says."""
    if stored is not None:
        return msgspec.json.decode(stored.body, type=Origin)
    train, validation, test = (float(share) for share in row.ratios.split(","))
    return Origin((train, validation, test))
