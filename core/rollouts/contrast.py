"""Contrast runs: a budget that is dealt out where pairs are, and what was predicted of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.context import Context
from core.errors import UsageError
from core.rollouts.operations import RunOptions, Tasks, load_plan, start_rollouts
from core.rollouts.planner import ContrastOptions, Outlook, Planner
from core.rollouts.rounds import due, pairs_of
from core.store.runs import load_verdicts


@dataclass(frozen=True, slots=True)
class ContrastReport:
    """A contrast run: what was predicted after its probes, and what it has found."""

    run_id: str
    budget: int
    n_rollouts: int
    n_tasks: int
    n_pairs: int
    """Usable ones so far: a pass beside distinct fails, so many a task."""
    n_contrasting: int
    """Tasks with a pass and a fail."""
    n_only_passing: int
    n_without_pass: int
    cost_microusd: int
    outlook: Outlook | None
    """None until the probes are over."""


async def start_contrast(
    context: Context,
    options: RunOptions,
    contrast: ContrastOptions,
    tasks: Tasks,
    split_id: str,
    side: str,
) -> ContrastReport:
    """Probe the tasks, then spend the rest of the budget where the next pair is cheapest."""
    _refuse_nonsense(contrast)
    report = await start_rollouts(context, options, tasks, split_id, side, contrast)
    return await report_contrast(context, report.run_id)


async def report_contrast(context: Context, run_id: str) -> ContrastReport:
    """Where a contrast run stands."""
    plan = await load_plan(context, run_id)
    contrast = plan.contrast
    if contrast is None:
        raise UsageError(f"{run_id} has no contrast plan: `gemel rollouts plan` starts such a run.")
    rows = await load_verdicts(context.store, run_id)
    stand = due(run_id, plan, contrast, rows)
    probes, tallies = stand.probes, stand.tallies.values()
    return ContrastReport(
        run_id=run_id,
        budget=contrast.n_rollouts,
        n_rollouts=len(rows),
        n_tasks=len(plan.task_ids),
        n_pairs=pairs_of(stand.tallies, contrast.n_per_task),
        n_contrasting=sum(1 for tally in tallies if tally.n_passed and tally.n_failed),
        n_only_passing=sum(1 for tally in tallies if tally.n_passed and not tally.n_failed),
        n_without_pass=sum(1 for tally in tallies if tally.n_failed and not tally.n_passed),
        cost_microusd=sum(row.cost_microusd for row in rows),
        outlook=Planner(probes, contrast).predict(probes) if probes else None,
    )


def _refuse_nonsense(contrast: ContrastOptions) -> None:
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
