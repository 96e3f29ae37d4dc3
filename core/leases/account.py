"""What is on the account, held against what the store knows: also what no lease stands for.

It is asked when an engine of its own or the app starts and a key is there, and when a person
asks. What was seen last is kept in memory and told as an event.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.config import API_KEYS, with_api_keys
from core.context import Context
from core.costs.book import PriceBook, load_book
from core.errors import GemelError, ServiceError
from core.events import AccountCompared
from core.leases import keeping
from core.leases.books import view
from core.leases.lease import PREFIX, LeaseStatus, LeaseView
from core.store.leases import StoredLease, load_leases
from core.together.catalogue import Machine, accelerator, read_machines
from core.together.client import Connection, connect
from core.together.endpoint_records import DeploymentView, EndpointView
from core.together.endpoints import Site
from core.together.identity import find_project

_log = logging.getLogger(__name__)
_KEY = API_KEYS["together_api_key"]
_FRESH_S = 60.0
"""So long what was seen is not asked again at a start."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """An endpoint on the account that no open lease of this workspace stands for."""

    endpoint: str
    project: str
    state: str
    hardware: str
    is_billed: bool
    """Whether it costs money at this moment."""
    per_hour_microusd: int | None
    """What it costs at this moment; None when nobody knows the price."""
    lease_id: str = ""
    """The lease of this workspace that made it and is stored as ended; empty for others'."""

    @property
    def owner(self) -> str:
        """Whose it is, as far as its name tells."""
        if self.lease_id:
            return f"left by {self.lease_id}"
        if self.endpoint.startswith(PREFIX):
            return "not ours: another workspace's"
        return "not ours"


@dataclass(frozen=True, slots=True)
class OnAccount:
    """What is there, as the service says."""

    leases: tuple[LeaseView, ...]
    strangers: tuple[Stranger, ...]
    seen_at: datetime

    @property
    def per_hour_microusd(self) -> int:
        """What the strangers cost at this moment, as far as their prices are known."""
        return sum(each.per_hour_microusd or 0 for each in self.strangers)

    @property
    def n_billed(self) -> int:
        """Strangers that cost money at this moment."""
        return sum(each.is_billed for each in self.strangers)


def last_seen(context: Context) -> OnAccount | None:
    """What the account was last seen to hold; None before anybody looked."""
    seen = context.held.account
    return seen if isinstance(seen, OnAccount) else None


def has_key() -> bool:
    """Whether the account can be asked at all."""
    try:
        return bool(with_api_keys(os.environ).get(_KEY, "").strip())
    except GemelError as error:
        _log.warning("the key cannot be read: %s", error)
        return False


def begin(context: Context) -> None:
    """Compare in the background, unless that is just done or nothing may be changed."""
    seen = last_seen(context)
    is_fresh = seen and (context.now() - seen.seen_at).total_seconds() < _FRESH_S
    if not (is_fresh or context.access.why_read_only or context.held.is_comparing):
        context.held.compare(asyncio.create_task(_compare_quietly(context)))


async def begin_if_open(context: Context) -> None:
    """The same, when the store knows of a lease that may still be there."""
    if await load_leases(context.store, open_only=True):
        begin(context)


async def compare(context: Context) -> OnAccount:
    """Hold what the store knows against what is on the account."""
    here = await connect()
    try:
        known = await load_leases(context.store)
        projects = {lease.row.project for lease in known if _is_open(lease)}
        projects |= {await find_project(here)}
        strangers: list[Stranger] = []
        for project in sorted(projects):
            strangers += await _compare(context, Site(here, project, asyncio.sleep), known)
    finally:
        await here.close()
    views = [view(context, each) for each in await load_leases(context.store, open_only=True)]
    return _keep(context, OnAccount(tuple(views), tuple(strangers), context.now()))


def forget(context: Context, endpoint: str) -> None:
    """It is gone: do not show it any more."""
    if (seen := last_seen(context)) is not None:
        left = tuple(each for each in seen.strangers if each.endpoint != endpoint)
        _keep(context, replace(seen, strangers=left))


async def _compare_quietly(context: Context) -> None:
    try:
        if await asyncio.to_thread(has_key):
            await compare(context)
    except GemelError as error:
        _log.warning("leases could not be compared with the account: %s", error)


async def _compare(context: Context, site: Site, known: Sequence[StoredLease]) -> list[Stranger]:
    there = await _by_name(site)
    going = [
        lease.row
        for lease in known
        if lease.row.project == site.project
        and _is_open(lease)
        and not context.held.holds(lease.row.lease_id)
    ]
    if any(row.endpoint not in there for row in going):
        await site.pause(context.held.pace.poll_s)
        there |= await _by_name(site)  # what only one look does not show is not gone
    for row in going:
        if (endpoint := there.get(row.endpoint)) is None:
            why = "it was gone when the account was looked at"
            await keeping.settle(context, row.lease_id, why)
            continue
        deployments = await site.deployments(endpoint.endpoint_id)
        await keeping.note_state(context, row.lease_id, next(iter(deployments), None))
    of = {lease.row.endpoint: lease for lease in (*await load_leases(context.store), *known)}
    found = [
        (endpoint, await site.deployments(endpoint.endpoint_id))
        for name, endpoint in sorted(there.items())
        if name not in of or not _is_open(of[name])
    ]
    billed = [one for _, deployments in found for one in deployments if one.is_billed]
    machines = await _machines(site.here) if billed else {}
    book = load_book(context.workspace.directory)
    ids = {name: lease.row.lease_id for name, lease in of.items()}
    return [
        _stranger(site.project, endpoint, deployments, ids, _prices(deployments, machines, book))
        for endpoint, deployments in found
    ]


def _stranger(
    project: str,
    endpoint: EndpointView,
    deployments: Sequence[DeploymentView],
    ids: Mapping[str, str],
    prices: Sequence[int | None],
) -> Stranger:
    first = next(iter(deployments), None)
    known = [price for price in prices if price is not None]
    return Stranger(
        endpoint=endpoint.own_name,
        project=project,
        state=first.state.lower() if first is not None else "empty",
        hardware=first.hardware if first is not None else "",
        is_billed=bool(prices),
        per_hour_microusd=sum(known) if len(known) == len(prices) else None,
        lease_id=ids.get(endpoint.own_name, ""),
    )


def _prices(
    deployments: Iterable[DeploymentView], machines: Mapping[str, Machine], book: PriceBook
) -> list[int | None]:
    """Micro-dollars per hour of each deployment that is billed: the service's own or the book's."""
    found: list[int | None] = []
    for one in deployments:
        if not one.is_billed:
            continue
        kind, n = accelerator(one.hardware)
        row = book.hardware.get(kind)
        amounts = [row.per_hour * n] if row is not None else []
        if (machine := machines.get(one.hardware)) is not None:
            amounts.append(machine.per_hour_microusd)
        found.append(max(1, one.n_ready) * max(amounts) if amounts else None)
    return found


async def _machines(here: Connection) -> dict[str, Machine]:
    try:
        return await read_machines(here)
    except ServiceError as error:
        _log.warning("prices of machines could not be read: %s", error)
        return {}


async def _by_name(site: Site) -> dict[str, EndpointView]:
    return {each.own_name: each for each in await site.all()}


def _is_open(lease: StoredLease) -> bool:
    return lease.newest.status != LeaseStatus.ENDED


def _keep(context: Context, seen: OnAccount) -> OnAccount:
    context.held.account = seen
    context.emit(AccountCompared(seen.n_billed, seen.per_hour_microusd))
    return seen
