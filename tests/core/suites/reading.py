"""Reads a whole source without a store: the tasks, and the items that are none."""

from __future__ import annotations

from typing import NamedTuple

from core.errors import SuiteError
from core.suites.source import Source
from core.task import Reference, Task


class Problem(NamedTuple):
    """An item that is no task."""

    name: str
    reason: str
    place: str


class Read(NamedTuple):
    """What a source holds."""

    tasks: tuple[Task, ...]
    references: tuple[Reference, ...]
    problems: tuple[Problem, ...]

    def task(self, name: str) -> Task:
        """The task of a name."""
        return next(task for task in self.tasks if task.task_id.partition("/")[2] == name)


def read_all(source: Source) -> Read:
    """Everything, in the source's order."""
    tasks, references, problems = [], [], []
    for item in source.items():
        try:
            made = source.read(item)
        except SuiteError as error:
            problems.append(Problem(item.name, str(error), item.place))
        else:
            tasks.append(made.task)
            references.append(made.reference)
    return Read(tuple(tasks), tuple(references), tuple(problems))
