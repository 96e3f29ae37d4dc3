"""What came of a run, slot by slot: the grid of task, arm and seed that a plan spans."""

from __future__ import annotations

from dataclasses import dataclass

from core.context import Context
from core.rollouts.operations import get_run, load_arm, load_plan
from core.store.verdicts import OutcomeRow, load_outcomes


@dataclass(frozen=True, slots=True)
class GridArm:
    """A row of the grid is a task of one of these."""

    arm_id: str
    policy: str


@dataclass(frozen=True, slots=True)
class RunGrid:
    """A plan's axes, and the outcome of each slot that is finished."""

    run_id: str
    kind: str
    status: str
    arms: tuple[GridArm, ...]
    task_ids: tuple[str, ...]
    seeds: tuple[int, ...]
    side: str
    n_iterations: int
    """The most that a rollout may take."""
    cells: tuple[OutcomeRow, ...]
    n_planned: int = 0
    """Rollouts of the whole run: of a contrast run, its budget."""


async def run_grid(context: Context, run_id: str) -> RunGrid:
    """The grid of a run."""
    run = await get_run(context, run_id)
    plan = await load_plan(context, run.run_id)
    arms = [await load_arm(context, arm_id) for arm_id in plan.arms]
    return RunGrid(
        run_id=run.run_id,
        kind=run.kind,
        status=run.status,
        arms=tuple(
            GridArm(*pair) for pair in zip(plan.arms, (a.policy for a in arms), strict=True)
        ),
        task_ids=plan.task_ids,
        seeds=plan.seeds,
        side=plan.side,
        n_iterations=max((arm.limits.n_iterations for arm in arms), default=0),
        cells=tuple(await load_outcomes(context.store, run.run_id)),
        n_planned=plan.n_rollouts,
    )
