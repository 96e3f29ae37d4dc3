"""What people say of likely relatives: yes or no, kept by program, undoable for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.splits.kin import program_name
from core.splits.links import Link, LinkKind
from core.store.relations import AnswerRow
from core.task import Task


class Answer(StrEnum):
    """Whether two programs are one task."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that stands."""

    seq: int
    answer: Answer
    reason: str


Pair = tuple[str, str]
"""Two programs as `suite/program`, in order."""


def pair_of(one: Task, other: Task) -> Pair:
    """The programs of two tasks."""
    first, second = sorted((program_name(one), program_name(other)))
    return first, second


def standing(journal: Iterable[AnswerRow]) -> dict[Pair, Said]:
    """The newest answer of each pair that was not taken back."""
    said: dict[Pair, Said] = {}
    for row in _standing_rows(journal):
        said[(row.one, row.other)] = Said(row.seq, Answer(row.action), row.reason)
    return said


def newest(journal: Sequence[AnswerRow]) -> AnswerRow | None:
    """The answer that the next undo takes back."""
    rows = _standing_rows(journal)
    return rows[-1] if rows else None


def settle(
    tasks: Sequence[Task], links: Iterable[Link], said: Mapping[Pair, Said]
) -> tuple[Link, ...]:
    """The links as answered: confirmed ones are certain, denied questions are gone."""
    by_id = {task.task_id: task for task in tasks}
    first: dict[str, str] = {}
    for task_id in sorted(by_id):
        first.setdefault(program_name(by_id[task_id]), task_id)
    kept = [
        link
        for link in links
        if link.is_certain or pair_of(by_id[link.one], by_id[link.other]) not in said
    ]
    confirmed = [
        Link(first[one], first[other], LinkKind.ANSWER, _words(word))
        for (one, other), word in sorted(said.items())
        if word.answer is Answer.YES and one in first and other in first
    ]
    return (*kept, *confirmed)


def _words(said: Said) -> str:
    words = "they were said to be one task"
    return f"{words}: {said.reason}" if said.reason else words


def _standing_rows(journal: Iterable[AnswerRow]) -> list[AnswerRow]:
    rows = list(journal)
    undone = {row.target for row in rows if row.action == "undo"}
    return [row for row in rows if row.action != "undo" and row.seq not in undone]
