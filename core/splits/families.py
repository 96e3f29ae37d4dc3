"""Families: tasks that would give each other away if they stood on both sides of a split.

Two tasks are linked when they are bugs of one program, or when a program of the one (buggy
or correct) is a copy of a program of the other, renamed or not, in whatever suite. Links
are joined transitively, and every link keeps what it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import RefusedError
from core.splits.fingerprint import fingerprint
from core.task import Reference, Task


class LinkKind(StrEnum):
    """Why two tasks belong together."""

    PROGRAM = "program"
    """Bugs of one program of one suite."""
    EXACT = "exact"
    """The same text."""
    RENAMED = "renamed"
    """The same program up to names and layout."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two tasks of one family, and the evidence."""

    one: str
    other: str
    kind: LinkKind
    evidence: str


@dataclass(frozen=True, slots=True)
class Family:
    """Tasks that must stay on one side."""

    name: str
    """`suite/program` of its first task in order of ids."""
    task_ids: tuple[str, ...]
    links: tuple[Link, ...]
    """Enough of them to connect all tasks; empty for a task that stands alone."""


@dataclass(frozen=True, slots=True)
class _Text:
    """One program text of a task."""

    task_id: str
    what: str
    text: str


def find_families(
    tasks: Iterable[Task], references: Iterable[Reference] = ()
) -> tuple[Family, ...]:
    """Group tasks into families, sorted by name; the order of the input does not matter.

    References are compared where given: two different bugs of copied programs show only there.
    References of other tasks are ignored.
    """
    by_id = _by_id(tasks)
    groups = _Groups(by_id)
    links = [link for link in _links(by_id, references) if groups.join(link.one, link.other)]
    members: dict[str, list[str]] = defaultdict(list)
    for task_id in sorted(by_id):
        members[groups.root(task_id)].append(task_id)
    links_of: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        links_of[groups.root(link.one)].append(link)
    families = [
        Family(_name(by_id[ids[0]]), tuple(ids), tuple(links_of[root]))
        for root, ids in members.items()
    ]
    return tuple(sorted(families, key=lambda family: (family.name, family.task_ids)))


class _Groups:
    """Disjoint sets of task ids."""

    def __init__(self, task_ids: Iterable[str]) -> None:
        self._parent = {task_id: task_id for task_id in task_ids}

    def root(self, task_id: str) -> str:
        while (parent := self._parent[task_id]) != task_id:
            self._parent[task_id] = self._parent[parent]
            task_id = parent
        return task_id

    def join(self, one: str, other: str) -> bool:
        """Whether they were apart."""
        roots = sorted((self.root(one), self.root(other)))
        self._parent[roots[1]] = roots[0]
        return roots[0] != roots[1]


def _by_id(tasks: Iterable[Task]) -> dict[str, Task]:
    by_id: dict[str, Task] = {}
    for task in tasks:
        if task.task_id in by_id:
            raise RefusedError(f"Two tasks are called {task.task_id}; task ids must be unique")
        by_id[task.task_id] = task
    return by_id


def _links(by_id: dict[str, Task], references: Iterable[Reference]) -> list[Link]:
    """All links in a fixed order: each task to the first of its kind."""
    ordered = [by_id[task_id] for task_id in sorted(by_id)]
    programs: dict[str, list[Task]] = defaultdict(list)
    for task in ordered:
        programs[_name(task)].append(task)
    same_program = [
        Link(
            same[0].task_id, task.task_id, LinkKind.PROGRAM, f"both are bugs of the program {name}"
        )
        for name, same in programs.items()
        for task in same[1:]
    ]
    texts = [_Text(task.task_id, "program", task.target.text) for task in ordered]
    texts += [
        _Text(reference.task_id, "reference", reference.text)
        for reference in sorted(references, key=lambda one: (one.task_id, one.text))
        if reference.task_id in by_id
    ]
    return same_program + _copies(texts)


def _copies(texts: Sequence[_Text]) -> list[Link]:
    alike: dict[str, list[_Text]] = defaultdict(list)
    for text in texts:
        if mark := fingerprint(text.text):
            alike[mark].append(text)
    links = []
    for first, *rest in alike.values():
        links += [_copy(first, text) for text in rest if text.task_id != first.task_id]
    return links


def _copy(one: _Text, other: _Text) -> Link:
    exact = one.text.strip() == other.text.strip()
    what = "the same text" if exact else "the same program up to names and layout"
    evidence = f"the {one.what} of {one.task_id} and the {other.what} of {other.task_id} are {what}"
    kind = LinkKind.EXACT if exact else LinkKind.RENAMED
    return Link(one.task_id, other.task_id, kind, evidence)


def _name(task: Task) -> str:
    # A task id begins with its suite; a program name alone is not unique between suites.
    return f"{task.suite}/{task.program}"
