"""What the stored rows mean for a person: how far each stage is, and the one next step.

A stage is done when its newest result is not older than the newest input it depends on.
Nothing here draws or reads; it turns a `Standing` into plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing these for real loads the database
    from core.store.overview import Standing
    from core.store.suites import SuiteSummary

_PREFERRED_SUITE = "kata"


class Progress(StrEnum):
    """How far a stage is."""

    DONE = "done"
    NEXT = "next"
    WAITING = "waiting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """The command to run next, and why."""

    words: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline; a missing count is not known yet."""

    name: str
    progress: Progress
    count: int | None
    unit: str
    remark: str
    command: str
    """The command that shows its rows."""


@dataclass(frozen=True, slots=True)
class _Judged:
    count: int
    unit: str
    remark: str
    step: Step | None
    """None when the stage is done."""


FIRST_STEP = Step(("suite", "forge"), "makes the built-in suite of bugs")
DEMO = Step(("demo",), "runs every stage on the built-ins: offline, a minute or two")


def lay_out(standing: Standing | None) -> tuple[tuple[Stage, ...], Step | None]:
    """The six stages in order, and the next step; nothing is known without a standing."""
    if standing is None:
        return tuple(_unknown(name) for name, _, _ in _STAGES), None
    stages: list[Stage] = []
    step: Step | None = None
    for name, command, judge in _STAGES:
        judged = judge(standing)
        if step is not None:
            progress = Progress.WAITING
        else:
            step = judged.step
            progress = Progress.DONE if step is None else Progress.NEXT
        stages.append(
            Stage(name, progress, judged.count, judged.unit, judged.remark, f"gemel {command}")
        )
    return tuple(stages), step or _after_verdict(standing)


def _unknown(name: str) -> Stage:
    return Stage(name, Progress.UNKNOWN, None, "", "", "")


def _suites(standing: Standing) -> _Judged:
    n_tasks = sum(suite.n_tasks for suite in standing.suites)
    n_admitted = sum(suite.n_admitted for suite in standing.suites)
    n_quarantined = sum(suite.n_quarantined for suite in standing.suites)
    parts = [_many(len(standing.suites), "suite")] if standing.suites else []
    parts += [f"{n_admitted:,} admitted"] if n_admitted else []
    parts += [f"{n_quarantined:,} quarantined"] if n_quarantined else []
    n_unchecked = n_tasks - n_admitted - n_quarantined
    parts += [f"{n_unchecked:,} unchecked"] if n_unchecked else []
    return _Judged(n_tasks, _unit(n_tasks, "task"), ", ".join(parts), _suite_step(standing))


def _suite_step(standing: Standing) -> Step | None:
    if not standing.suites:
        return FIRST_STEP
    if _ready(standing):
        return None
    first = _preferred_first(standing)[0]
    for suite in _preferred_first(standing):
        if suite.n_admitted + suite.n_quarantined < suite.n_tasks:
            return Step(("suite", "check", suite.suite), "proves that bugs fail, references pass")
    return Step(("suite", "check", first.suite, "--again"), "no task was admitted: checks again")


def _split(standing: Standing) -> _Judged:
    n_splits = len(standing.splits)
    remark = f"newest of {standing.splits[0].suites}" if standing.splits else ""
    ready = _ready(standing)
    step = None
    if not standing.splits:
        name = ready[0].suite if ready else _PREFERRED_SUITE
        step = Step(("split", "make", name), "divides the tasks so that no family leaks")
    return _Judged(n_splits, _unit(n_splits, "split"), remark, step)


def _rollouts(standing: Standing) -> _Judged:
    n_rollouts = sum(run.n_rollouts for run in standing.runs)
    n_passed = sum(run.n_passed for run in standing.runs)
    remark = f"{_many(len(standing.runs), 'run')}, {n_passed:,} passed" if standing.runs else ""
    step = None
    if not standing.runs or _is_older(standing.runs[0].created_at, _newest_split(standing)):
        step = Step(("rollouts", "run"), "lets the policy try the train side several times")
    elif standing.runs[0].status != "finished":
        remark += f", newest {standing.runs[0].status}"
        step = _resume(standing.runs[0].run_id, "the newest run did not end: does what is missing")
    return _Judged(n_rollouts, _unit(n_rollouts, "rollout"), remark, step)


