"""What can be done with splits: make, move families, and guard what leaves a side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from core.context import Context
from core.errors import RefusedError, UsageError
from core.splits.certificate import certify, refuse_leaks
from core.splits.families import Family, group
from core.splits.leaks import refuse
from core.splits.relations import relate
from core.splits.reports import SplitReport, report
from core.splits.sides import Ratios, Side, Split
from core.splits.split import Wishes, divide, move, require_shares, stratum
from core.splits.stored import LeftOut, Origin, get_split, load_split, read_origin
from core.store.splits import MemberRow, OriginRow, SplitRow, load_members, load_origin, save_split
from core.store.task_pages import load_pass_rates
from core.task import Task

__all__ = [
    "SplitOptions",
    "SplitReport",
    "get_split",
    "make",
    "members_of",
    "move_families",
    "refuse_heldout_leaks",
    "refuse_leaks",
    "refuse_outside_train",
]


@dataclass(frozen=True, slots=True)
class SplitOptions:
    """How to divide suites."""

    ratios: Ratios = (0.6, 0.1, 0.3)
    seed: int = 0
    heldout: tuple[str, ...] = ()
    """Suites to hold out as a whole; what is related to a divided task is left out."""
    by_difficulty: bool = False
    """Give every side its share of hard and easy families, as the newest runs measured them."""


async def make(
    context: Context, tasks: Iterable[Task], heldout: Iterable[Task], options: SplitOptions
) -> SplitReport:
    """Split admitted tasks by family and freeze it; making it again gives the same split."""
    require_shares(options.ratios)
    inside, outside = list(tasks), list(heldout)
    related = await relate(context, [*inside, *outside])
    rates, runs = await load_pass_rates(context.store)
    names = frozenset(task.task_id for task in outside)
    wishes = Wishes(names, rates if options.by_difficulty else None)
    families = group(related.tasks, related.links, names)
    split = divide(families, options.ratios, options.seed, wishes)
    origin = Origin(
        options.ratios, tuple(sorted(options.heldout)), left_out=_left_out(families, split)
    )
    if options.by_difficulty:
        strata = Counter(stratum(family, rates) for family in families)
        origin = replace(origin, strata=dict(sorted(strata.items())), measured_by=runs)
    suites = sorted({task.suite for task in (*inside, *outside)})
    return await _save(context, split, suites, origin)


async def move_families(
    context: Context, split_id: str, names: Sequence[str], side: Side, reason: str
) -> SplitReport:
    """Freeze a new split with whole families on another side; the old one stays.

    A task's id stands for its family.
    """
    if not reason.strip():
        raise UsageError("A move needs a reason: it is stored with the split.")
    row = await get_split(context, split_id)
    split = await load_split(context, row)
    families = {member.task_id: member.family for member in split.members}
    wanted = sorted({families.get(name, name) for name in names})
    moved = move(split, wanted, side)
    origin = read_origin(row, await load_origin(context.store, row.split_id))
    origin = replace(origin, families=tuple(wanted), side=side.value)
    return await _save(context, moved, row.suites.split(","), origin, reason.strip())


async def members_of(context: Context, split_id: str) -> dict[str, MemberRow]:
    """Members of a split by task."""
    return {member.task_id: member for member in await load_members(context.store, split_id)}


def refuse_outside_train(task_ids: Iterable[str], members: Mapping[str, MemberRow]) -> None:
    """Raise when a task's family is not on the train side alone."""
    elsewhere = {m.family: m.task_id for m in members.values() if m.side != Side.TRAIN}
    for task_id in sorted(set(task_ids)):
        member = members.get(task_id)
        if member is None:
            raise RefusedError(f"{task_id} is not in the split; nothing was written.")
        twin = elsewhere.get(member.family)
        if twin is not None:
            raise RefusedError(
                f"Leak: {task_id} would be trained on, but {twin} of the same family "
                f"({member.family}) is on the {members[twin].side} side. Nothing was written."
            )


async def refuse_heldout_leaks(context: Context, split_id: str, heldout: Iterable[Task]) -> None:
    """Raise when a held-out task is related to one of a split."""
    refuse((await certify(context, split_id, heldout)).leaks)


async def _save(
    context: Context, split: Split, suites: Sequence[str], origin: Origin, reason: str = ""
) -> SplitReport:
    shares = ",".join(f"{share:g}" for share in split.ratios)
    row = SplitRow(split.hash, ",".join(suites), split.seed, shares, context.now())
    members = [MemberRow(split.hash, m.task_id, m.family, m.side.value) for m in split.members]
    body = msgspec.json.encode(origin).decode()
    stored = OriginRow(split.hash, split.parent, reason, body)
    await save_split(context.store, row, members, stored)
    return await report(context, split.hash)


def _left_out(families: Sequence[Family], split: Split) -> tuple[LeftOut, ...]:
    placed = {member.task_id for member in split.members}
    return tuple(
        LeftOut(task_id, family.name)
        for family in families
        for task_id in family.task_ids
        if task_id not in placed
    )
