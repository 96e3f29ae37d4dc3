"""What can be done with leases: plan, start, list, extend and stop them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import msgspec

from core.context import Context
from core.costs.book import load_book
from core.errors import GemelError, RefusedError, ServiceError, UsageError
from core.events import ProgressMade
from core.leases import keeping
from core.leases.books import begin, files_of, find, plan_of, record, seconds_left, view
from core.leases.lease import Holder, LeasePlan, LeaseStatus, LeaseView, endpoint_name
from core.leases.opening import Opened, bring_up
from core.leases.planning import LeaseWish, Market
from core.store.leases import LeaseRow, StoredLease, load_leases
from core.together.catalogue import read_catalogue
from core.together.client import connect
from core.together.endpoint_records import DeploymentView
from core.together.endpoints import Wish
from core.together.identity import find_project

_TURN = "leases"


async def market_of(context: Context) -> Market:
    """What is on offer today, asked of the service."""
    here = await connect()
    try:
        catalogue, project = await read_catalogue(here), await find_project(here)
    finally:
        await here.close()
    return Market(catalogue, load_book(context.workspace.directory), project)


async def start(
    context: Context, plan: LeasePlan, project: str, owner_id: str = ""
) -> tuple[LeaseView, Opened]:
    """Rent it, return when it serves; whatever goes wrong, nothing is left running unseen."""
    context.workspace.refuse_full_disk()
    lease_id = context.new_id("lease")
    body = msgspec.json.encode(plan).decode()
    row = LeaseRow(
        lease_id, endpoint_name(lease_id), project, plan.model, owner_id, body, context.now()
    )
    with context.held.beginning(lease_id):
        async with context.live.turn(_TURN):
            await _refuse_second(context, plan.model)
            await begin(context, row, plan)
        lease = await _held(context, lease_id)
    try:
        return await _open(context, lease, plan)
    except GemelError as error:
        await keeping.end(context, lease_id, f"it could not be brought up: {error}")
        raise ServiceError(
            f"{plan.model} could not be brought up: {error} What was made of it is deleted; "
            f"`gemel lease show {lease_id}` has the details."
        ) from error
    except asyncio.CancelledError:
        await keeping.end(context, lease_id, "stopped while it was brought up")
        raise


async def _held(context: Context, lease_id: str) -> StoredLease:
    """See to its end before anything of it is made; nothing is rented when that cannot be."""
    lease = await find(context, lease_id)
    try:
        if not await keeping.hold(context, lease):
            raise RefusedError(f"{lease_id} is held by another process; nothing was rented.")
    except GemelError as error:
        await keeping.settle(context, lease_id, f"not rented: {error}")
        raise
    return lease


async def leases(context: Context, *, open_only: bool = False) -> list[LeaseView]:
    """Leases of this workspace, the newest first."""
    found = await load_leases(context.store, open_only=open_only)
    return [view(context, lease) for lease in found]


async def show(context: Context, lease_id: str) -> LeaseView:
    """One lease; `latest` is the newest."""
    return view(context, await find(context, lease_id))


async def stop(context: Context, lease_id: str, why: str) -> LeaseView:
    """End a lease that goes on, whoever holds it."""
    lease = await find(context, lease_id)
    if lease.newest.status == LeaseStatus.ENDED:
        raise UsageError(f"{lease.row.lease_id} has ended already: {lease.newest.note}.")
    return view(context, await keeping.end(context, lease.row.lease_id, why))


async def extend(context: Context, lease_id: str, n_minutes: int) -> LeaseView:
    """Move the deadline of a lease; raises `CeilingError` when that could cost too much."""
    lease = await find(context, lease_id)
    if view(context, lease).holder is not Holder.ENGINE or seconds_left(context, lease) <= 0:
        raise RefusedError(
            f"{lease.row.lease_id} does not go on under this engine, so nothing was extended. "
            "`gemel lease list` says how it stands."
        )
    plan = plan_of(lease)
    deadline = lease.newest.deadline_at + timedelta(minutes=n_minutes)
    begun = lease.row.created_at
    whole = LeaseWish(-(-int((deadline - begun).total_seconds()) // 60))
    worst = replace(plan, n_minutes=whole.n_minutes).worst_microusd
    now = context.now()
    await context.spending.extend_charge(context.store, lease.row.lease_id, worst, now)
    status, note = LeaseStatus(lease.newest.status), f"extended by {n_minutes} minutes"
    lease = await record(context, lease.row.lease_id, status, note, deadline=deadline)
    files_of(context, lease.row.lease_id).write(keeping.post_of(context, lease))
    return view(context, lease)


async def reopened(context: Context, lease: StoredLease) -> tuple[LeaseView, Opened]:
    """Go on with a lease that is there already, from wherever it stands."""
    return await _open(context, lease, plan_of(lease))


async def _open(context: Context, lease: StoredLease, plan: LeasePlan) -> tuple[LeaseView, Opened]:
    lease_id, poll_s = lease.row.lease_id, context.held.pace.poll_s

    async def seen(deployment: DeploymentView) -> None:
        noted = await keeping.note_state(context, lease_id, deployment)
        if noted.newest.status == LeaseStatus.ENDED:
            raise ServiceError(f"It was ended meanwhile: {noted.newest.note}.")
        is_up = deployment.state == "READY"
        made = ProgressMade(f"endpoint of {plan.model}", int(is_up), 1, deployment.state.lower())
        context.emit(made)

    wish = Wish(plan.resource, plan.config)
    async with keeping.on_account(lease.row.project) as site:
        opened = await bring_up(site, lease.row.endpoint, wish, seen, poll_s)
    return await show(context, lease_id), opened


async def _refuse_second(context: Context, model: str) -> None:
    """No two endpoints for one model."""
    for lease in await load_leases(context.store, open_only=True):
        if lease.row.model == model:
            raise RefusedError(
                f"{model} has an endpoint already, {lease.row.lease_id} ({lease.newest.status}). "
                "A second one was not rented: wait for it to end, or end it with "
                f"`gemel lease stop {lease.row.lease_id}`."
            )


def total_per_hour(views: Sequence[LeaseView]) -> int:
    """What all that is billed costs per hour."""
    return sum(each.per_hour_microusd for each in views if each.is_billed)
