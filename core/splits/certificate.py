"""The leak certificate: what was compared, by which tests, what was found, under one hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

import msgspec

from core.context import Context
from core.digest import digest
from core.errors import UsageError
from core.splits.answers import Answer
from core.splits.leaks import (
    LeakFinding,
    crossings,
    open_questions,
    refuse,
    refuse_changed,
    torn,
)
from core.splits.links import LinkKind, TestDone
from core.splits.relations import Related, relate
from core.splits.sides import Side, Split, in_order
from core.splits.stored import get_split, load_split
from core.store.splits import CertificateRow, save_certificate
from core.store.suites import load_tasks
from core.task import Task


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of one leak check; the same for the same tasks, split and answers."""

    split_id: str
    suites: str
    heldout: tuple[str, ...]
    """Suites that were held out from the split and compared with it."""
    sides: dict[str, int]
    """Compared tasks by side."""
    n_families: int
    n_gone: int
    """Members whose tasks are no longer in the workspace: only their recorded families count."""
    tests: tuple[TestDone, ...]
    leaks: tuple[LeakFinding, ...]
    questions: tuple[LeakFinding, ...]
    """Likely relatives on two sides that wait for a yes or no."""
    n_confirmed: int
    n_denied: int
    scan_id: str
    """Hash of everything that was compared."""
    hash: str = ""
    """Of everything above."""

    @property
    def is_clean(self) -> bool:
        """Whether no family stands on two sides."""
        return not self.leaks


async def certify(
    context: Context,
    split_id: str,
    heldout: Iterable[Task] = (),
    *,
    with_behaviour: bool = False,
) -> Certificate:
    """Check a split afresh and store the result; refuses one that was changed after it was made.

    `heldout` are tasks of suites that the split does not name.
    """
    row = await get_split(context, split_id)
    split = await load_split(context, row)
    refuse_changed(split)
    sides = {member.task_id: member.side for member in split.members}
    members = await _members(context, row.suites, sides)
    extra = {task.task_id: task for task in heldout}
    if overlap := sorted(extra.keys() & sides.keys()):
        raise UsageError(f"{overlap[0]} is in the split; it cannot be held out from it as well.")
    sides |= dict.fromkeys(extra, Side.HELDOUT)
    tasks = [*members, *extra.values()]
    related = await relate(context, tasks, with_behaviour=with_behaviour)
    suites = tuple(sorted({task.suite for task in extra.values()}))
    certificate = _made(split, (row.suites, suites), related, sides)
    body = msgspec.json.encode(certificate).decode()
    counts = (len(certificate.leaks), len(certificate.questions))
    stored = CertificateRow(certificate.hash, split.hash, *counts, body, context.now())
    await save_certificate(context.store, stored)
    return certificate


async def refuse_leaks(context: Context, split_id: str, used: Collection[str]) -> Certificate:
    """Raise, naming both tasks and the evidence, when a family stands on two sides of a split.

    What a person confirmed after the split was made only counts when it concerns a `used` task:
    a split that was clean when money was spent on it stays of use.
    """
    certificate = await certify(context, split_id)
    concerned = [
        leak
        for leak in certificate.leaks
        if leak.kind is not LinkKind.ANSWER or {leak.one, leak.other} & set(used)
    ]
    refuse(concerned)
    return certificate


def _made(
    split: Split, names: tuple[str, tuple[str, ...]], related: Related, sides: Mapping[str, Side]
) -> Certificate:
    found = crossings(sides, related.families)
    compared = Counter[str](sides[task.task_id].value for task in related.tasks)
    answers = Counter(said.answer for said in related.said.values())
    suites, heldout = names
    certificate = Certificate(
        split_id=split.hash,
        suites=suites,
        heldout=heldout,
        sides=in_order(compared),
        n_families=len(related.families),
        n_gone=len(sides) - len(related.tasks),
        tests=related.tests,
        leaks=(*found, *torn(split, found)),
        questions=tuple(open_questions(sides, related.tasks, related.links)),
        n_confirmed=answers[Answer.YES],
        n_denied=answers[Answer.NO],
        scan_id=related.scan_id,
    )
    return replace(certificate, hash=digest(certificate))


async def _members(context: Context, suites: str, sides: Mapping[str, Side]) -> list[Task]:
    loaded = [await load_tasks(context.store, suite) for suite in suites.split(",")]
    return [task for task in chain.from_iterable(loaded) if task.task_id in sides]