def _pairs(standing: Standing) -> _Judged:
    build = standing.builds[0] if standing.builds else None
    n_pairs = build.n_pairs if build else 0
    remark = ""
    if build:
        remark = f"of {_many(build.n_tasks, 'task')}, {build.n_dropped:,} dropped"
    step = None
    run_at = standing.runs[0].created_at if standing.runs else None
    if build is None or _is_older(build.created_at, run_at):
        step = Step(("pairs", "build"), "sets passes against failures on the same state")
    elif not n_pairs:
        step = Step(("rollouts", "run"), "no pair was found: pairs need passes and failures")
    return _Judged(n_pairs, _unit(n_pairs, "pair"), remark, step)


def _training(standing: Standing) -> _Judged:
    n_jobs = len(standing.jobs)
    remark = ""
    if standing.jobs:
        newest = standing.jobs[0]
        said = f": {newest.reason}" if newest.reason else ""
        remark = f"newest {newest.status}{said or _of(newest.artifact_id)}"
    trained = _trained(standing)
    build_at = standing.builds[0].created_at if standing.builds else None
    step = None
    if trained is None or _is_older(trained[1], build_at):
        step = Step(("train", "start"), "trains the policy on the newest pairs")
    return _Judged(n_jobs, _unit(n_jobs, "job"), remark, step)


def _evaluation(standing: Standing) -> _Judged:
    n_all = len(standing.evaluations)
    newest = standing.evaluations[0] if standing.evaluations else None
    remark = f"newest: {newest.verdict or 'no verdict yet'}" if newest else ""
    policy, trained_at = _trained(standing) or ("builtin", None)
    step = None
    if newest is None or _is_older(newest.created_at, trained_at):
        step = Step(("eval", "run", policy), "compares the tuned policy with its base")
    elif newest.verdict is None:
        step = _resume(newest.run_id, "the evaluation did not end: does what is missing")
    return _Judged(n_all, _unit(n_all, "result"), remark, step)


_STAGES: tuple[tuple[str, str, Callable[[Standing], _Judged]], ...] = (
    ("suites", "suite list", _suites),
    ("split", "split show", _split),
    ("rollouts", "rollouts list", _rollouts),
    ("pairs", "pairs list", _pairs),
    ("training", "train list", _training),
    ("evaluation", "eval show", _evaluation),
)


def _after_verdict(standing: Standing) -> Step:
    verdict = standing.overview.last_verdict
    if verdict == "keep":
        return Step(("pairs", "export", "pairs.jsonl"), "writes the pairs that made it better")
    return Step(("eval", "show"), "says why, and what would decide it")


def _resume(run_id: str, why: str) -> Step:
    return Step(("rollouts", "resume", run_id), why)


def _trained(standing: Standing) -> tuple[str, datetime] | None:
    """The newest policy that a job made, and when."""
    for job in standing.jobs:
        if job.status == "finished" and job.artifact_id:
            return f"{job.trainer}:{job.artifact_id}", job.created_at
    return None


def _preferred_first(standing: Standing) -> list[SuiteSummary]:
    return sorted(standing.suites, key=lambda suite: suite.suite != _PREFERRED_SUITE)


def _ready(standing: Standing) -> list[SuiteSummary]:
    return [
        suite
        for suite in _preferred_first(standing)
        if suite.n_admitted and suite.n_admitted + suite.n_quarantined == suite.n_tasks
    ]


def _newest_split(standing: Standing) -> datetime | None:
    return standing.splits[0].created_at if standing.splits else None


def _is_older(one: datetime, than: datetime | None) -> bool:
    return than is not None and one < than


def _of(artifact_id: str) -> str:
    return f": {artifact_id}" if artifact_id else ""


def _unit(n: int, noun: str) -> str:
    return noun if n == 1 else f"{noun}s"


def _many(n: int, noun: str) -> str:
    return f"{n:,} {_unit(n, noun)}"
