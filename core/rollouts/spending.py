"""What was spent under the ceiling of a run, or of the workspace, and what may be."""

from __future__ import annotations

from dataclasses import dataclass

from core.context import Context
from core.rollouts.operations import get_run
from core.store.spending import WORKSPACE, find_limit, sum_spent


@dataclass(frozen=True, slots=True)
class SpendingView:
    """Money of a run, or of the workspace, in micro-dollars."""

    run_id: str
    limit: int | None
    spent: int
    unseen: int
    """At most so much more: for calls that never answered, and for charges still open."""


async def spending(context: Context, run_id: str) -> SpendingView:
    """What was spent under the ceiling of a run, or of the workspace."""
    scope = (await get_run(context, run_id)).run_id if run_id else WORKSPACE
    spent = await sum_spent(context.store, scope or None)
    limit = await find_limit(context.store, scope)
    return SpendingView(scope, limit, spent.settled, spent.unseen)


async def set_ceiling(context: Context, run_id: str, limit: int | None) -> SpendingView:
    """Set or lift a ceiling; what is going on obeys it from its next call on."""
    scope = (await get_run(context, run_id)).run_id if run_id else WORKSPACE
    await context.spending.set_limit(context.store, scope, limit, context.now())
    return await spending(context, scope)


@dataclass(frozen=True, slots=True)
class Released:
    """What no longer counts under the ceilings."""

    run_id: str
    released_microusd: int
    now: SpendingView


async def release(context: Context, run_id: str) -> Released:
    """Count no longer what a run's lost calls may have cost; refuses a run that goes on."""
    found = (await get_run(context, run_id)).run_id
    with context.live.claim(f"The run {found}"):
        amount = await context.spending.release(context.store, found)
    return Released(found, amount, await spending(context, found))
