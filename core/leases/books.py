"""How a lease stands, read from the store and written to it, with the money that goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec

from core.context import Context
from core.errors import UsageError
from core.events import LeaseChanged
from core.leases.files import LeaseFiles
from core.leases.lease import (
    Holder,
    LeasePlan,
    LeaseStatus,
    LeaseView,
    billed_s,
    cost,
)
from core.money import usd
from core.store.charges import ChargeKind, ChargeStatus, find_charge
from core.store.leases import LeaseRow, LeaseStateRow, StoredLease, begin_lease, load_leases
from core.text import clean, one_line, plural

_LONGEST_NOTE = 300


def plan_of(lease: StoredLease) -> LeasePlan:
    """What was asked for."""
    return msgspec.json.decode(lease.row.body, type=LeasePlan)


def files_of(context: Context, lease_id: str) -> LeaseFiles:
    """The files of a lease of this workspace."""
    return LeaseFiles.of(context.workspace.directory, lease_id)


async def find(context: Context, lease_id: str) -> StoredLease:
    """A lease by its id or the beginning of it; `latest` is the newest."""
    known = await load_leases(context.store)
    if lease_id == "latest":
        found = known[:1]
    else:
        found = [each for each in known if each.row.lease_id.startswith(lease_id)]
    if len(found) != 1:
        what = "More than one lease begins with" if found else "There is no lease"
        raise UsageError(f"{what} {lease_id}: `gemel lease list` shows them.")
    return found[0]


def view(context: Context, lease: StoredLease) -> LeaseView:
    """How it stands at this moment; touches no network."""
    plan, newest = plan_of(lease), lease.newest
    n_minutes, amount = _sum(lease, context.now())
    return LeaseView(
        lease_id=lease.row.lease_id,
        endpoint=lease.row.endpoint,
        model=lease.row.model,
        machine=plan.machine,
        status=LeaseStatus(newest.status),
        holder=_holder(context, lease),
        owner_id=lease.row.owner_id,
        serving=plan.serving,
        created_at=lease.row.created_at,
        deadline_at=newest.deadline_at,
        per_hour_microusd=plan.per_hour_microusd,
        n_minutes=n_minutes,
        cost_microusd=amount,
        is_billed=newest.is_billed,
        note=newest.note,
    )


def _holder(context: Context, lease: StoredLease) -> Holder:
    if lease.newest.status == LeaseStatus.ENDED:
        return Holder.NOBODY
    if context.held.holds(lease.row.lease_id):
        return Holder.ENGINE
    files = files_of(context, lease.row.lease_id)
    if files.is_held("watch"):
        return Holder.WATCHER
    return Holder.ENGINE if files.is_held("lock") else Holder.NOBODY


async def begin(context: Context, row: LeaseRow, plan: LeasePlan) -> None:
    """Set the worst case aside and store the lease; raises `CeilingError` when it cannot fit."""
    now = context.now()
    await context.spending.begin_charge(
        context.store,
        row.lease_id,
        row.owner_id,
        ChargeKind.ENDPOINT,
        f"{plan.model} on {plan.machine}",
        plan.worst_microusd,
        plan.price_note,
        now,
    )
    deadline = row.created_at + timedelta(minutes=plan.n_minutes)
    state = LeaseStateRow(row.lease_id, LeaseStatus.STARTING, False, deadline, "recorded", now)
    await begin_lease(context.store, row, state)
    _tell(context, row.lease_id, LeaseStatus.STARTING, "recorded")


async def record(
    context: Context,
    lease_id: str,
    status: LeaseStatus,
    note: str,
    *,
    is_billed: bool | None = None,
    at: datetime | None = None,
    deadline: datetime | None = None,
) -> StoredLease:
    """Store a change, unless nothing changed, and what the lease has come to; how it stands now.

    `at`: when it happened, if that was before now. An ended lease stays one.
    """
    lease = await find(context, lease_id)
    old = lease.newest
    if old.status == LeaseStatus.ENDED:
        return lease
    moment = max(at or context.now(), old.changed_at)
    new = replace(
        old,
        status=status,
        is_billed=old.is_billed if is_billed is None else is_billed,
        note=one_line(clean(note), _LONGEST_NOTE),
        deadline_at=deadline or old.deadline_at,
        changed_at=moment,
    )
    if status is LeaseStatus.ENDED:
        n_minutes, amount = _sum(StoredLease(lease.row, (*lease.states, new)), moment)
        new = replace(new, note=f"{new.note}; {plural(n_minutes, 'minute')}, {usd(amount)}")
    if replace(new, changed_at=old.changed_at) != old:
        await context.store.insert("lease_states", [new])
        lease = StoredLease(lease.row, (*lease.states, new))
        _tell(context, lease_id, status, new.note)
    await _count(context, lease, moment)
    return lease


async def _count(context: Context, lease: StoredLease, now: datetime) -> None:
    """What it has cost so far, in the ledger of charges."""
    lease_id = lease.row.lease_id
    charge = await find_charge(context.store, lease_id)
    if charge is None or charge.status != ChargeStatus.OPEN:
        return
    _, amount = _sum(lease, now)
    if lease.newest.status == LeaseStatus.ENDED:
        note = lease.newest.note
        await context.spending.settle_charge(context.store, lease_id, amount, context.now(), note)
    else:
        await context.spending.amend_charge(context.store, lease_id, amount, context.now())


def _sum(lease: StoredLease, now: datetime) -> tuple[int, int]:
    """Minutes that were billed, and what they cost."""
    return cost(billed_s(lease.states, now), plan_of(lease).per_hour_microusd)


def seconds_left(context: Context, lease: StoredLease) -> float:
    """Until its deadline; below zero when that has passed."""
    return (lease.newest.deadline_at - context.now()).total_seconds()


def _tell(context: Context, lease_id: str, status: LeaseStatus, note: str) -> None:
    context.emit(LeaseChanged(lease_id, status.value, note))
