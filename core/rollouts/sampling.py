"""The stored rollouts of one arm of a run, as a sample for a scenario."""

from __future__ import annotations

from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.costs.sample import Sample, Sampled, measure
from core.errors import UsageError
from core.rollouts.operations import get_run, load_arm, load_plan
from core.store.usage import usage_of_run


async def sample_run(context: Context, run_id: str, arm_id: str) -> Sample:
    """Measure it at today's prices; raises `UsageError` when it is not clear which arm."""
    run = await get_run(context, run_id)
    plan = await load_plan(context, run.run_id)
    found = [name for name in plan.arms if name.startswith(arm_id)]
    if len(found) != 1:
        raise UsageError(f"{run.run_id} has several arms, name one: {', '.join(plan.arms)}.")
    arm = await load_arm(context, found[0])
    price, limits = chat_price(arm.policy, load_book(context.workspace.directory)), arm.limits
    rows = [row for row in await usage_of_run(context.store, run.run_id) if row.arm_id == found[0]]
    most = (limits.n_iterations, limits.n_reflections)
    return measure(Sampled(run.run_id, arm.policy, price, *most, rows))
