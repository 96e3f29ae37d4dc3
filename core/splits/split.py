"""Makes splits: every family on exactly one side, decided by a seed and nothing else.

The leak check is offered here too, so that whoever uses a split has one place to import.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.digest import derive_seed
from core.errors import RefusedError, UsageError
from core.splits.assign import assign, assign_strata
from core.splits.families import Family, find_families
from core.splits.leaks import LeakFinding, check_split, refuse_leak, refuse_overlap
from core.splits.sides import SIDES, Member, Ratios, Side, Split, split_hash
from core.task import Reference, Task

__all__ = [
    "SIDES",
    "LeakFinding",
    "Member",
    "Ratios",
    "Side",
    "Split",
    "Wishes",
    "check_split",
    "divide",
    "make_split",
    "move",
    "refuse_leak",
    "refuse_overlap",
]

_HARD, _EASY = 1 / 3, 2 / 3
"""Shares of passed rollouts below and above which a family is hard or easy."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to divide, beyond the shares."""

    heldout: frozenset[str] = frozenset()
    """Tasks of suites that nobody trains on; a relative of a divided task is left out."""
    pass_rates: Mapping[str, float] | None = None
    """By task, where known: hard, middling, easy and unmeasured families are divided alike."""


def make_split(
    tasks: Iterable[Task], ratios: Ratios, seed: int, references: Iterable[Reference] = ()
) -> Split:
    """Find families and divide them.

    References show copied programs that have different bugs; without them only equal buggy
    programs are seen.
    """
    require_shares(ratios)
    return divide(find_families(tasks, references), ratios, seed)


def divide(
    families: Sequence[Family], ratios: Ratios, seed: int, wishes: Wishes = Wishes()
) -> Split:
    """Assign families to sides, sizes as near to the ratios as whole families allow.

    A side whose share is 0 stays empty; refuses when there are fewer families than sides to
    fill.
    """
    require_shares(ratios)
    inside, outside = _apart(families, wishes.heldout)
    _refuse_too_few(inside, ratios)
    source = random.Random(derive_seed("split", seed))
    sides = _sides(inside, ratios, wishes.pass_rates, source)
    members = [
        Member(task_id, family.name, side)
        for family, side in [*sides, *((family, Side.HELDOUT) for family in outside)]
        for task_id in family.task_ids
    ]
    return _sealed(Split(tuple(members), seed, ratios, ""))


def move(split: Split, families: Iterable[str], side: Side) -> Split:
    """The split with whole families on another side; a new one, the old one stays as it is."""
    wanted = set(families)
    if unknown := sorted(wanted - {member.family for member in split.members}):
        raise UsageError(f"The split has no family {unknown[0]!r}.")
    members = [
        replace(member, side=side) if member.family in wanted else member
        for member in split.members
    ]
    if tuple(members) == split.members:
        raise UsageError(f"That is on the {side} side already; nothing was changed.")
    return _sealed(replace(split, members=tuple(members), parent=split.hash))


def require_shares(ratios: Ratios) -> None:
    """Refuse what is not three shares of a whole."""
    if all(0.0 <= share <= 1.0 for share in ratios) and abs(sum(ratios) - 1.0) <= 1e-9:
        return
    written = "/".join(f"{share:g}" for share in ratios)
    raise UsageError(
        f"The ratio {written} is not three shares that sum to 1; write it like 0.7/0.1/0.2"
    )


def stratum(family: Family, pass_rates: Mapping[str, float]) -> str:
    """How hard a family is: `hard`, `middling`, `easy` or `unmeasured`."""
    known = [pass_rates[name] for name in family.task_ids if name in pass_rates]
    if not known:
        return "unmeasured"
    rate = sum(known) / len(known)
    return "hard" if rate < _HARD else "easy" if rate > _EASY else "middling"


def _sealed(split: Split) -> Split:
    members = sorted(split.members, key=lambda member: member.task_id)
    seal = split_hash(members, split.seed, split.ratios, split.parent)
    return replace(split, members=tuple(members), hash=seal)


def _apart(
    families: Sequence[Family], heldout: frozenset[str]
) -> tuple[list[Family], list[Family]]:
    """Families to divide, without their held-out tasks, and families that are held out."""
    inside, outside = [], []
    for family in families:
        own = tuple(name for name in family.task_ids if name not in heldout)
        if own:
            inside.append(replace(family, task_ids=own))
        else:
            outside.append(family)
    return inside, outside


def _sides(
    families: Sequence[Family],
    ratios: Ratios,
    pass_rates: Mapping[str, float] | None,
    source: random.Random,
) -> list[tuple[Family, Side]]:
    groups: dict[str, list[Family]] = {}
    for family in families:
        name = stratum(family, pass_rates) if pass_rates is not None else ""
        groups.setdefault(name, []).append(family)
    strata = sorted(groups.values(), key=lambda group: (-len(group), group[0].name))
    if len(strata) == 1 or len(strata[0]) < sum(share > 0.0 for share in ratios):
        sizes = [len(family.task_ids) for family in families]
        placed = [assign(sizes, ratios, source)]
        strata = [list(families)]
    else:
        sizes_of = [[len(family.task_ids) for family in group] for group in strata]
        placed = assign_strata(sizes_of, ratios, source)
    return [
        (family, SIDES[side])
        for group, sides in zip(strata, placed, strict=True)
        for family, side in zip(group, sides, strict=True)
    ]


def _refuse_too_few(families: Sequence[Family], ratios: Ratios) -> None:
    n_sides = sum(share > 0.0 for share in ratios)
    if len(families) >= n_sides:
        return
    n_tasks = sum(len(family.task_ids) for family in families)
    raise RefusedError(
        f"{n_tasks} tasks in {len(families)} families cannot fill {n_sides} sides, because a "
        "family stays on one side. Add tasks of other programs, or set a share to 0."
    )
