"""Holds a lease for as long as its engine lives: looks at it now and then, ends it in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

from core.context import Context
from core.errors import GemelError, ServiceError
from core.leases.books import files_of, find, record, seconds_left
from core.leases.files import Post
from core.leases.lease import LeaseStatus
from core.leases.teardown import tear_down
from core.leases.watching import start_watcher
from core.store.leases import StoredLease
from core.together.client import connect
from core.together.endpoint_records import DeploymentView
from core.together.endpoints import Site

_log = logging.getLogger(__name__)
_N_TRIES = 5
_BLINK_S = 0.05
_OVER = ("STOPPED", "FAILED")
_STATUS = {
    "READY": LeaseStatus.READY,
    "SCALING": LeaseStatus.READY,
    "DEGRADED": LeaseStatus.DEGRADED,
    "STOPPING": LeaseStatus.STOPPING,
}


@asynccontextmanager
async def on_account(project: str) -> AsyncIterator[Site]:
    """The project on the user's account; raises `UsageError` without a key."""
    here = await connect()
    try:
        yield Site(here, project, asyncio.sleep)
    finally:
        await here.close()


async def hold(context: Context, lease: StoredLease) -> bool:
    """See to the lease's end from now on, with a watcher; False when somebody else does."""
    lease_id, pace = lease.row.lease_id, context.held.pace
    files = files_of(context, lease_id)
    files.write(post_of(context, lease))
    for _ in range(_N_TRIES):
        if (lock := files.hold("lock")) is not None:
            break
        await asyncio.sleep(_BLINK_S)  # a watcher that looks holds it for a moment
    if lock is None:
        return False
    try:
        await start_watcher(files)
    except GemelError:
        lock.close()
        raise
    keeping = asyncio.create_task(_keep(context, lease_id, pace.look_s))
    context.held.hold(lease_id, lock, keeping)
    return True


def post_of(context: Context, lease: StoredLease) -> Post:
    """What its watcher must know."""
    pace = context.held.pace
    return Post(
        lease_id=lease.row.lease_id,
        endpoint=lease.row.endpoint,
        project=lease.row.project,
        deadline=lease.newest.deadline_at.replace(tzinfo=UTC).timestamp(),
        grace_s=pace.grace_s,
        slack_s=pace.slack_s,
        poll_s=pace.poll_s,
        watch_s=pace.watch_s,
    )


async def end(context: Context, lease_id: str, why: str) -> StoredLease:
    """End a lease; once begun, that goes on although whoever asked for it goes away."""
    task = context.held.ending(lease_id, lambda: asyncio.create_task(_end(context, lease_id, why)))
    ended: StoredLease = await asyncio.shield(task)
    return ended


async def note_state(context: Context, lease_id: str, seen: DeploymentView | None) -> StoredLease:
    """Store how its deployment stands on the account."""
    if seen is None or seen.state in _OVER:
        state = "gone" if seen is None else f"{seen.state.lower()} {seen.message}".strip()
        note = f"its deployment is {state}"
        return await record(context, lease_id, LeaseStatus.STOPPING, note, is_billed=False)
    status = _STATUS.get(seen.state, LeaseStatus.STARTING)
    is_billed = seen.is_billed
    note = f"{seen.state.lower()} {seen.message}".strip()
    return await record(context, lease_id, status, note, is_billed=is_billed)


async def look(site: Site, endpoint: str, pause_s: float) -> tuple[bool, DeploymentView | None]:
    """Whether anything of that name is on the account, and its deployment."""
    found = await site.find_twice(endpoint, pause_s)
    if found is None:
        return False, None
    return True, next(iter(await site.deployments(found.endpoint_id)), None)


async def _keep(context: Context, lease_id: str, look_s: float) -> None:
    while True:
        lease = await find(context, lease_id)
        if lease.newest.status == LeaseStatus.ENDED:
            return
        left_s = seconds_left(context, lease)
        try:
            if left_s <= 0:
                await end(context, lease_id, "its deadline was reached")
                return
            await asyncio.sleep(min(look_s, left_s))
            if lease.newest.status in (LeaseStatus.READY, LeaseStatus.DEGRADED):
                await _look(context, lease)
        except GemelError as error:
            _log.warning("%s: %s", lease_id, error)
            if left_s <= 0:
                return  # let go of: the watcher ends it


async def _look(context: Context, lease: StoredLease) -> None:
    async with on_account(lease.row.project) as site:
        is_there, seen = await look(site, lease.row.endpoint, context.held.pace.poll_s)
    if not is_there:
        await settle(context, lease.row.lease_id, "it is gone from the account")
        return
    await note_state(context, lease.row.lease_id, seen)
    if seen is None or seen.state in _OVER:
        why = "is gone" if seen is None else f"has {seen.state.lower()} by itself"
        await end(context, lease.row.lease_id, f"its deployment {why}")


async def settle(context: Context, lease_id: str, why: str) -> StoredLease:
    """Nothing of it is left: store that, and let go of it."""
    lease = await record(context, lease_id, LeaseStatus.ENDED, why, is_billed=False)
    context.held.let_go(lease_id)
    files_of(context, lease_id).remove()
    return lease


async def _end(context: Context, lease_id: str, why: str) -> StoredLease:
    # One that is stored as ended is looked for as well: what brought it up may have gone on.
    lease = await record(context, lease_id, LeaseStatus.STOPPING, why)
    steps: list[str] = []
    for n in range(_N_TRIES):
        try:
            async with on_account(lease.row.project) as site:
                await tear_down(site, lease.row.endpoint, steps.append, context.held.pace.poll_s)
            return await settle(context, lease_id, why)
        except ServiceError as error:
            await record(context, lease_id, LeaseStatus.STOPPING, f"{why}; not yet: {error}")
            if n == _N_TRIES - 1:
                context.held.let_go(lease_id)  # the watcher goes on
                raise
            await asyncio.sleep(context.held.pace.poll_s)
    raise AssertionError("the last try returns or raises")
