"""The leak check: no family on two sides, and nothing held out that was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.errors import RefusedError
from core.splits.families import find_families
from core.splits.sides import Side, Split, split_hash
from core.task import Reference, Task

_MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class LeakFinding:
    """Two related tasks on sides that must not know each other."""

    one: str
    one_side: Side
    other: str
    other_side: Side
    evidence: str

    def __str__(self) -> str:
        return f"{self.one} ({self.one_side}) and {self.other} ({self.other_side}): {self.evidence}"


def check_split(
    split: Split, tasks: Iterable[Task], references: Iterable[Reference] = ()
) -> tuple[LeakFinding, ...]:
    """Look for families across sides afresh, trusting nothing that the split says of itself.

    Refuses a split that was changed after it was made or that names unknown tasks; tasks that
    are not in the split are ignored.
    """
    if split.hash != split_hash(split.members, split.seed, split.ratios):
        raise RefusedError("The split was changed after it was made: its hash does not fit.")
    sides = {member.task_id: member.side for member in split.members}
    known = [task for task in tasks if task.task_id in sides]
    if missing := sorted(sides.keys() - {task.task_id for task in known}):
        raise RefusedError(
            f"The split names {missing[0]}, which is not among the tasks "
            f"({len(missing)} such in all)."
        )
    found = _crossings(sides, known, references)
    seen = {frozenset((leak.one, leak.other)) for leak in found}
    torn = [leak for leak in _torn_families(split) if {leak.one, leak.other} not in seen]
    return (*found, *torn)


def refuse_leak(split: Split, tasks: Iterable[Task], references: Iterable[Reference] = ()) -> None:
    """Raise, naming both tasks and the evidence, when `check_split` finds anything."""
    _refuse(check_split(split, tasks, references))


def refuse_overlap(
    trained: Iterable[Task], heldout: Iterable[Task], references: Iterable[Reference] = ()
) -> None:
    """Raise when a held-out task is, or is related to, one that is trained on."""
    seen = {task.task_id: task for task in trained}
    unseen = {task.task_id: task for task in heldout}
    same = [
        LeakFinding(name, Side.TRAIN, name, Side.HELDOUT, "they are the same task")
        for name in sorted(seen.keys() & unseen.keys())
    ]
    sides = dict.fromkeys(unseen, Side.HELDOUT) | dict.fromkeys(seen, Side.TRAIN)
    _refuse([*same, *_crossings(sides, (unseen | seen).values(), references)])


def _refuse(findings: Sequence[LeakFinding]) -> None:
    if not findings:
        return
    rest = len(findings) - _MAX_NAMED
    lines = [str(finding) for finding in findings[:_MAX_NAMED]]
    lines += [f"and {rest} more"] if rest > 0 else []
    raise RefusedError("Related tasks are on both sides; nothing was written.\n" + "\n".join(lines))


def _crossings(
    sides: Mapping[str, Side], tasks: Iterable[Task], references: Iterable[Reference]
) -> list[LeakFinding]:
    # A family on two sides always has a link between two sides: its links connect all of it.
    return [
        LeakFinding(link.one, sides[link.one], link.other, sides[link.other], link.evidence)
        for family in find_families(tasks, references)
        for link in family.links
        if sides[link.one] is not sides[link.other]
    ]


def _torn_families(split: Split) -> list[LeakFinding]:
    """Families that the split itself records, on whatever grounds, on two sides."""
    ordered = sorted(split.members, key=lambda member: (member.family, member.task_id))
    return [
        LeakFinding(
            one.task_id, one.side, other.task_id, other.side, f"both are of the family {one.family}"
        )
        for one, other in pairwise(ordered)
        if one.family == other.family and one.side is not other.side
    ]
