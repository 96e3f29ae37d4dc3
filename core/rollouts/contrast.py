"""Contrast: where a run has a pass beside a fail, and how many pairs it will have given.

A contrast run is dealt out where pairs are; any other run can be looked at alike. Where it has
several arms, a task has the pass rate that they have together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.context import Context
from core.errors import UsageError
from core.rollouts.foresight import foresee
from core.rollouts.operations import RunOptions, Tasks, get_run, load_plan, start_rollouts
from core.rollouts.plan import RunPlan
from core.rollouts.planner import ContrastOptions, Outlook, Planner, Tally
from core.rollouts.rounds import due
from core.store.tallies import TaskTally, load_task_tallies
from core.store.verdicts import VerdictRow, load_verdicts


@dataclass(frozen=True, slots=True)
class TaskContrast:
    """One task of a run."""

    task_id: str
    n_passed: int
    n_failed: int
    """Without those that infrastructure ended."""
    n_errors: int
    n_distinct: int
    """Failing programs that differ from each other and could be a rejected side."""
    n_pairs: int
    """Usable so far: a pass beside distinct fails."""
    n_expected: float | None
    """Of them when the run is over; None where the planner still decides."""


@dataclass(frozen=True, slots=True)
class ContrastReport:
    """What a run has found, and what it will have found when it is over."""

    run_id: str
    is_planned: bool
    """Whether the planner deals out its budget; otherwise all tasks are treated alike."""
    budget: int
    """Rollouts of the whole run, at most."""
    n_rollouts: int
    n_tasks: int
    n_per_task: int
    """More pairs of one task are not counted."""
    n_pairs: int
    """Usable ones so far: a pass beside distinct fails, so many a task."""
    n_contrasting: int
    """Tasks with a pass and a fail."""
    n_only_passing: int
    n_without_pass: int
    cost_microusd: int
    outlook: Outlook | None
    """As the probes of a planned run foretold; None until they are over, and for other runs."""
    expected: Outlook | None
    """The whole as it is foretold by now; None until the probes of a planned run are over."""
    tasks: tuple[TaskContrast, ...]


async def start_contrast(
    context: Context,
    options: RunOptions,
    contrast: ContrastOptions,
    tasks: Tasks,
    split_id: str,
    side: str,
) -> ContrastReport:
    """Probe the tasks, then spend the rest of the budget where the next pair is cheapest."""
    sound = checked(contrast)
    report = await start_rollouts(context, options, tasks, split_id, side, sound)
    return await report_contrast(context, report.run_id, sound.n_per_task)


async def report_contrast(context: Context, run_id: str, n_per_task: int) -> ContrastReport:
    """Where a run stands; of a planned one, its plan says how many pairs of a task count."""
    run = await get_run(context, run_id)
    plan = await load_plan(context, run.run_id)
    if run.kind != "rollouts":
        raise UsageError(f"{run.run_id} compares arms: no pairs are made of its rollouts.")
    tallies = await load_task_tallies(context.store, run.run_id)
    # In a thread: a second of arithmetic, when tasks are many, must hold no rollout up.
    if plan.contrast is None:
        return await asyncio.to_thread(_uniform, run.run_id, plan, tallies, n_per_task)
    rows = await load_verdicts(context.store, run.run_id)
    return await asyncio.to_thread(_planned, run.run_id, plan, plan.contrast, tallies, rows)


def _uniform(
    run_id: str, plan: RunPlan, tallies: Sequence[TaskTally], n_per_task: int
) -> ContrastReport:
    known = {tally.task_id: tally for tally in tallies}
    n_done = {name: t.n_passed + t.n_failed + t.n_errors for name, t in known.items()}
    n_each = len(plan.arms) * len(plan.seeds)
    left = {name: max(n_each - n_done.get(name, 0), 0) for name in plan.task_ids}
    as_seen = {name: _tally(known.get(name)) for name in plan.task_ids}
    expected, pairs = foresee(as_seen, left, n_per_task)
    return _report(run_id, plan, tallies, n_per_task, None, expected, pairs)


def _planned(
    run_id: str,
    plan: RunPlan,
    options: ContrastOptions,
    tallies: Sequence[TaskTally],
    rows: Sequence[VerdictRow],
) -> ContrastReport:
    stand = due(run_id, plan, options, rows)
    outlook = expected = None
    if stand.probes is not None:
        planner = Planner(stand.probes, options)
        outlook, expected = planner.predict(stand.probes), planner.predict(stand.tallies)
    return _report(run_id, plan, tallies, options.n_per_task, outlook, expected, {})


def _report(
    run_id: str,
    plan: RunPlan,
    tallies: Sequence[TaskTally],
    n_per_task: int,
    outlook: Outlook | None,
    expected: Outlook | None,
    expected_pairs: Mapping[str, float],
) -> ContrastReport:
    known = {tally.task_id: tally for tally in tallies}
    tasks = tuple(
        _task(name, known.get(name), n_per_task, expected_pairs.get(name)) for name in plan.task_ids
    )
    return ContrastReport(
        run_id=run_id,
        is_planned=plan.contrast is not None,
        budget=plan.n_rollouts,
        n_rollouts=sum(t.n_passed + t.n_failed + t.n_errors for t in tallies),
        n_tasks=len(plan.task_ids),
        n_per_task=n_per_task,
        n_pairs=sum(task.n_pairs for task in tasks),
        n_contrasting=sum(1 for t in tallies if t.n_passed and t.n_failed),
        n_only_passing=sum(1 for t in tallies if t.n_passed and not t.n_failed),
        n_without_pass=sum(1 for t in tallies if t.n_failed and not t.n_passed),
        cost_microusd=sum(t.cost_microusd for t in tallies),
        outlook=outlook,
        expected=expected,
        tasks=tasks,
    )


def _task(
    task_id: str, tally: TaskTally | None, n_per_task: int, n_expected: float | None
) -> TaskContrast:
    if tally is None:
        return TaskContrast(task_id, 0, 0, 0, 0, 0, n_expected)
    n_pairs = min(tally.n_distinct, n_per_task) if tally.n_passed else 0
    counts = (tally.n_passed, tally.n_failed, tally.n_errors, tally.n_distinct)
    return TaskContrast(task_id, *counts, n_pairs, n_expected)


def _tally(tally: TaskTally | None) -> Tally:
    """As the statistics know it; what infrastructure ended says nothing of a pass rate."""
    if tally is None:
        return Tally()
    cost = float(tally.cost_microusd)
    return Tally(tally.n_passed, tally.n_failed, tally.n_distinct, cost, tally.n_errors)


def checked(contrast: ContrastOptions) -> ContrastOptions:
    """The options, a task never with more rollouts than the budget; raises for nonsense."""
    counts = {
        "the budget": contrast.n_rollouts,
        "probes": contrast.n_probes,
        "pairs of a task": contrast.n_per_task,
        "rollouts of a task": contrast.n_most,
        "a batch": contrast.n_batch,
    }
    for what, n in counts.items():
        if n < 1:
            raise UsageError(f"{what} must be at least 1, not {n}.")
    if contrast.n_most < contrast.n_probes:
        raise UsageError("A task may have at least as many rollouts as it has probes.")
    return replace(contrast, n_most=min(contrast.n_most, contrast.n_rollouts))
