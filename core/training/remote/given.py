"""The rows that a job is trained on, with what must be known of each, and what is held back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from core.digest import digest
from core.policies.tokens import estimate_prompt
from core.store.decisions import DecisionCounts
from core.together.message_rules import Kind
from core.together.training_file import FileReport, Room, check_rows

_FEWEST_FAMILIES = 10
"""With fewer, nothing is held back: there is nothing to spare."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One line of a training file."""

    line: bytes
    """With its newline."""
    task_id: str
    family: str
    preferred: str
    """Its preferred answer, or the demonstrated one."""
    by: tuple[str, ...] = ()
    """The policies that gave its answers, the preferred one's first; empty when unknown."""
    changed_share: float | None = None


@dataclass(frozen=True, slots=True)
class RemoteGiven:
    """What may be sent; the rows of one build of pairs, or the demonstrations of one run."""

    kind: Kind
    source_id: str
    """The build, or the run."""
    dataset_id: str
    """Empty while the rows are only looked at."""
    rows: tuple[TrainingRow, ...]
    decisions: DecisionCounts
    n_invalid: int = 0
    """Answers of the rollouts behind it that broke the protocol."""
    n_answers: int = 0
    """All their answers."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Answers that made no row, by reason."""
    leak: str = ""
    """What the leak check found; empty when it found nothing."""

    @property
    def n_tasks(self) -> int:
        """Distinct tasks: the number that counts."""
        return len({row.task_id for row in self.rows})

    @property
    def median_changed_share(self) -> float | None:
        """Of a pair, the share of tokens in which its sides differ."""
        known = [row.changed_share for row in self.rows if row.changed_share is not None]
        return median(known) if known else None

    @property
    def n_crowded(self) -> int:
        """Rows beyond the second with the same preferred answer."""
        return sum(max(0, n - 2) for n in Counter(row.preferred for row in self.rows).values())


@dataclass(frozen=True, slots=True)
class Content:
    """A file that may be uploaded."""

    rows: tuple[TrainingRow, ...]
    report: FileReport

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return b"".join(row.line for row in self.rows)

    @property
    def sha(self) -> str:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is trained on and what is measured on; no family is in both."""

    training: Content
    validation: Content | None


def divide(
    given: RemoteGiven, share: float, seed: int, room: Room | None, *, skips_bad: bool
) -> Contents:
    """Hold whole families back until their tasks are the share, then look at every row."""
    held = _held_back(given.rows, share, seed)
    training = [row for row in given.rows if row.family not in held]
    validation = [row for row in given.rows if row.family in held]
    name = given.source_id
    return Contents(
        _content(f"{name} (training)", training, given.kind, room, skips_bad=skips_bad),
        _content(f"{name} (validation)", validation, given.kind, room, skips_bad=skips_bad)
        if validation
        else None,
    )


def _held_back(rows: Sequence[TrainingRow], share: float, seed: int) -> set[str]:
    tasks: dict[str, set[str]] = {}
    for row in rows:
        tasks.setdefault(row.family, set()).add(row.task_id)
    if not share or len(tasks) < _FEWEST_FAMILIES:
        return set()
    wanted, n_held, held = share * sum(map(len, tasks.values())), 0, set()
    for family in sorted(tasks, key=lambda name: digest([name, seed])):
        if n_held + len(tasks[family]) / 2 > wanted:
            break
        held.add(family)
        n_held += len(tasks[family])
    return held


def _content(
    name: str, rows: Sequence[TrainingRow], kind: Kind, room: Room | None, *, skips_bad: bool
) -> Content:
    report = check_rows(name, _numbered(rows), kind, estimate_prompt, room)
    if skips_bad and report.n_problems:
        bad = {problem.line for problem in report.problems}
        rows = [row for n, row in enumerate(rows, 1) if n not in bad]
    return Content(tuple(rows), report)


def _numbered(rows: Sequence[TrainingRow]) -> Iterator[tuple[int, bytes]]:
    yield from ((n, row.line) for n, row in enumerate(rows, 1))
