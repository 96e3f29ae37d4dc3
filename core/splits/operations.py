"""What can be done with splits: make, list, show, and guard what leaves a side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.context import Context
from core.errors import RefusedError, UsageError
from core.splits.leaks import refuse_overlap
from core.splits.sides import Ratios, Side
from core.splits.split import make_split
from core.store.splits import MemberRow, SplitRow, list_splits, load_members, save_split
from core.store.suites import load_references
from core.store.task_pages import load_outside
from core.task import Reference, Task


@dataclass(frozen=True, slots=True)
class SplitReport:
    """A split in numbers."""

    split_id: str
    suites: str
    seed: int
    n_families: int
    n_tasks: int
    sides: dict[str, int]


@dataclass(frozen=True, slots=True)
class ColumnFamily:
    """Tasks of one family on one side."""

    name: str
    """Held out it is only `suite/program`: families are found when a split is made."""
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitColumn:
    """One side of a split."""

    side: Side
    n_tasks: int
    families: tuple[ColumnFamily, ...]
    """By name."""


@dataclass(frozen=True, slots=True)
class SplitColumns:
    """A split side by side with what is held out from it."""

    report: SplitReport
    ratios: str
    columns: tuple[SplitColumn, ...]
    """One for each `Side`, in its order, even when empty."""


async def make(
    context: Context, suites: tuple[str, ...], tasks: Iterable[Task], ratios: Ratios, seed: int
) -> SplitReport:
    """Split admitted tasks by family and freeze it; making it again gives the same split."""
    chosen = list(tasks)
    split = make_split(chosen, ratios, seed, await _references(context, suites))
    named = ",".join(sorted(suites))
    shares = ",".join(f"{share:g}" for share in ratios)
    row = SplitRow(split.hash, named, seed, shares, context.now())
    members = [MemberRow(split.hash, m.task_id, m.family, m.side.value) for m in split.members]
    await save_split(context.store, row, members)
    return await report(context, split.hash)


async def get_split(context: Context, split_id: str) -> SplitRow:
    """A stored split by id or its beginning; `latest` is the newest."""
    known = await list_splits(context.store)
    fits = known[:1] if split_id == "latest" else known
    found = [row for row in fits if split_id == "latest" or row.split_id.startswith(split_id)]
    if len(found) != 1:
        hint = "`gemel split show` lists them" if known else "`gemel split make` makes one"
        raise UsageError(f"There is no single split {split_id!r}: {hint}.")
    return found[0]


async def report(context: Context, split_id: str) -> SplitReport:
    """Counts of a split."""
    row = await get_split(context, split_id)
    members = await load_members(context.store, row.split_id)
    return SplitReport(
        row.split_id,
        row.suites,
        row.seed,
        len({member.family for member in members}),
        len(members),
        dict(sorted(Counter(member.side for member in members).items())),
    )


async def columns(context: Context, split_id: str) -> SplitColumns:
    """The sides of a split with their families, and the admitted tasks of other suites."""
    row = await get_split(context, split_id)
    found: dict[Side, dict[str, list[str]]] = {side: defaultdict(list) for side in Side}
    for member in await load_members(context.store, row.split_id):
        found[Side(member.side)][member.family].append(member.task_id)
    for task in await load_outside(context.store, row.suites.split(",")):
        found[Side.HELDOUT][f"{task.suite}/{task.program}"].append(task.task_id)
    sides = tuple(_column(side, families) for side, families in found.items())
    return SplitColumns(await report(context, row.split_id), row.ratios, sides)


async def splits(context: Context) -> list[SplitReport]:
    """All splits, newest first."""
    return [await report(context, row.split_id) for row in await list_splits(context.store)]


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


async def refuse_heldout_leaks(
    context: Context, known: Iterable[Task], heldout: Iterable[Task]
) -> None:
    """Raise when a held-out task is related to one of a split."""
    inside, outside = list(known), list(heldout)
    suites = {task.suite for task in (*inside, *outside)}
    refuse_overlap(inside, outside, await _references(context, suites))


def _column(side: Side, families: Mapping[str, list[str]]) -> SplitColumn:
    named = tuple(ColumnFamily(name, tuple(families[name])) for name in sorted(families))
    return SplitColumn(side, sum(len(family.task_ids) for family in named), named)


async def _references(context: Context, suites: Iterable[str]) -> list[Reference]:
    found = [await load_references(context.store, suite) for suite in sorted(set(suites))]
    return [reference for references in found for reference in references.values()]
