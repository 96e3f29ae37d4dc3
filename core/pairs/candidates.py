"""From rollouts to preference pairs: best pass against each distinct failure of a task.

A patch pair sits on the first state of its task, which every rollout of the task saw:
edits always apply to the program as it was given, so each rollout's final edit is an
answer to that state. Every candidate either becomes a pair or is kept with the reason why not.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core import syntax
from core.agent.limits import Outcome
from core.digest import short
from core.edits.block import EditBlock
from core.store.pairs import DroppedRow, PairRow
from core.store.runs import RolloutRow
from core.task import Task


class PairKind(StrEnum):
    """Why a pair teaches."""

    PATCH = "patch"
    FORK = "fork"
    GRADED = "graded"


class DropReason(StrEnum):
    """Why a candidate did not become a pair."""

    INFRASTRUCTURE = "infrastructure"
    TAMPERED = "tampered"
    NO_EDIT = "no_edit"
    NO_PASS = "no_pass"
    TIE = "tie"
    """Both sides pass: the pair would teach style, not repair."""
    IDENTICAL = "identical"
    """Both sides give the same program."""
    DUPLICATE = "duplicate"
    """Another rollout has already given this rejected program."""
    OTHER_STATE = "other_state"
    OVER_CAP = "over_cap"


@dataclass(frozen=True, slots=True)
class PairOptions:
    """Which pairs are wanted. Cap per task: SWE-Gym found more than a few per task to hurt."""

    n_per_task: int = 8


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a run's rollouts."""

    pairs: list[PairRow]
    dropped: list[DroppedRow]


def build_pairs(
    build_id: str,
    rollouts: Iterable[RolloutRow],
    tasks: Mapping[str, Task],
    families: Mapping[str, str],
    options: PairOptions,
) -> Built:
    """Pairs and dropped candidates of all tasks, in an order that depends on content alone."""
    by_task: dict[str, list[RolloutRow]] = defaultdict(list)
    for row in rollouts:
        by_task[row.task_id].append(row)
    built = Built([], [])
    for task_id in sorted(by_task):
        maker = _TaskPairs(build_id, tasks[task_id], families[task_id], options, built)
        maker.make(by_task[task_id])
    return built


def changed_share(chosen: str, rejected: str) -> float:
    """Share of tokens in which two answers differ, 0 to 1."""
    one, other = re.findall(r"\w+|[^\w\s]", chosen), re.findall(r"\w+|[^\w\s]", rejected)
    if not one and not other:
        return 0.0
    return 1.0 - difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


@dataclass(frozen=True, slots=True)
class _TaskPairs:
    build_id: str
    task: Task
    family: str
    options: PairOptions
    built: Built

    def make(self, rollouts: list[RolloutRow]) -> None:
        usable = self._usable(rollouts)
        best = min((r for r in usable if _passed(r)), key=self._cost, default=None)
        if best is None:
            for row in usable:
                self._drop(DropReason.NO_PASS, "", row.rollout_id)
            return
        seen = {self._program(best)}
        n_kept = 0
        for row in sorted(usable, key=self._cost):
            if row.rollout_id == best.rollout_id:
                continue
            reason = self._reason(best, row, seen, n_kept)
            if reason is not None:
                self._drop(reason, best.rollout_id, row.rollout_id)
                continue
            seen.add(self._program(row))
            n_kept += 1
            self.built.pairs.append(self._pair(best, row))

    def _usable(self, rollouts: list[RolloutRow]) -> list[RolloutRow]:
        usable = []
        for row in rollouts:
            if row.outcome == Outcome.ERROR:
                self._drop(DropReason.INFRASTRUCTURE, "", row.rollout_id)
            elif row.outcome == Outcome.TAMPERED:
                self._drop(DropReason.TAMPERED, "", row.rollout_id)
            elif not row.find:
                self._drop(DropReason.NO_EDIT, "", row.rollout_id)
            else:
                usable.append(row)
        return usable

    def _reason(
        self, best: RolloutRow, row: RolloutRow, seen: set[str], n_kept: int
    ) -> DropReason | None:
        program = self._program(row)
        if program == self._program(best):
            return DropReason.IDENTICAL
        if _passed(row):
            return DropReason.TIE
        if row.first_state != best.first_state:
            return DropReason.OTHER_STATE
        if program in seen:
            return DropReason.DUPLICATE
        return DropReason.OVER_CAP if n_kept >= self.options.n_per_task else None

    def _pair(self, best: RolloutRow, row: RolloutRow) -> PairRow:
        chosen, rejected = self._block(best).render(), self._block(row).render()
        return PairRow(
            build_id=self.build_id,
            pair_id=short([best.first_state, chosen, rejected], 16),
            task_id=self.task.task_id,
            family=self.family,
            kind=PairKind.PATCH.value,
            state=best.first_state,
            chosen=chosen,
            rejected=rejected,
            chosen_rollout=best.rollout_id,
            chosen_iteration=best.n_iterations,
            rejected_rollout=row.rollout_id,
            rejected_iteration=row.n_iterations,
            changed_share=changed_share(chosen, rejected),
        )

    def _cost(self, row: RolloutRow) -> tuple[int | str, ...]:
        """Best first: fewest iterations, then the smallest edit; content breaks ties."""
        size = len(row.find) + len(row.replacement)
        content = (row.find, row.replacement, row.first_state, row.seed, row.rollout_id)
        return (row.n_iterations, size, *content)

    def _block(self, row: RolloutRow) -> EditBlock:
        return EditBlock(self.task.target.path, row.find, row.replacement)

    def _program(self, row: RolloutRow) -> str:
        return _normalised(self._block(row).apply(self.task.target.text))

    def _drop(self, reason: DropReason, chosen: str, rejected: str) -> None:
        row = DroppedRow(self.build_id, self.task.task_id, reason.value, chosen, rejected)
        self.built.dropped.append(row)


def _passed(row: RolloutRow) -> bool:
    return row.outcome == Outcome.PASSED


def _normalised(program: str) -> str:
    """Equal for programs that differ in layout alone; the text itself when it does not parse."""
    try:
        return ast.dump(syntax.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return program
