"""The decisive test of relation: the cases of one task, run on the reference of another.

Two references that pass each other's cases do the same, however they are written. Answers that
are mostly yes or no agree by chance, so that only distinct results count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.digest import digest
from core.sandbox.pool import Sandbox
from core.sandbox.run import CaseStatus, Limits, Verdict
from core.sandbox.tasks import run_tests
from core.splits.links import Link, LinkKind
from core.splits.scan import Kind
from core.store.relations import BehaviourRow
from core.task import Case, Comparator, Oracle, Task

LEAST_SHARE = 0.6
LEAST_OUTPUTS = 4
LEAST_CASES = 6

_MOST_CASES = 16
_LIMITS = Limits(cpu_s=0.3, wall_s=10.0)
_LOOSER = (Comparator.EXACT, Comparator.SEQUENCE, Comparator.ITERATES)


@dataclass(frozen=True, slots=True)
class Trial:
    """The cases of `asked` on the reference of `answering`."""

    asked: Kind
    answering: Kind

    @property
    def content(self) -> str:
        """Hash of everything that the result depends on."""
        task = self.asked.task
        cases = [(case.args, case.expected) for case in _chosen(task)]
        other = self.answering
        return digest([cases, task.comparator, other.reading.text, other.task.entry_point])


def trials(kinds: Sequence[Kind], are_related: set[frozenset[str]]) -> list[tuple[Trial, Trial]]:
    """Both ways for each two that could be related and are not known to be.

    Only tasks with cases and as many arguments are tried; `are_related` names pairs of tasks.
    """
    able = [kind for kind in kinds if kind.is_main and _can_be_tried(kind)]
    return [
        (Trial(one, other), Trial(other, one))
        for at, one in enumerate(able)
        for other in able[at + 1 :]
        if one.arity == other.arity
        and frozenset((one.task.task_id, other.task.task_id)) not in are_related
    ]


async def try_out(sandbox: Sandbox, trial: Trial) -> BehaviourRow | None:
    """Run a trial; nothing when the sandbox lost it."""
    task, other = trial.asked.task, trial.answering
    cases = _chosen(task)
    asked = replace(
        task,
        cases=cases,
        entry_point=other.task.entry_point,
        comparator=_looser(task.comparator, other.task.comparator),
    )
    run = await run_tests(sandbox, asked, other.reading.text, limits=_LIMITS)
    if run.verdict is Verdict.WORKER_LOST:
        return None
    passed = [
        case
        for case, result in zip(cases, run.cases, strict=False)
        if result.status is CaseStatus.PASSED
    ]
    outputs = {case.expected for case in passed}
    return BehaviourRow(trial.content, len(passed), len(cases), len(outputs))


def judge(one: Kind, other: Kind, on_other: BehaviourRow, on_one: BehaviourRow) -> Link | None:
    """What two trials say: nothing, a question, or that the tasks are certainly one.

    `on_other` is how the cases of `one` fared on the reference of `other`.
    """
    rows = (on_other, on_one)
    is_whole = [row.n_passed == row.n_cases and row.n_outputs >= LEAST_OUTPUTS for row in rows]
    is_long = [row.n_cases >= LEAST_CASES for row in rows]
    is_certain = all(is_whole) and any(is_long)
    is_likely = all(
        row.n_cases and row.n_passed >= LEAST_SHARE * row.n_cases and row.n_outputs >= LEAST_OUTPUTS
        for row in rows
    )
    is_one_way = any(whole and long for whole, long in zip(is_whole, is_long, strict=True))
    if not (is_likely or is_one_way):
        return None
    first, second = one.task.task_id, other.task.task_id
    evidence = (
        f"the reference of {second} passes {on_other.n_passed} of {on_other.n_cases} cases of "
        f"{first}, the other way {on_one.n_passed} of {on_one.n_cases}"
    )
    return Link(first, second, LinkKind.BEHAVIOUR, evidence, is_certain)


def _can_be_tried(kind: Kind) -> bool:
    task = kind.task
    is_comparable = task.comparator is not Comparator.HOLDS
    has_cases = task.oracle is Oracle.CASES and bool(task.cases)
    return has_cases and is_comparable and bool(task.entry_point) and kind.arity is not None


def _chosen(task: Task) -> tuple[Case, ...]:
    """Not too many, one of each expected result before a second."""
    first: dict[str, Case] = {}
    for case in task.cases:
        first.setdefault(case.expected, case)
    fresh = list(first.values())
    again = [case for case in task.cases if first[case.expected] is not case]
    return (*fresh, *again)[:_MOST_CASES]


def _looser(one: Comparator, other: Comparator) -> Comparator:
    if one in _LOOSER and other in _LOOSER:
        return max(one, other, key=_LOOSER.index)
    return one
