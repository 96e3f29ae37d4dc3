"""The words of a building: kinds of pairs, reasons for a loss, what is wanted, what came of it.

A side is one edit that a rollout gave as its answer to a state. Every candidate either
becomes a pair or is kept with the reason why not.
"""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass, field
from enum import StrEnum

from core import syntax
from core.digest import short
from core.edits.block import EditBlock
from core.sandbox.scan import findings
from core.store.pairs import DroppedRow, PairRow
from core.task import Task


class PairKind(StrEnum):
    """Why a pair teaches."""

    PATCH = "patch"
    """The first state of a task: a final edit that passes, one that does not."""
    FORK = "fork"
    """A state that two rollouts met by the same way: what each answered there."""
    GRADED = "graded"
    """As a patch, of a task nobody solved: one edit passes clearly more tests."""
    IMPORTED = "imported"
    """From a file: whoever wrote it knows why."""


class DropReason(StrEnum):
    """Why a candidate did not become a pair."""

    INFRASTRUCTURE = "infrastructure"
    UNGRADED = "ungraded"
    """The suite's own program has not judged it yet."""
    TAMPERED = "tampered"
    SUSPICIOUS = "suspicious"
    """The edit reaches for what a repair hardly needs: it may have fooled its tests."""
    NO_EDIT = "no_edit"
    NO_PASS = "no_pass"
    TIE = "tie"
    """Both sides pass: the pair would teach style, not repair."""
    CLOSE = "close"
    """Both sides fail, and pass nearly as many tests."""
    IDENTICAL = "identical"
    """Both sides give the same program."""
    DUPLICATE = "duplicate"
    """Another rollout has already given this rejected program."""
    OTHER_STATE = "other_state"
    OVER_CAP = "over_cap"
    TASK_GONE = "task_gone"
    """Its task is gone or no longer admitted: what its tests said may not be true."""


@dataclass(frozen=True, slots=True)
class PairOptions:
    """Which pairs are wanted. Cap per task: SWE-Gym found more than a few per task to hurt."""

    n_per_task: int = 8
    forks: bool = False
    """Also pairs on later states, as far as the cap leaves room."""
    graded: bool = False
    """Also pairs of two failures, for tasks that nobody solved."""
    min_margin: float = 0.3
    """Of the share of tests passed, between the two sides of a graded pair."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a run's rollouts."""

    pairs: list[PairRow]
    dropped: list[DroppedRow]


@dataclass(frozen=True, slots=True)
class Side:
    """An edit that a rollout answered to a state."""

    rollout_id: str
    iteration: int
    state: str
    find: str
    replacement: str


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of the program after an edit."""

    program: str
    is_suspicious: bool


@dataclass(slots=True)
class TaskPairs:
    """The pairs of one task while they are made, and the candidates that are not."""

    build_id: str
    task: Task
    family: str
    options: PairOptions
    built: Built
    n_kept: int = 0
    """Pairs of this task, whatever their kind."""
    _looks: dict[tuple[str, str], _Look] = field(default_factory=dict)
    _given: frozenset[str] | None = None
    """What the program uses before any edit."""
    _rejected: dict[str, set[str]] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether the cap is reached."""
        return self.n_kept >= self.options.n_per_task

    def program(self, find: str, replacement: str) -> str:
        """The program after an edit, equal for programs that differ in layout alone."""
        return self._look(find, replacement).program

    def is_suspicious(self, find: str, replacement: str) -> bool:
        """Whether the edit could be an attempt to please the tests."""
        return self._look(find, replacement).is_suspicious

    def _look(self, find: str, replacement: str) -> _Look:
        """Parse a program once, and only once for equal edits."""
        known = self._looks.get((find, replacement))
        if known is None:
            text, language = self.task.target.text, self.task.language
            if self._given is None:
                self._given = findings(text, language)
            program = EditBlock(self.task.target.path, find, replacement).apply(text)
            tree = _parsed(program)
            is_suspicious = bool(findings(program, language, tree) - self._given)
            known = _Look(normalised(program, tree), is_suspicious)
            self._looks[find, replacement] = known
        return known

    def has_rejected(self, side: Side) -> bool:
        """Whether a pair on this state has this program on its rejected side."""
        rejected = self._rejected.get(side.state, ())
        return self.program(side.find, side.replacement) in rejected

    def keep(self, kind: PairKind, chosen: Side, rejected: Side) -> None:
        """Make a pair of two answers to one state."""
        program = self.program(rejected.find, rejected.replacement)
        self._rejected.setdefault(rejected.state, set()).add(program)
        answers = (self._answer(chosen), self._answer(rejected))
        self.keep_texts(kind, (chosen, rejected), answers)

    def has_rejected_text(self, state: str, text: str) -> bool:
        """As `has_rejected`, of answers that are no edits of the program."""
        return text in self._rejected.get(state, ())

    def keep_texts(
        self, kind: PairKind, sides: tuple[Side, Side], answers: tuple[str, str], tools: str = ""
    ) -> None:
        """Make a pair of two answers as they would be learned, the chosen one first."""
        (chosen, rejected), (good, bad) = sides, answers
        assert chosen.state == rejected.state
        self.n_kept += 1
        self._rejected.setdefault(rejected.state, set()).add(bad)
        self.built.pairs.append(
            PairRow(
                build_id=self.build_id,
                pair_id=pair_id(chosen.state, good, bad),
                task_id=self.task.task_id,
                family=self.family,
                kind=kind.value,
                state=chosen.state,
                chosen=good,
                rejected=bad,
                chosen_rollout=chosen.rollout_id,
                chosen_iteration=chosen.iteration,
                rejected_rollout=rejected.rollout_id,
                rejected_iteration=rejected.iteration,
                changed_share=changed_share(good, bad),
                tools=tools,
            )
        )

    def drop(self, reason: DropReason, chosen: str, rejected: str) -> None:
        """Keep the reason why two rollouts are no pair; the first may be empty."""
        row = DroppedRow(self.build_id, self.task.task_id, reason.value, chosen, rejected)
        self.built.dropped.append(row)

    def _answer(self, side: Side) -> str:
        """The edit alone: whatever stood around it was not executed and is not learned."""
        return EditBlock(self.task.target.path, side.find, side.replacement).render()


def pair_id(state: str, chosen: str, rejected: str) -> str:
    """The name of a pair: equal content has an equal name in every build."""
    return short([state, chosen, rejected], 16)


def changed_share(chosen: str, rejected: str) -> float:
    """Share of tokens in which two answers differ, 0 to 1."""
    one, other = re.findall(r"\w+|[^\w\s]", chosen), re.findall(r"\w+|[^\w\s]", rejected)
    if not one and not other:
        return 0.0
    return 1.0 - difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def normalised(program: str, tree: ast.AST | None = None) -> str:
    """Equal for programs that differ in layout alone; the text itself when it does not parse."""
    found = tree or _parsed(program)
    return program if found is None else syntax.shape(found)


def _parsed(program: str) -> ast.AST | None:
    try:
        return syntax.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
