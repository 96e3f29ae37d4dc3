"""The leak check: no family on two sides, and nothing held out that was trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.errors import RefusedError
from core.splits.families import Family, find_families, group
from core.splits.links import Link, LinkKind
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
    kind: LinkKind = LinkKind.PROGRAM

    def __str__(self) -> str:
        return f"{self.one} ({self.one_side}) and {self.other} ({self.other_side}): {self.evidence}"


def check_split(
    split: Split, tasks: Iterable[Task], references: Iterable[Reference] = ()
) -> tuple[LeakFinding, ...]:
    """Look for families across sides afresh, trusting nothing that the split says of itself.

    Refuses a split that was changed after it was made or that names unknown tasks; tasks that
    are not in the split are ignored.
    """
    refuse_changed(split)
    sides = {member.task_id: member.side for member in split.members}
    known = [task for task in tasks if task.task_id in sides]
    if missing := sorted(sides.keys() - {task.task_id for task in known}):
        raise RefusedError(
            f"The split names {missing[0]}, which is not among the tasks "
            f"({len(missing)} such in all)."
        )
    return (*(found := crossings(sides, find_families(known, references))), *torn(split, found))


def refuse_changed(split: Split) -> None:
    """Raise when a split is not what it was when it was made."""
    if split.hash != split_hash(split.members, split.seed, split.ratios, split.parent):
        raise RefusedError("The split was changed after it was made: its hash does not fit.")


def refuse_leak(split: Split, tasks: Iterable[Task], references: Iterable[Reference] = ()) -> None:
    """Raise, naming both tasks and the evidence, when `check_split` finds anything."""
    refuse(check_split(split, tasks, references))


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
    families = find_families((unseen | seen).values(), references)
    refuse([*same, *crossings(sides, families)])


def refuse(findings: Sequence[LeakFinding]) -> None:
    """Raise when there is any finding, naming the first ones."""
    if not findings:
        return
    rest = len(findings) - _MAX_NAMED
    lines = [str(finding) for finding in findings[:_MAX_NAMED]]
    lines += [f"and {rest} more"] if rest > 0 else []
    raise RefusedError("Related tasks are on both sides; nothing was written.\n" + "\n".join(lines))


def crossings(sides: Mapping[str, Side], families: Iterable[Family]) -> list[LeakFinding]:
    """The links of families that lead from one side to another."""
    # A family on two sides always has a link between two sides: its links connect all of it.
    return [
        _finding(link, sides)
        for family in families
        for link in family.links
        if sides[link.one] is not sides[link.other]
    ]


def torn(split: Split, found: Iterable[LeakFinding] = ()) -> list[LeakFinding]:
    """Families that the split itself records, on whatever grounds, on two sides.

    Pairs of tasks that were `found` before are not told again.
    """
    seen = {frozenset((leak.one, leak.other)) for leak in found}
    ordered = sorted(split.members, key=lambda member: (member.family, member.task_id))
    return [
        LeakFinding(
            one.task_id, one.side, other.task_id, other.side, f"both are of the family {one.family}"
        )
        for one, other in pairwise(ordered)
        if one.family == other.family
        and one.side is not other.side
        and frozenset((one.task_id, other.task_id)) not in seen
    ]


def open_questions(
    sides: Mapping[str, Side], tasks: Collection[Task], links: Iterable[Link]
) -> list[LeakFinding]:
    """Likely relatives on two sides that nobody has said yes or no to."""
    every = list(links)
    family_of = {
        task_id: family.name for family in group(tasks, every) for task_id in family.task_ids
    }
    return [
        _finding(link, sides)
        for link in every
        if not link.is_certain
        and sides[link.one] is not sides[link.other]
        and family_of[link.one] != family_of[link.other]
    ]


def _finding(link: Link, sides: Mapping[str, Side]) -> LeakFinding:
    return LeakFinding(
        link.one, sides[link.one], link.other, sides[link.other], link.evidence, link.kind
    )
