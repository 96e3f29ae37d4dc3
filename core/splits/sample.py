"""A smaller set of tasks that still shows all families: one of each before a second of any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from core.digest import derive_seed
from core.errors import UsageError
from core.store.splits import MemberRow

T = TypeVar("T")


def sample(
    tasks: Mapping[str, T], members: Mapping[str, MemberRow], n_tasks: int, seed: int
) -> dict[str, T]:
    """At most `n_tasks` tasks, families in turn; a larger sample contains the smaller one."""
    if n_tasks < 1:
        raise UsageError("A sample needs at least one task.")
    by_family: dict[str, list[str]] = {}
    for task_id in sorted(tasks, key=lambda name: derive_seed("sample", seed, name)):
        by_family.setdefault(members[task_id].family, []).append(task_id)
    turns = [
        (turn, place, task_id)
        for place, names in enumerate(by_family.values())
        for turn, task_id in enumerate(names)
    ]
    return {task_id: tasks[task_id] for _, _, task_id in sorted(turns)[:n_tasks]}
