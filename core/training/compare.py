"""Jobs beside each other: only the settings in which they differ, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.context import Context
from core.errors import UsageError
from core.money import usd
from core.store.demonstrations import arm_policies
from core.store.evaluations import list_evaluations
from core.training.metric_names import group_of, spoken
from core.training.operations import JobView, show_job

_MISSING = "-"


@dataclass(frozen=True, slots=True)
class ComparedJob:
    """One column."""

    job_id: str
    trainer: str
    status: str
    policy: str


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row: a value for each job, in their order; `-` where a job has none."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobComparison:
    """Jobs beside each other."""

    jobs: tuple[ComparedJob, ...]
    settings: tuple[ComparedRow, ...]
    """Only those in which they differ."""
    n_equal: int
    """Settings in which they do not."""
    results: tuple[ComparedRow, ...]


async def compare_jobs(context: Context, job_ids: Sequence[str]) -> JobComparison:
    """Two jobs or more, named by their ids or the beginning of them."""
    views = [await show_job(context, name) for name in job_ids]
    if len({view.job.job_id for view in views}) < 2:
        raise UsageError("Two different jobs at least are compared; name them.")
    settings = [_settings(view) for view in views]
    names = list(dict.fromkeys(name for one in settings for name in one))
    rows = [_row(name, settings) for name in names]
    differing = tuple(row for row in rows if len(set(row.values)) > 1)
    results = [await _results(context, view) for view in views]
    shown = list(dict.fromkeys(name for one in results for name in one))
    return JobComparison(
        jobs=tuple(
            ComparedJob(view.job.job_id, view.job.trainer, view.job.status, view.policy)
            for view in views
        ),
        settings=differing,
        n_equal=len(rows) - len(differing),
        results=tuple(_row(name, results) for name in shown),
    )


def _settings(view: JobView) -> dict[str, str]:
    given = view.given
    data = {"trainer": view.job.trainer, "dataset": view.job.dataset_id[:12] or _MISSING}
    if given is not None:
        data |= {"rows": f"{given.n_trained}", "tasks": f"{given.n_tasks}"}
    return {**data, **{name: _text(value) for name, value in view.settings.items()}}


async def _results(context: Context, view: JobView) -> dict[str, str]:
    found = {"status": view.job.status}
    for name, points in sorted(view.series.items(), key=lambda item: (group_of(item[0]), item[0])):
        known = [point for point in points if point.value is not None]
        if known:
            found[f"last {spoken(name)}"] = _text(known[-1].value)
    steps = max((p.step for points in view.series.values() for p in points), default=None)
    if steps is not None:
        found["steps"] = str(steps)
    if view.remote is not None and view.remote.price.so_far is not None:
        mark = "" if view.remote.price.is_final else " (so far)"
        found["price"] = f"{usd(view.remote.price.so_far)}{mark}"
    found["alarms"] = ", ".join(alarm.kind.value for alarm in view.alarms) or "none"
    found |= await _verdicts(context, view.policy)
    return found


async def _verdicts(context: Context, policy: str) -> dict[str, str]:
    """What evaluations said of the policy that a job made."""
    if not policy:
        return {}
    policies = await arm_policies(context.store)
    found = {}
    for row in await list_evaluations(context.store):
        if policies.get(row.tuned_arm) == policy and row.verdict:
            found[f"verdict of {row.evaluation_id}"] = str(row.verdict)
    return found


def _row(name: str, columns: Sequence[dict[str, str]]) -> ComparedRow:
    return ComparedRow(name, tuple(column.get(name, _MISSING) for column in columns))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
