"""A job or an evaluation in words before it starts; commands and screens say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.money import usd

if TYPE_CHECKING:  # importing these for real loads the database
    from core.evaluation.plan import EvaluationPlan
    from core.training.given import Preflight


def preflight_words(found: Preflight) -> Iterator[str]:
    """What a job would be given and come to, without its alarms and refusals."""
    decided = found.decisions
    yield (
        f"pairs of {found.build_id[:12]}: {decided.n_kept:,} kept, {decided.n_undecided:,} "
        f"undecided, {decided.n_flagged:,} flagged, {decided.n_dropped:,} dropped; "
        f"{decided.n_swapped:,} swapped"
    )
    if not found.n_pairs:
        return
    yield (
        f"trained on: {found.n_trained:,} of {found.n_pairs:,} pairs, from {found.n_tasks:,} "
        "distinct tasks"
    )
    for reason, n in found.skipped.items():
        yield f"  {n:,} cannot be used: {reason}"
    yield f"leak check: {found.leak or 'no family stands on another side'}"
    yield f"from {found.parent}: {found.n_steps:,} steps, {usd(found.cost_microusd)}"


def plan_words(plan: EvaluationPlan) -> Iterator[str]:
    """What an evaluation would cost and could show."""
    heldout = f" and {plan.n_heldout:,} held out" if plan.n_heldout else ""
    amount = f"{'est. ' if plan.most_microusd else ''}{usd(plan.most_microusd)}"
    yield (
        f"{plan.n_tasks:,} tasks{heldout} x {plan.n_seeds} seeds x 2 arms: "
        f"{plan.n_rollouts:,} rollouts, at most {plan.n_calls:,} calls, {amount}"
    )
    wished, hoped = f"{plan.wish.power:.0%}", f"{100 * plan.wish.effect:g} points"
    yield (
        f"shows a difference of {100 * plan.mde:.1f} points or more with {wished} power; "
        f"one of {hoped} in {plan.power:.0%} of cases"
    )
    yield _needed(plan, hoped, wished)
    if plan.heldout_power is not None:
        yield (
            f"held out, a policy that lost nothing is shown to be within "
            f"{100 * plan.margin:g} points in {plan.heldout_power:.0%} of cases"
        )
    origin = f"as measured in {plan.noise_from}" if plan.noise_from else "is assumed"
    yield f"run noise {plan.run_noise:.2f} {origin}, task spread {plan.task_spread:.2f} is assumed"


def _needed(plan: EvaluationPlan, hoped: str, wished: str) -> str:
    if plan.n_rollouts_needed is None:
        return f"no number of seeds or tasks can show {hoped} with {wished} power"
    seeds = (
        f"{plan.n_seeds_needed:,} seeds with these tasks"
        if plan.n_seeds_needed is not None
        else "no number of seeds with these tasks is enough"
    )
    tasks = (
        f"{plan.n_tasks_needed:,} tasks with {plan.n_seeds} seeds"
        if plan.n_tasks_needed is not None
        else "no number of tasks with these seeds is enough"
    )
    least = f"at least {plan.n_rollouts_needed:,} rollouts"
    return f"to show {hoped} with {wished} power: {seeds}, or {tasks}; {least}"
