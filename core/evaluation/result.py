"""What one suite says about base against tuned: per-task counts in, estimates out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.errors import RefusedError
from core.evaluation.stats import (
    Count,
    lower_bound,
    paired_interval,
    seed_se,
    sign_flip_p,
    upper_bound,
    zero_flip_message,
)

_MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class TaskResult:
    """How often each arm solved one task; runs lost to infrastructure are not counted."""

    task_id: str
    base_passed: int
    base_n: int
    tuned_passed: int
    tuned_n: int

    @property
    def base(self) -> Count:
        """The base arm's runs."""
        return Count(self.base_passed, self.base_n)

    @property
    def tuned(self) -> Count:
        """The tuned arm's runs."""
        return Count(self.tuned_passed, self.tuned_n)

    @property
    def difference(self) -> Fraction:
        """Tuned rate minus base rate."""
        return self.tuned.rate - self.base.rate


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """The comparison on one suite; rates and differences are shares of 1, not points."""

    suite: str
    rows: tuple[TaskResult, ...]
    level: float
    base_rate: float
    """Mean over tasks, each task counting once however often it ran."""
    tuned_rate: float
    delta: float
    ci_low: float
    ci_high: float
    lower: float
    """One-sided: delta is above this with probability `level`."""
    upper: float
    p_value: float
    """Exact two-sided sign-flip test over tasks."""
    se: float
    """The error the interval is built on: spread over tasks, or run noise where larger."""
    seed_se: float | None
    """Run noise alone, as if these were all tasks there are; None with single runs."""
    won: tuple[str, ...]
    """Tasks that base mostly fails and tuned mostly solves."""
    lost: tuple[str, ...]
    note: str = ""
    """What the interval does not say, when no task changed at all."""


def summarise(suite: str, rows: Sequence[TaskResult], level: float = 0.95) -> SuiteResult:
    """Estimate one suite; refuses rows that cannot be compared, naming them."""
    _refuse_unusable(suite, rows)
    rows = tuple(sorted(rows, key=lambda row: row.task_id))
    differences = [row.difference for row in rows]
    noise = seed_se([row.base for row in rows], [row.tuned for row in rows])
    interval = paired_interval(differences, level, noise)
    return SuiteResult(
        suite=suite,
        rows=rows,
        level=level,
        base_rate=float(sum(row.base.rate for row in rows) / len(rows)),
        tuned_rate=float(sum(row.tuned.rate for row in rows) / len(rows)),
        delta=interval.mean,
        ci_low=interval.low,
        ci_high=interval.high,
        lower=lower_bound(differences, level, noise),
        upper=upper_bound(differences, level, noise),
        p_value=sign_flip_p(differences),
        se=interval.se,
        seed_se=noise,
        won=tuple(row.task_id for row in rows if _mostly(row.tuned) and not _mostly(row.base)),
        lost=tuple(row.task_id for row in rows if _mostly(row.base) and not _mostly(row.tuned)),
        note="" if any(differences) else zero_flip_message(len(rows)),
    )


def pair_arms(base: Mapping[str, Count], tuned: Mapping[str, Count]) -> tuple[TaskResult, ...]:
    """One row per task, from both arms' counts; refuses arms that ran different tasks."""
    only_base, only_tuned = base.keys() - tuned.keys(), tuned.keys() - base.keys()
    if only_base or only_tuned:
        raise RefusedError(
            "The arms ran different tasks and cannot be compared: "
            f"only base ran {_named(only_base)}; only tuned ran {_named(only_tuned)}. "
            "Run the missing tasks, then evaluate again."
        )
    return tuple(
        TaskResult(name, one.n_passed, one.n_runs, tuned[name].n_passed, tuned[name].n_runs)
        for name, one in sorted(base.items())
    )


def run_noise(suite: SuiteResult) -> float | None:
    """Mean run noise of both arms together; None when some task ran only once in an arm."""
    if any(min(row.base_n, row.tuned_n) < 2 for row in suite.rows):
        return None
    return math.fsum(row.base.noise + row.tuned.noise for row in suite.rows) / len(suite.rows)


def _refuse_unusable(suite: str, rows: Sequence[TaskResult]) -> None:
    twice = [name for name, n_rows in Counter(row.task_id for row in rows).items() if n_rows > 1]
    if twice:
        raise RefusedError(f"{suite}: more than one row for {_named(twice)}")
    for arm, counts in (
        ("base", {row.task_id: row.base for row in rows}),
        ("tuned", {row.task_id: row.tuned for row in rows}),
    ):
        idle = [name for name, count in counts.items() if count.n_runs < 1]
        if idle:
            raise RefusedError(
                f"{suite}: {arm} has no finished run of {_named(idle)}. "
                "Resume the evaluation until every task ran in both arms."
            )
        odd = [name for name, count in counts.items() if not 0 <= count.n_passed <= count.n_runs]
        if odd:
            raise RefusedError(f"{suite}: {arm} counts more passes than runs of {_named(odd)}")
    if len(rows) < 2:
        raise RefusedError(f"{suite}: a comparison needs at least 2 tasks, there are {len(rows)}")


def _mostly(count: Count) -> bool:
    return 2 * count.n_passed > count.n_runs


def _named(task_ids: set[str] | list[str]) -> str:
    names = sorted(task_ids)
    rest = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return (", ".join(names[:_MAX_NAMED]) or "nothing") + rest
