"""Leases that nobody held for a while: what their watchers did, and how they are ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.context import Context
from core.errors import GemelError, UsageError
from core.leases import account, keeping
from core.leases.account import Stranger
from core.leases.books import files_of, find, record, seconds_left, view
from core.leases.lease import Holder, LeaseStatus
from core.leases.teardown import tear_down
from core.store.leases import StoredLease, load_leases

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reaped:
    """What a reaping ended."""

    endpoint: str
    lease_id: str
    """Empty for what no lease of this workspace made."""
    cost_microusd: int | None
    """What it came to; None for what this workspace has no account of."""
    steps: tuple[str, ...]


async def take_up(context: Context) -> None:
    """At an engine's start: read what watchers did, and hold again what a person rented."""
    for lease in await load_leases(context.store, open_only=True):
        lease = await _read_notes(context, lease)
        is_up = lease.newest.status in (LeaseStatus.READY, LeaseStatus.DEGRADED)
        if not is_up or lease.row.owner_id or seconds_left(context, lease) <= 0:
            continue
        try:
            await keeping.hold(context, lease)
        except GemelError as error:
            _log.warning("%s cannot be held: %s", lease.row.lease_id, error)


async def reap(context: Context, names: Sequence[str], *, all_of_them: bool) -> list[Reaped]:
    """End leftovers of this workspace, or other endpoints that are named."""
    if not names and not all_of_them:
        raise UsageError("Name what is to be ended, or say --all.")
    await take_notes(context)
    known = await load_leases(context.store)
    leftovers = [
        lease
        for lease in known
        if lease.newest.status != LeaseStatus.ENDED
        and view(context, lease).holder is not Holder.ENGINE
    ]
    if all_of_them:
        ended = [await _reap(context, lease) for lease in leftovers]
        return [*ended, *await _reap_forgotten(context)]
    found = []
    for name in names:
        chosen = [x for x in leftovers if name and x.row.lease_id.startswith(name)]
        if len(chosen) == 1:
            found.append(await _reap(context, chosen[0]))
        elif any(lease.row.lease_id.startswith(name) for lease in known):
            lease = await find(context, name)
            is_over = lease.newest.status == LeaseStatus.ENDED
            why = "has ended already" if is_over else "goes on: `gemel lease stop` ends it"
            raise UsageError(f"{lease.row.lease_id} is no leftover: it {why}.")
        else:
            found.append(await _reap_named(context, name.rpartition("/")[2]))
    return found


async def take_notes(context: Context) -> None:
    """Read what watchers did meanwhile."""
    for lease in await load_leases(context.store, open_only=True):
        if not context.held.holds(lease.row.lease_id):
            await _read_notes(context, lease)


async def _read_notes(context: Context, lease: StoredLease) -> StoredLease:
    files = files_of(context, lease.row.lease_id)
    notes = files.notes()
    if not notes or files.is_held("lock"):
        return lease
    newest = notes[-1]
    at = datetime.fromtimestamp(newest.at, UTC).replace(tzinfo=None)
    if not newest.has_ended:
        return await record(context, lease.row.lease_id, LeaseStatus.STOPPING, newest.text, at=at)
    ended = await record(
        context, lease.row.lease_id, LeaseStatus.ENDED, newest.text, is_billed=False, at=at
    )
    files.remove()
    return ended


async def _reap(context: Context, lease: StoredLease) -> Reaped:
    steps: list[str] = []
    row = lease.row
    await record(context, row.lease_id, LeaseStatus.STOPPING, "it is reaped")
    async with keeping.on_account(row.project) as site:
        await tear_down(site, row.endpoint, steps.append, context.held.pace.poll_s)
    ended = view(context, await keeping.settle(context, row.lease_id, "reaped"))
    return Reaped(row.endpoint, row.lease_id, ended.cost_microusd, tuple(steps))


async def _reap_forgotten(context: Context) -> list[Reaped]:
    """What leases of this workspace left on the account although they are stored as ended."""
    if not account.has_key():
        return []
    found = (await account.compare(context)).strangers
    return [await _reap_stranger(context, each) for each in found if each.lease_id]


async def _reap_named(context: Context, endpoint: str) -> Reaped:
    strangers = (await account.compare(context)).strangers
    for stranger in strangers:
        if stranger.endpoint == endpoint:
            return await _reap_stranger(context, stranger)
    raise UsageError(
        f"There is no leftover {endpoint!r}: `gemel lease list --remote` shows what is there."
    )


async def _reap_stranger(context: Context, stranger: Stranger) -> Reaped:
    steps: list[str] = []
    async with keeping.on_account(stranger.project) as site:
        await tear_down(site, stranger.endpoint, steps.append, context.held.pace.poll_s)
    account.forget(context, stranger.endpoint)
    return Reaped(stranger.endpoint, stranger.lease_id, None, tuple(steps))
