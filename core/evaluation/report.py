"""Everything that a finished evaluation stands on, gathered for people who were not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.evaluation.operations import EvaluationReport
from core.evaluation.result import SuiteResult, TaskResult
from core.store.evaluations import ArmTotals


@dataclass(frozen=True, slots=True)
class ArmDetails:
    """One arm: what answered, under which conditions, and what it took."""

    role: str
    policy: str
    arm_id: str
    protocol: str
    prompts: str
    test_policy: str
    temperature: float
    n_iterations: int
    """The most that a rollout may take."""
    totals: ArmTotals | None
    """None when not one of its rollouts is stored."""
    job_id: str = ""
    """The job that made the policy; empty for one that no job here made."""
    parent: str = ""
    n_pairs: int = 0
    n_pair_tasks: int = 0


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A family's tasks together, each counting once."""

    suite: str
    family: str
    n_tasks: int
    base_rate: float
    tuned_rate: float

    @property
    def delta(self) -> float:
        """Tuned minus base."""
        return self.tuned_rate - self.base_rate


@dataclass(frozen=True, slots=True)
class EvaluationDetails:
    """A verdict with its grounds."""

    report: EvaluationReport
    split_id: str
    side: str
    seeds: tuple[int, ...]
    started_at: datetime
    base: ArmDetails
    tuned: ArmDetails
    families: tuple[FamilyRow, ...]
    n_calls: int
    n_tokens: int
    cost_microusd: int
    """Of all calls, those of repeated attempts included."""


def family_rows(report: EvaluationReport, family_of: Mapping[str, str]) -> tuple[FamilyRow, ...]:
    """The rows of all suites; a task that is in no family here stands for itself."""
    suites = [report.test, *([report.heldout] if report.heldout is not None else [])]
    return tuple(row for suite in suites for row in _of_suite(suite, family_of))


def _of_suite(suite: SuiteResult, family_of: Mapping[str, str]) -> list[FamilyRow]:
    groups: dict[str, list[TaskResult]] = defaultdict(list)
    for row in suite.rows:
        groups[family_of.get(row.task_id, row.task_id)].append(row)
    return [
        FamilyRow(
            suite.suite,
            name,
            len(rows),
            float(sum(row.base.rate for row in rows) / len(rows)),
            float(sum(row.tuned.rate for row in rows) / len(rows)),
        )
        for name, rows in sorted(groups.items())
    ]
