"""The one door: everything the app and the commands can ask for.

An engine owns a workspace while it is open. Its methods are the operations; each
returns plain dataclasses, tells its progress as events and can be cancelled at any
await without losing what is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.clock import Clock, SystemClock
from core.context import Context
from core.doors.evaluation import EvaluationDoor
from core.doors.pairs import PairsDoor
from core.doors.rollouts import RolloutsDoor
from core.doors.suites import SuitesDoor
from core.doors.training import TrainingDoor
from core.errors import StoreLockedError
from core.events import Emit, ignore
from core.operation import operation
from core.sandbox.pool import Sandbox
from core.store.database import Store
from core.store.overview import Overview, Standing, load_overview, load_standing
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


class Engine(SuitesDoor, RolloutsDoor, PairsDoor, TrainingDoor, EvaluationDoor):
    """An open workspace; made by `open_engine`. The marked methods are all there is to ask for."""

    @operation
    async def describe(self) -> Description:
        """What this engine works with."""
        context = self.context
        return Description(
            workspace=str(context.workspace.directory),
            free_bytes=context.workspace.free_bytes(),
            sandbox=context.sandbox.level,
            n_workers=context.sandbox.n_workers,
            n_concurrent=context.n_concurrent,
        )

    @operation
    async def overview(self) -> Overview:
        """Counts per stage."""
        return await load_overview(self.context.store)

    @operation
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
) -> AsyncIterator[Engine]:
    """Own a workspace until the block ends; then store and sandbox are closed in order.

    Waits up to `patience_s` for another owner to let go, then refuses.
    """
    store = await _open_store(workspace, patience_s)
    try:
        async with Sandbox(n_workers) as sandbox:
            context = Context(workspace, store, sandbox, clock or SystemClock(), emit, n_concurrent)
            yield Engine(context)
    finally:
        store.close()


async def _open_store(workspace: Workspace, patience_s: float) -> Store:
    for _ in range(round(patience_s / _LOCK_PAUSE_S)):
        try:
            return Store.open(workspace.directory)
        except StoreLockedError:
            await asyncio.sleep(_LOCK_PAUSE_S)
    return Store.open(workspace.directory)
