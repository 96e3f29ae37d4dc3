"""Pairs on a state that several rollouts met by the same way, and where they then parted.

A state's name is the hash of its messages, so equal names are byte-identical histories. The
chosen side is the edit that was answered there and passed; an edit that failed on the way to
a later pass is never chosen, because it is a wrong patch. The rejected side is another edit
answered there, by a rollout that never passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from core.pairs.candidates import DropReason, PairKind, Side, TaskPairs
from core.pairs.patches import has_passed
from core.store.pairs import OutputRow
from core.store.runs import RolloutRow


def make_forks(task: TaskPairs, usable: Sequence[RolloutRow], outputs: Iterable[OutputRow]) -> None:
    """Pair what a task's usable rollouts answered where they met."""
    rollouts = {row.rollout_id: row for row in usable}
    met: dict[str, list[Side]] = defaultdict(list)
    for row in outputs:
        if row.rollout_id in rollouts:
            side = Side(row.rollout_id, row.iteration, row.state, row.find, row.replacement)
            met[row.state].append(side)
    for state in sorted(met, key=lambda name: (min(s.iteration for s in met[name]), name)):
        _part(task, rollouts, sorted(met[state], key=_cost))


def _part(task: TaskPairs, rollouts: Mapping[str, RolloutRow], sides: Sequence[Side]) -> None:
    best = next((side for side in sides if _passes(rollouts[side.rollout_id], side)), None)
    if best is None:
        return
    for side in sides:
        if side.rollout_id == best.rollout_id:
            continue
        reason = _reason(task, best, side, rollouts[side.rollout_id])
        if reason is None:
            task.keep(PairKind.FORK, best, side)
        else:
            task.drop(reason, best.rollout_id, side.rollout_id)


def _reason(task: TaskPairs, best: Side, side: Side, row: RolloutRow) -> DropReason | None:
    if task.program(side.find, side.replacement) == task.program(best.find, best.replacement):
        return DropReason.IDENTICAL
    if has_passed(row):
        return DropReason.TIE
    if task.has_rejected(side):
        return DropReason.DUPLICATE
    return DropReason.OVER_CAP if task.is_full else None


def _passes(row: RolloutRow, side: Side) -> bool:
    """Whether this very answer is the one that all tests passed with."""
    is_final = (side.iteration, side.find, side.replacement) == (
        row.n_iterations,
        row.find,
        row.replacement,
    )
    return has_passed(row) and is_final


def _cost(side: Side) -> tuple[int | str, ...]:
    """As among patches: the smallest edit first, content breaks ties."""
    size = len(side.find) + len(side.replacement)
    return (size, side.find, side.replacement, side.iteration, side.rollout_id)
