"""Families: tasks that would give each other away if they stood on both sides of a split.

Links that are certain, and those a person confirmed, are joined transitively; every link
keeps what it rests on. Other links are questions and join nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from core.splits.groups import Groups
from core.splits.kin import program_name
from core.splits.links import Link
from core.splits.scan import scan_all
from core.task import Reference, Task


@dataclass(frozen=True, slots=True)
class Family:
    """Tasks that must stay on one side."""

    name: str
    """`suite/program` of its first task in order of ids, before any that is held out."""
    task_ids: tuple[str, ...]
    links: tuple[Link, ...]
    """Enough of them to connect all tasks; empty for a task that stands alone."""


def find_families(
    tasks: Iterable[Task], references: Iterable[Reference] = ()
) -> tuple[Family, ...]:
    """Compare tasks and group them by what is certain; the order of the input does not matter.

    References are compared where given: two different bugs of copied programs show only there.
    References of other tasks are ignored.
    """
    scan = scan_all(tasks, references, asks=False)
    return group(scan.tasks, scan.links)


def group(
    tasks: Iterable[Task], links: Iterable[Link], heldout: frozenset[str] = frozenset()
) -> tuple[Family, ...]:
    """The families that certain links make of tasks, sorted by name.

    A family is called after a task that is not held out, where it has one: what is held out
    changes nothing of how the rest is divided.
    """
    by_id = {task.task_id: task for task in tasks}
    groups = Groups(by_id)
    used = [
        link
        for link in links
        if link.is_certain
        and link.one in by_id
        and link.other in by_id
        and groups.join(link.one, link.other)
    ]
    members: dict[str, list[str]] = defaultdict(list)
    for task_id in sorted(by_id):
        members[groups.root(task_id)].append(task_id)
    links_of: dict[str, list[Link]] = defaultdict(list)
    for link in used:
        links_of[groups.root(link.one)].append(link)
    families = [
        Family(
            program_name(by_id[min(ids, key=lambda name: (name in heldout, name))]),
            tuple(ids),
            tuple(links_of[root]),
        )
        for root, ids in members.items()
    ]
    return tuple(sorted(families, key=lambda family: (family.name, family.task_ids)))
