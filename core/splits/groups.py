"""Disjoint sets of task ids."""

from __future__ import annotations

from collections.abc import Iterable


class Groups:
    """Tasks that were joined, each set by its first id."""

    def __init__(self, task_ids: Iterable[str]) -> None:
        self._parent = {task_id: task_id for task_id in task_ids}

    def root(self, task_id: str) -> str:
        """The first id of a task's set."""
        while (parent := self._parent[task_id]) != task_id:
            self._parent[task_id] = self._parent[parent]
            task_id = parent
        return task_id

    def join(self, one: str, other: str) -> bool:
        """Whether they were apart."""
        roots = sorted((self.root(one), self.root(other)))
        self._parent[roots[1]] = roots[0]
        return roots[0] != roots[1]
