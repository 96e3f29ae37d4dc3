"""Leases that nobody held for a while: what their watchers did, what is still on the account.

The account is only asked when the store knows of a lease that is not known to have ended, or
when a person asks for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.config import API_KEYS, with_api_keys
from core.context import Context
from core.errors import GemelError, UsageError
from core.leases import keeping
from core.leases.books import files_of, find, record, seconds_left, view
from core.leases.lease import PREFIX, Holder, LeaseStatus, LeaseView
from core.leases.teardown import tear_down
from core.store.leases import StoredLease, load_leases
from core.together.client import connect
from core.together.endpoints import Site
from core.together.identity import find_project

_log = logging.getLogger(__name__)
_KEY = API_KEYS["together_api_key"]


@dataclass(frozen=True, slots=True)
class Stranger:
    """An endpoint on the account that a gemel made, of which this workspace knows nothing."""

    endpoint: str
    state: str
    hardware: str


@dataclass(frozen=True, slots=True)
class OnAccount:
    """What is there, as the service says."""

    leases: tuple[LeaseView, ...]
    strangers: tuple[Stranger, ...]


@dataclass(frozen=True, slots=True)
class Reaped:
    """What a reaping ended."""

    endpoint: str
    lease_id: str
    """Empty for a stranger."""
    cost_microusd: int
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


async def compare_at_start(context: Context) -> None:
    """Look at the account when the store knows of a lease that may still be there."""
    if not await load_leases(context.store, open_only=True):
        return
    try:
        if with_api_keys(os.environ).get(_KEY, "").strip():
            await compare(context)
    except GemelError as error:
        _log.warning("leases could not be compared with the account: %s", error)


async def compare(context: Context) -> OnAccount:
    """Hold what the store knows against what is on the account."""
    here = await connect()
    try:
        known = await load_leases(context.store)
        projects = {lease.row.project for lease in known if lease.newest.status != "ended"}
        projects |= {await find_project(here)}
        strangers: list[Stranger] = []
        for project in sorted(projects):
            site = Site(here, project, asyncio.sleep)
            strangers += await _compare(context, site, known)
    finally:
        await here.close()
    views = [view(context, each) for each in await load_leases(context.store, open_only=True)]
    return OnAccount(tuple(views), tuple(strangers))


async def reap(context: Context, names: Sequence[str], *, all_of_them: bool) -> list[Reaped]:
    """End leftovers of this workspace, or strangers that are named by their endpoint."""
    if not names and not all_of_them:
        raise UsageError("Name what is to be ended, or say --all.")
    await take_notes(context)
    known = await load_leases(context.store, open_only=True)
    leftovers = [lease for lease in known if view(context, lease).holder is not Holder.ENGINE]
    if all_of_them:
        return [await _reap(context, lease) for lease in leftovers]
    found = []
    for name in names:
        chosen = [x for x in leftovers if name and x.row.lease_id.startswith(name)]
        if len(chosen) == 1:
            found.append(await _reap(context, chosen[0]))
        elif name.rpartition("/")[2].startswith(PREFIX):
            found.append(await _reap_stranger(context, name.rpartition("/")[2]))
        else:
            lease = await find(context, name)
            is_over = lease.newest.status == LeaseStatus.ENDED
            why = "has ended already" if is_over else "goes on: `gemel lease stop` ends it"
            raise UsageError(f"{lease.row.lease_id} is no leftover: it {why}.")
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


async def _compare(context: Context, site: Site, known: Sequence[StoredLease]) -> list[Stranger]:
    there = {each.own_name: each for each in await site.all()}
    for lease in known:
        row = lease.row
        if row.project != site.project or lease.newest.status == LeaseStatus.ENDED:
            continue
        if context.held.holds(row.lease_id):
            continue
        if row.endpoint not in there:
            await keeping.settle(
                context, row.lease_id, "it was gone when the account was looked at"
            )
            continue
        deployments = await site.deployments(there[row.endpoint].endpoint_id)
        await keeping.note_state(context, row.lease_id, next(iter(deployments), None))
    ours = {lease.row.endpoint for lease in known}
    strangers = []
    for name, endpoint in sorted(there.items()):
        if name.startswith(PREFIX) and name not in ours:
            found = next(iter(await site.deployments(endpoint.endpoint_id)), None)
            state, hardware = (found.state.lower(), found.hardware) if found else ("empty", "")
            strangers.append(Stranger(name, state, hardware))
    return strangers


async def _reap(context: Context, lease: StoredLease) -> Reaped:
    steps: list[str] = []
    row = lease.row
    await record(context, row.lease_id, LeaseStatus.STOPPING, "it is reaped")
    async with keeping.on_account(row.project) as site:
        await tear_down(site, row.endpoint, steps.append, context.held.pace.poll_s)
    ended = view(context, await keeping.settle(context, row.lease_id, "reaped"))
    return Reaped(row.endpoint, row.lease_id, ended.cost_microusd, tuple(steps))


async def _reap_stranger(context: Context, endpoint: str) -> Reaped:
    steps: list[str] = []
    here = await connect()
    try:
        site = Site(here, await find_project(here), asyncio.sleep)
        await tear_down(site, endpoint, steps.append, context.held.pace.poll_s)
    finally:
        await here.close()
    return Reaped(endpoint, "", 0, tuple(steps))
