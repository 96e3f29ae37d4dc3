"""Makes splits: every family on exactly one side, decided by a seed and nothing else.

The leak check is offered here too, so that whoever uses a split has one place to import.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from core.digest import derive_seed
from core.errors import RefusedError, UsageError
from core.splits.assign import assign
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
    "check_split",
    "make_split",
    "refuse_leak",
    "refuse_overlap",
]


def make_split(
    tasks: Iterable[Task], ratios: Ratios, seed: int, references: Iterable[Reference] = ()
) -> Split:
    """Assign families to sides, sizes as near to the ratios as whole families allow.

    Independent of the order of the input. A side whose share is 0 stays empty; refuses when
    there are fewer families than sides to fill. References show copied programs that have
    different bugs; without them only equal buggy programs are seen.
    """
    _require_shares(ratios)
    families = find_families(tasks, references)
    _refuse_too_few(families, ratios)
    source = random.Random(derive_seed("split", seed))
    sides = assign([len(family.task_ids) for family in families], ratios, source)
    members = [
        Member(task_id, family.name, SIDES[side])
        for family, side in zip(families, sides, strict=True)
        for task_id in family.task_ids
    ]
    members.sort(key=lambda member: member.task_id)
    return Split(tuple(members), seed, ratios, split_hash(members, seed, ratios))


def _require_shares(ratios: Ratios) -> None:
    if all(0.0 <= share <= 1.0 for share in ratios) and abs(sum(ratios) - 1.0) <= 1e-9:
        return
    written = "/".join(f"{share:g}" for share in ratios)
    raise UsageError(
        f"The ratio {written} is not three shares that sum to 1; write it like 0.7/0.1/0.2"
    )


def _refuse_too_few(families: Sequence[Family], ratios: Ratios) -> None:
    n_sides = sum(share > 0.0 for share in ratios)
    if len(families) >= n_sides:
        return
    n_tasks = sum(len(family.task_ids) for family in families)
    raise RefusedError(
        f"{n_tasks} tasks in {len(families)} families cannot fill {n_sides} sides, because a "
        "family stays on one side. Add tasks of other programs, or set a share to 0."
    )
