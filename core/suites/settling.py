"""Reads an official program's word back onto rollouts: those that left exactly the judged patch.

What it could not judge settles nothing: the rollout goes on waiting, and is no preference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from core.agent.rollout import flag_of
from core.digest import digest
from core.edits.block import EditBlock, InvalidAnswer
from core.edits.difference import apply_change
from core.outcome import Outcome
from core.store.official import OfficialRow, Settled
from core.store.runs import RolloutRow
from core.suites.official import Asked, Judged, Judgement
from core.suites.patches import make_patch
from core.task import Task

Key = tuple[str, str]
"""A task's id and a patch."""

_OUTCOMES = {
    Judgement.RESOLVED: Outcome.PASSED,
    Judgement.UNRESOLVED: Outcome.FAILED,
    Judgement.EMPTY: Outcome.FAILED,
}


def name_of(asked: Asked) -> str:
    """What names a judgement: the suite's own record and the patch."""
    return digest([asked.task.twin, asked.reference.row, asked.reference.text, asked.patch])


def official_row(asked: Asked, judged: Judged, now: datetime) -> OfficialRow:
    """A judgement as it is stored."""
    return OfficialRow(name_of(asked), judged.task_id, judged.judgement.value, judged.reason, now)


def patch_of(task: Task, row: RolloutRow) -> str:
    """What a rollout left, as a patch; empty when it left none, or it does not apply any more."""
    try:
        changes = _changes(task, row)
    except InvalidAnswer:
        return ""
    return "".join(make_patch(path, old, new) for path, (old, new) in changes.items())


def settle(
    waiting: Iterable[RolloutRow], tasks: dict[str, Task], judged: Sequence[tuple[Asked, Judged]]
) -> list[Settled]:
    """The rollouts among those waiting of which the judgements tell."""
    said: dict[Key, Judged] = {
        (asked.task.task_id, asked.patch): result
        for asked, result in judged
        if result.judgement in _OUTCOMES
    }
    settled = []
    for row in waiting:
        result = said.get((row.task_id, patch_of(tasks[row.task_id], row)))
        if result is not None:
            settled.append(_settled(tasks[row.task_id], row, result))
    return settled


def _settled(task: Task, row: RolloutRow, result: Judged) -> Settled:
    has_passed = result.judgement is Judgement.RESOLVED
    reason = (
        flag_of(task, _after(task, row)) if has_passed else result.reason or result.judgement.value
    )
    outcome = _OUTCOMES[result.judgement].value
    return Settled(row.rollout_id, outcome, reason, int(has_passed), 1)


def _after(task: Task, row: RolloutRow) -> tuple[tuple[str, str], ...]:
    return tuple((path, new) for path, (_, new) in _changes(task, row).items())


def _changes(task: Task, row: RolloutRow) -> dict[str, tuple[str, str]]:
    """Old and new text of every changed file; raises `InvalidAnswer`."""
    texts = {file.path: file.text for file in (*task.support, task.target)}
    blocks = [EditBlock(task.target.path, row.find, row.replacement)] if row.find else []
    blocks += msgspec.json.decode(row.others or "[]", type=list[EditBlock])
    changed: dict[str, tuple[str, str]] = {}
    for block in blocks:
        old = texts.get(block.path, "")
        changed[block.path] = old, apply_change(block, old)
    return changed
