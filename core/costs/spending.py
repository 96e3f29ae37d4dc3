"""The ceilings of an open workspace: one over everything, one below it for each run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from core.costs.ceiling import Ceiling
from core.errors import UsageError
from core.store.database import Store
from core.store.spending import WORKSPACE, CeilingRow, find_limit, sum_spent


@dataclass(slots=True)
class Spending:
    """Shared by everything that spends on one workspace, so that all count together."""

    _ceilings: dict[str, Ceiling] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of_run(self, store: Store, run_id: str) -> Ceiling:
        """A run's ceiling, below the workspace's, with what is spent already."""
        async with self._turn:
            wide = await self._load(store, WORKSPACE, None)
            return await self._load(store, run_id, wide)

    async def of_workspace(self, store: Store) -> Ceiling:
        """The ceiling over everything."""
        async with self._turn:
            return await self._load(store, WORKSPACE, None)

    async def set_limit(
        self, store: Store, scope: str, limit_microusd: int | None, now: datetime
    ) -> None:
        """Set or lift the limit of a run, or of the workspace; also what is going on obeys it."""
        if limit_microusd is not None and limit_microusd <= 0:
            raise UsageError("A ceiling is more than $0; leave it out for none.")
        await store.insert("ceilings", [CeilingRow(scope, limit_microusd, now)])
        if scope in self._ceilings:
            self._ceilings[scope].raise_to(limit_microusd)

    async def _load(self, store: Store, scope: str, within: Ceiling | None) -> Ceiling:
        if scope not in self._ceilings:
            spent = await sum_spent(store, scope or None)
            self._ceilings[scope] = Ceiling(
                name=scope or "this workspace",
                limit=await find_limit(store, scope),
                spent=spent.settled + spent.unseen,
                within=within,
            )
        return self._ceilings[scope]
