"""What a change with tools did to a file, played again from what is stored of its rollout."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from core.agent.toolbox import CHANGES, EDIT_FILE, Done
from core.agent.tree import ToolError, Tree
from core.store.runs import IterationRow
from core.task import Task


def changed_path(steps: Sequence[IterationRow], iteration: int) -> str:
    """The file that an iteration changed, the first of them; empty when it changed none."""
    for step in steps:
        if step.iteration == iteration:
            for one in _changes(step):
                return str(json.loads(one.arguments).get("path", ""))
    return ""


def text_after(task: Task, steps: Sequence[IterationRow], iteration: int, path: str) -> str | None:
    """A file after so many iterations; None when the task is no longer the same."""
    tree = Tree(task)
    try:
        for step in sorted(steps, key=lambda step: step.iteration):
            if step.iteration <= iteration:
                for one in _changes(step):
                    _do(tree, one)
        return tree.read(path)
    except ToolError:
        return None


def _changes(step: IterationRow) -> list[Done]:
    done = msgspec.json.decode(step.actions or "[]", type=list[Done])
    return [one for one in done if one.tool in CHANGES and not one.is_error]


def _do(tree: Tree, one: Done) -> None:
    given = json.loads(one.arguments)
    if one.tool == EDIT_FILE:
        tree.edit(given["path"], given["find"], given["replace"])
    else:
        tree.write(given["path"], given["text"])
