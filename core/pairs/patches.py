"""Pairs on the first state of a task: the best pass against each distinct failure.

Every rollout of a task saw that state, and an edit always applies to the program as it was
given, so each rollout's final edit is an answer to it. Where nobody passed, the best of the
failures may stand against those that are clearly worse.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.outcome import Outcome
from core.pairs.candidates import DropReason, PairKind, Side, TaskPairs
from core.sandbox.scan import SUSPECT
from core.store.runs import RolloutRow


def make_patches(task: TaskPairs, rollouts: Sequence[RolloutRow]) -> list[RolloutRow]:
    """Pair the final edits of a task's rollouts; returns the rollouts that can be a side."""
    usable = usable_of(task, rollouts)
    best = min((row for row in usable if has_passed(row)), key=_cost, default=None)
    if best is not None:
        _against(task, PairKind.PATCH, best, sorted(usable, key=_cost))
    elif task.options.graded:
        _grade(task, usable)
    else:
        for row in usable:
            task.drop(DropReason.NO_PASS, "", row.rollout_id)
    return usable


def usable_of(task: TaskPairs, rollouts: Sequence[RolloutRow]) -> list[RolloutRow]:
    """Without what infrastructure spoiled, what cheated, and what never gave an edit."""
    usable = []
    for row in rollouts:
        if row.outcome == Outcome.ERROR:
            task.drop(DropReason.INFRASTRUCTURE, "", row.rollout_id)
        elif row.outcome == Outcome.UNGRADED:
            task.drop(DropReason.UNGRADED, "", row.rollout_id)
        elif row.outcome == Outcome.TAMPERED:
            task.drop(DropReason.TAMPERED, "", row.rollout_id)
        elif not row.find and not row.others:
            task.drop(DropReason.NO_EDIT, "", row.rollout_id)
        elif _is_suspicious(task, row):
            task.drop(DropReason.SUSPICIOUS, "", row.rollout_id)
        else:
            usable.append(row)
    return usable


def _is_suspicious(task: TaskPairs, row: RolloutRow) -> bool:
    """Of several files, what the rollout itself says when it passed."""
    is_marked = bool(row.others) and row.reason.startswith(SUSPECT)
    return is_marked or (bool(row.find) and task.is_suspicious(row.find, row.replacement))


def has_passed(row: RolloutRow) -> bool:
    """Whether every test passes, those included that were held back from the agent."""
    return row.outcome == Outcome.PASSED


def _grade(task: TaskPairs, usable: Sequence[RolloutRow]) -> None:
    graded = [row for row in usable if row.n_tests]
    for row in usable:
        if not row.n_tests:
            task.drop(DropReason.NO_PASS, "", row.rollout_id)
    if graded:
        # Of equally good ones the smaller edit, as among passes.
        best = min(graded, key=lambda row: (-_share(row), *_cost(row)))
        _against(task, PairKind.GRADED, best, sorted(graded, key=_cost))


def _against(task: TaskPairs, kind: PairKind, best: RolloutRow, rows: Sequence[RolloutRow]) -> None:
    for row in rows:
        if row.rollout_id == best.rollout_id:
            continue
        reason = _reason(task, best, row)
        if reason is None:
            task.keep(kind, _side(best), _side(row))
        else:
            task.drop(reason, best.rollout_id, row.rollout_id)


def _reason(task: TaskPairs, best: RolloutRow, row: RolloutRow) -> DropReason | None:
    if task.program(row.find, row.replacement) == task.program(best.find, best.replacement):
        return DropReason.IDENTICAL
    if has_passed(row):
        return DropReason.TIE
    if row.first_state != best.first_state:
        return DropReason.OTHER_STATE
    if not has_passed(best) and _share(best) - _share(row) < task.options.min_margin:
        return DropReason.CLOSE
    if task.has_rejected(_side(row)):
        return DropReason.DUPLICATE
    return DropReason.OVER_CAP if task.is_full else None


def _side(row: RolloutRow) -> Side:
    return Side(row.rollout_id, row.n_iterations, row.first_state, row.find, row.replacement)


def _share(row: RolloutRow) -> float:
    return row.n_passed / row.n_tests if row.n_tests else 0.0


def _cost(row: RolloutRow) -> tuple[int | str, ...]:
    """Best first: fewest iterations, then the smallest edit; content breaks ties."""
    size = len(row.find) + len(row.replacement)
    content = (row.find, row.replacement, row.first_state, row.seed, row.rollout_id)
    return (row.n_iterations, size, *content)
