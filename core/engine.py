"""The one door: everything the app and the commands can ask for.

An engine owns a workspace while it is open. Its methods are the operations; each
returns plain dataclasses, tells its progress as events and can be cancelled at any
await without losing what is stored.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from core.clock import Clock, SystemClock
from core.config import allows_unsandboxed
from core.context import Context
from core.doors.costs import CostsDoor
from core.doors.demo import DemoDoor
from core.doors.leases import LeasesDoor
from core.doors.models import ModelsDoor
from core.doors.remote_training import RemoteTrainingDoor
from core.errors import StoreLockedError
from core.events import Emit, ignore
from core.held import Pace
from core.leases.account import begin_if_open
from core.leases.leftovers import take_up
from core.operation import operation
from core.rollouts.control import settle_lost_runs
from core.sandbox.pool import Sandbox
from core.store.database import Store
from core.store.overview import (
    STATE_TABLES,
    Overview,
    Standing,
    has_unended,
    load_overview,
    load_standing,
)
from core.training.operations import settle_lost
from core.workspace import Workspace

_LOCK_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Description:
    """The workspace and the machine below it."""

    workspace: str
    free_bytes: int
    sandbox: str
    """The confinement in force."""
    n_workers: int
    n_concurrent: int
    """Rollouts of a run that go on at once."""
    sandbox_warnings: tuple[str, ...] = ()
    """What to know of the confinement; empty when all is well."""
    why_read_only: str = ""
    """Why nothing may be changed; empty when it may."""


class Engine(DemoDoor, RemoteTrainingDoor, CostsDoor, LeasesDoor, ModelsDoor):
    """An open workspace; made by `open_engine`. The marked methods are all there is to ask for."""

    @operation(only_reads=True)
    async def describe(self) -> Description:
        """What this engine works with."""
        context = self.context
        return Description(
            workspace=str(context.workspace.directory),
            free_bytes=context.workspace.free_bytes(),
            sandbox=context.sandbox.level or "not started",
            n_workers=context.sandbox.n_workers,
            n_concurrent=context.n_concurrent,
            sandbox_warnings=context.sandbox.warnings,
            why_read_only=context.access.why_read_only,
        )

    @operation(only_reads=True)
    async def overview(self) -> Overview:
        """Counts per stage."""
        return await load_overview(self.context.store)

    @operation(only_reads=True)
    async def standing(self) -> Standing:
        """Counts and rows that tell which stage comes next."""
        return await load_standing(self.context.store)


@asynccontextmanager
async def open_engine(
    workspace: Workspace,
    emit: Emit = ignore,
    clock: Clock | None = None,
    n_workers: int | None = None,
    n_concurrent: int = 16,
    patience_s: float = 1.0,
    pace: Pace | None = None,
) -> AsyncIterator[Engine]:
    """Own a workspace until the block ends; then store and sandbox are closed in order.

    Waits up to `patience_s` for another owner to let go, then refuses. A workspace that may
    not be changed is read: without a lock, without a sandbox, and without a change. `pace` is
    how often leases are looked at.
    """
    why_read_only = workspace.why_read_only()
    store = await _open_store(workspace, patience_s, read_only=bool(why_read_only))
    try:
        async with AsyncExitStack() as stack:
            allows = allows_unsandboxed(workspace.directory, os.environ)
            sandbox = Sandbox(n_workers, allows_unconfined=allows)
            if not why_read_only:
                await stack.enter_async_context(sandbox)
            context = Context(workspace, store, sandbox, clock or SystemClock(), emit, n_concurrent)
            context.access.why_read_only = why_read_only
            await _look_at_lost(context)
            stack.push_async_callback(context.held.close)
            if pace is not None:
                context.held.pace = pace
            if not why_read_only:
                await take_up(context)
                await begin_if_open(context)
            yield Engine(context)
    finally:
        store.close()


async def _look_at_lost(context: Context) -> None:
    """Show what a killed engine left behind as ended; stored is that when anything is written."""
    store = context.store
    if not await has_unended(store):
        return
    await store.cover(STATE_TABLES)
    await _settle(context)

    async def first() -> None:
        await store.uncover(STATE_TABLES)
        await _settle(context)

    context.access.first = first


async def _settle(context: Context) -> None:
    await settle_lost(context)
    await settle_lost_runs(context)


async def _open_store(workspace: Workspace, patience_s: float, *, read_only: bool) -> Store:
    opening = partial(Store.open, workspace.directory, read_only=read_only)
    for _ in range(round(patience_s / _LOCK_PAUSE_S)):
        try:
            return opening()
        except StoreLockedError:
            await asyncio.sleep(_LOCK_PAUSE_S)
    return opening()
