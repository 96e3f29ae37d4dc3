"""What a rollout changed in the end, file by file: before and after."""

from __future__ import annotations

from dataclasses import dataclass

from core.context import Context
from core.edits.block import EditBlock, InvalidAnswer
from core.edits.difference import apply_change
from core.errors import UsageError
from core.rollouts.journal import patch_of
from core.store.pair_pages import load_task
from core.store.runs import RolloutRow, load_rollout
from core.task import Task


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """One file."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RolloutPatch:
    """The last applicable change of a rollout, which is what its tests judged."""

    rollout_id: str
    task_id: str
    outcome: str
    files: tuple[PatchedFile, ...]
    problem: str = ""
    """Why there is no file to show, when there is none."""


async def show_patch(context: Context, rollout_id: str) -> RolloutPatch:
    """The change of a finished rollout, on the task as it is stored now."""
    row = await load_rollout(context.store, rollout_id)
    if row is None:
        raise UsageError(f"There is no single finished rollout {rollout_id}.")
    task = await load_task(context.store, row.task_id)
    files, problem = _changed(row, task)
    return RolloutPatch(row.rollout_id, row.task_id, row.outcome, files, problem)


def _changed(row: RolloutRow, task: Task | None) -> tuple[tuple[PatchedFile, ...], str]:
    if task is None:
        return (), f"the task {row.task_id} is gone"
    blocks = patch_of(row, task.target.path)
    if not blocks:
        return (), "no answer of this rollout was an applicable change"
    texts = {file.path: file.text for file in (*task.support, task.target)}
    try:
        return tuple(_file(block, texts.get(block.path, "")) for block in blocks), ""
    except InvalidAnswer as error:
        return (), f"the task is another by now: {error}"


def _file(block: EditBlock, before: str) -> PatchedFile:
    return PatchedFile(block.path, before, apply_change(block, before))
