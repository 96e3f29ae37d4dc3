"""What a job is trained on, and what can be said of a job before it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.store.decisions import DecisionCounts
from core.store.jobs import JobInputRow
from core.training.alarms import Alarm, JobSize, size_alarms
from core.training.dpo import n_steps
from core.training.dpo_examples import DpoPair, Examples, prepare
from core.training.dpo_options import DpoOptions


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A build's pairs as people decided, ready for a trainer."""

    build_id: str
    dataset_id: str
    """Empty while the set is only looked at."""
    pairs: tuple[DpoPair, ...]
    n_tasks: int
    decisions: DecisionCounts
    """Of all pairs of the build."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """A job before it starts."""

    build_id: str
    parent: str
    decisions: DecisionCounts
    n_pairs: int
    """In the dataset."""
    n_tasks: int
    n_trained: int
    """Pairs that the trainer can use."""
    skipped: dict[str, int]
    """The others, by reason."""
    n_steps: int
    leak: str
    """What the leak check found; empty when it found nothing."""
    refusals: tuple[str, ...]
    """Why the job would be refused; empty when it may start."""
    alarms: tuple[Alarm, ...]
    cost_microusd: int


def job_size(given: TrainingSet, examples: Examples, options: DpoOptions) -> JobSize:
    """How large a job on these examples is."""
    steps = n_steps(examples.n_pairs, options)
    return JobSize(examples.n_pairs, given.n_tasks, steps, options.batch_size)


def input_row(job_id: str, given: TrainingSet, size: JobSize) -> JobInputRow:
    """What is stored of a job's input."""
    decided = given.decisions
    return JobInputRow(
        job_id=job_id,
        build_id=given.build_id,
        dataset_id=given.dataset_id,
        n_pairs=len(given.pairs),
        n_tasks=given.n_tasks,
        n_trained=size.n_pairs,
        n_steps=size.n_steps,
        n_kept=decided.n_kept,
        n_dropped=decided.n_dropped,
        n_flagged=decided.n_flagged,
        n_undecided=decided.n_undecided,
        n_swapped=decided.n_swapped,
    )


def look(given: TrainingSet, parent: str, options: DpoOptions, leak: str) -> Preflight:
    """The preflight of a set that could be made; takes as long as the job takes to begin."""
    examples = prepare(given.pairs)
    size = job_size(given, examples, options)
    refusals = [leak] if leak else []
    if not examples.n_pairs:
        refusals.append(f"None of {len(given.pairs)} pairs can train the built-in policy.")
    return Preflight(
        build_id=given.build_id,
        parent=parent,
        decisions=given.decisions,
        n_pairs=len(given.pairs),
        n_tasks=given.n_tasks,
        n_trained=size.n_pairs,
        skipped=reasons(examples),
        n_steps=size.n_steps,
        leak=leak,
        refusals=tuple(refusals),
        alarms=size_alarms(size),
        cost_microusd=0,
    )


def refused(build_id: str, parent: str, decided: DecisionCounts, why: Sequence[str]) -> Preflight:
    """The preflight of a set that could not be made."""
    return Preflight(build_id, parent, decided, 0, 0, 0, {}, 0, "", tuple(why), (), 0)


def reasons(examples: Examples) -> dict[str, int]:
    """The pairs that cannot be trained on, by reason."""
    return dict(Counter(skipped.reason for skipped in examples.skipped))
