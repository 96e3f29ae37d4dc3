"""Related tasks as a list to look through, and the answers to what is not certain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.context import Context
from core.errors import UsageError
from core.splits.answers import Answer, Pair, Said, newest, pair_of, standing
from core.splits.kin import program_name
from core.splits.links import Link, LinkKind, TestDone
from core.splits.relations import Related
from core.splits.sides import Side
from core.store.relations import AnswerRow, load_answers
from core.task import Task


class Standing(StrEnum):
    """How sure it is that two tasks belong together."""

    CERTAIN = "certain"
    OPEN = "open"
    """A question that waits for a yes or no."""
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Relation:
    """Two tasks, or what they stand for, and all evidence that they are related."""

    one: str
    other: str
    one_side: str
    """In the split that was asked for; empty where it does not have the task."""
    other_side: str
    kinds: tuple[LinkKind, ...]
    evidence: tuple[str, ...]
    standing: Standing
    reason: str
    """Given with a yes or no."""
    crosses: bool
    """Whether the tasks are on two sides."""
    is_leak: bool
    """Whether they belong together and are on two sides."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What is known of some suites' tasks."""

    suites: tuple[str, ...]
    split_id: str
    """The split that the sides are of; empty before one is made."""
    rows: tuple[Relation, ...]
    """Leaks first, then open questions, then the rest; bugs of one program are not listed."""
    n_families: int
    n_tasks: int
    is_compared: bool
    """Whether the tasks as they now are were compared; without that nothing is known."""
    tests: tuple[TestDone, ...]
    """By which the tasks were compared."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given or taken back."""

    one: str
    """Programs, as `suite/program`."""
    other: str
    answer: Answer
    is_undone: bool
    reason: str


_ORDER = (Standing.OPEN, Standing.YES, Standing.NO, Standing.CERTAIN)


def list_relations(
    tasks: Sequence[Task], related: Related | None, sides: Mapping[str, str], split_id: str
) -> Relations:
    """All relations but those of bugs of one program, the urgent ones first."""
    suites = tuple(sorted({task.suite for task in tasks}))
    if related is None:
        return Relations(suites, split_id, (), 0, len(tasks), False, ())
    by_id = {task.task_id: task for task in related.tasks}
    grouped: dict[tuple[str, str], list[Link]] = {}
    for link in _every(related):
        if program_name(by_id[link.one]) != program_name(by_id[link.other]):
            first, second = sorted((link.one, link.other))
            grouped.setdefault((first, second), []).append(link)
    rows = [
        _relation(by_id[one], by_id[other], links, related.said, sides)
        for (one, other), links in grouped.items()
    ]
    rows.sort(key=lambda row: (not row.is_leak, _ORDER.index(row.standing), not row.crosses))
    counts = (len(related.families), len(related.tasks))
    return Relations(suites, split_id, tuple(rows), *counts, True, related.tests)


async def answer(
    context: Context, pair: tuple[Task, Task], said: Answer, reason: str, related: Related | None
) -> Answered:
    """Store a yes or no on two programs; what is certain cannot be denied."""
    one, other = pair_of(*pair)
    if one == other:
        raise UsageError(f"Both are bugs of {one}; there is nothing to ask.")
    ids = {task.task_id for task in pair}
    found = related.found if related is not None else ()
    certain = [link for link in found if link.is_certain and {link.one, link.other} == ids]
    if certain and said is Answer.NO:
        raise UsageError(f"That is certain and cannot be denied: {certain[0].evidence}.")
    journal = await load_answers(context.store)
    seq = 1 + max((row.seq for row in journal), default=0)
    row = AnswerRow(seq, said.value, seq, one, other, reason.strip(), context.now())
    await context.store.insert("answers", [row])
    return Answered(one, other, said, False, row.reason)


async def undo(context: Context) -> Answered:
    """Take back the newest answer that stands."""
    journal = await load_answers(context.store)
    last = newest(journal)
    if last is None:
        raise UsageError("There is no answer to take back.")
    seq = 1 + max(row.seq for row in journal)
    row = AnswerRow(seq, "undo", last.seq, last.one, last.other, "", context.now())
    await context.store.insert("answers", [row])
    return Answered(last.one, last.other, Answer(last.action), True, last.reason)


async def answers(context: Context) -> list[Answered]:
    """The answers that stand, oldest first."""
    said = standing(await load_answers(context.store))
    ordered = sorted(said.items(), key=lambda item: item[1].seq)
    return [Answered(*pair, word.answer, False, word.reason) for pair, word in ordered]


def sides_of(members: Mapping[str, str], tasks: Iterable[Task], suites: str) -> dict[str, str]:
    """The side of every task: of a suite that the split does not name it is held out."""
    sides = dict(members)
    named = suites.split(",")
    outside = (task.task_id for task in tasks if task.suite not in named)
    return dict.fromkeys(outside, Side.HELDOUT.value) | sides


def _every(related: Related) -> list[Link]:
    """What was found, and what people said beside it."""
    found = {frozenset((link.one, link.other)) for link in related.found}
    said = [
        link
        for link in related.links
        if link.kind is LinkKind.ANSWER and frozenset((link.one, link.other)) not in found
    ]
    return [*related.found, *said]


def _relation(
    one: Task, other: Task, links: list[Link], said: Mapping[Pair, Said], sides: Mapping[str, str]
) -> Relation:
    word = said.get(pair_of(one, other))
    if any(link.is_certain and link.kind is not LinkKind.ANSWER for link in links):
        where = Standing.CERTAIN
    else:
        where = Standing(word.answer.value) if word is not None else Standing.OPEN
    places = sides.get(one.task_id, ""), sides.get(other.task_id, "")
    crosses = all(places) and places[0] != places[1]
    return Relation(
        one.task_id,
        other.task_id,
        *places,
        tuple(dict.fromkeys(link.kind for link in links)),
        tuple(dict.fromkeys(link.evidence for link in links)),
        where,
        word.reason if word is not None else "",
        crosses,
        crosses and where in (Standing.CERTAIN, Standing.YES),
    )
