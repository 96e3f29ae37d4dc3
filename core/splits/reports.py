"""Splits in numbers and side by side, as screens and commands show them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.context import Context
from core.splits.sides import Side, in_order
from core.splits.stored import LeftOut, get_split, read_origin
from core.store.splits import (
    CertificateRow,
    SplitRow,
    list_splits,
    load_certificates,
    load_members,
    load_origin,
)
from core.store.task_pages import load_outside, load_pass_rates


@dataclass(frozen=True, slots=True)
class SplitReport:
    """A split in numbers."""

    split_id: str
    suites: str
    seed: int
    n_families: int
    n_tasks: int
    sides: dict[str, int]
    ratios: str
    created_at: datetime
    parent: str
    """The split that it was changed from; empty for one that was made from suites."""
    reason: str
    """Why it was changed."""
    left_out: tuple[LeftOut, ...]
    """Tasks of held-out suites that are no part of it, since a relative is on another side."""
    strata: dict[str, int] | None
    """Families by difficulty, where it was made by it."""
    n_leaks: int | None
    """As the newest leak check says; None before one was made."""
    n_questions: int | None
    """Likely relatives on two sides that nobody has said yes or no to."""


@dataclass(frozen=True, slots=True)
class ColumnFamily:
    """Tasks of one family on one side."""

    name: str
    """Held out it is only `suite/program` where the split does not name the suite."""
    task_ids: tuple[str, ...]
    pass_rate: float | None = None
    """Of the newest runs of its tasks; None where none was measured."""
    is_member: bool = True
    """Whether the split itself has it, so that it can be moved."""


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


async def report(context: Context, split_id: str) -> SplitReport:
    """Counts of a split."""
    row = await get_split(context, split_id)
    return await _report(context, row, await load_certificates(context.store))


async def splits(context: Context) -> list[SplitReport]:
    """All splits, newest first."""
    certificates = await load_certificates(context.store)
    return [await _report(context, row, certificates) for row in await list_splits(context.store)]


async def columns(context: Context, split_id: str) -> SplitColumns:
    """The sides of a split with their families, and the admitted tasks of other suites."""
    row = await get_split(context, split_id)
    rates, _ = await load_pass_rates(context.store)
    found: dict[Side, dict[tuple[str, bool], list[str]]] = {
        side: defaultdict(list) for side in Side
    }
    for member in await load_members(context.store, row.split_id):
        found[Side(member.side)][(member.family, True)].append(member.task_id)
    left_out = {one.task_id for one in (await report(context, row.split_id)).left_out}
    for task in await load_outside(context.store, row.suites.split(",")):
        if task.task_id not in left_out:
            found[Side.HELDOUT][(f"{task.suite}/{task.program}", False)].append(task.task_id)
    sides = tuple(_column(side, families, rates) for side, families in found.items())
    return SplitColumns(await report(context, row.split_id), row.ratios, sides)


async def _report(
    context: Context, row: SplitRow, certificates: Mapping[str, CertificateRow]
) -> SplitReport:
    members = await load_members(context.store, row.split_id)
    stored = await load_origin(context.store, row.split_id)
    origin = read_origin(row, stored)
    certificate = certificates.get(row.split_id)
    return SplitReport(
        split_id=row.split_id,
        suites=row.suites,
        seed=row.seed,
        n_families=len({member.family for member in members}),
        n_tasks=len(members),
        sides=in_order(Counter(member.side for member in members)),
        ratios=row.ratios,
        created_at=row.created_at,
        parent=stored.parent if stored is not None else "",
        reason=stored.reason if stored is not None else "",
        left_out=origin.left_out,
        strata=origin.strata,
        n_leaks=certificate.n_leaks if certificate is not None else None,
        n_questions=certificate.n_questions if certificate is not None else None,
    )


def _column(
    side: Side, families: Mapping[tuple[str, bool], list[str]], rates: Mapping[str, float]
) -> SplitColumn:
    named = tuple(
        ColumnFamily(name, tuple(tasks), _rate(tasks, rates), is_member)
        for (name, is_member), tasks in sorted(families.items())
    )
    return SplitColumn(side, sum(len(family.task_ids) for family in named), named)


def _rate(tasks: list[str], rates: Mapping[str, float]) -> float | None:
    known = [rates[name] for name in tasks if name in rates]
    return sum(known) / len(known) if known else None
