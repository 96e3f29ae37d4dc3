"""The ceilings of an open workspace: one over everything, one below it for each run.

Calls reserve under them one by one. What lasts, as a training job or an endpoint, is a charge:
begun with its worst case before it is bought, amended while it runs, settled at its end. A
charge that is never settled goes on counting at its worst, so that a crash hides no cost.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.costs.ceiling import Ceiling, refuse_below_zero
from core.errors import StoreError, UsageError
from core.store.charges import ChargeKind, ChargeRow, ChargeStatus, find_charge
from core.store.database import Store
from core.store.spending import (
    WORKSPACE,
    CeilingRow,
    find_limit,
    release_reservations,
    sum_spent,
)


@dataclass(slots=True)
class Spending:
    """Shared by everything that spends on one workspace, so that all count together."""

    _ceilings: dict[str, Ceiling] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of_run(self, store: Store, run_id: str) -> Ceiling:
        """A run's ceiling, below the workspace's, with what is spent already."""
        async with self._turn:
            return await self._above(store, run_id)

    async def of_workspace(self, store: Store) -> Ceiling:
        """The ceiling over everything."""
        async with self._turn:
            return await self._above(store, WORKSPACE)

    async def set_limit(
        self, store: Store, scope: str, limit_microusd: int | None, now: datetime
    ) -> None:
        """Set or lift the limit of a run, or of the workspace; also what is going on obeys it."""
        if limit_microusd is not None and limit_microusd <= 0:
            raise UsageError("A ceiling is more than $0; leave it out for none.")
        await store.insert("ceilings", [CeilingRow(scope, limit_microusd, now)])
        if scope in self._ceilings:
            self._ceilings[scope].raise_to(limit_microusd)

    async def begin_charge(
        self,
        store: Store,
        charge_id: str,
        owner_id: str,
        kind: ChargeKind,
        what: str,
        worst_microusd: int,
        price_note: str,
        now: datetime,
    ) -> ChargeRow:
        """Set the worst case aside, durably, before anything is bought; to do it twice is once.

        Raises `CeilingError` when it does not fit below the workspace's ceiling, and below that
        of the owner. Nothing is waited for.
        """
        refuse_below_zero(worst_microusd)
        row = ChargeRow(
            charge_id=charge_id,
            owner_id=owner_id,
            kind=ChargeKind(kind).value,
            what=what,
            price_note=price_note,
            status=ChargeStatus.OPEN,
            worst_microusd=worst_microusd,
            spent_microusd=0,
            note="",
            changed_at=now,
        )
        async with self._turn:
            known = await find_charge(store, charge_id)
            if known is not None and known.status == ChargeStatus.OPEN:
                return await self._extend(store, known, worst_microusd, now)
            if known is not None:
                raise UsageError(f"The charge {charge_id} is settled and cannot begin again.")
            await self._take(store, row, worst_microusd)
            return row

    async def extend_charge(
        self, store: Store, charge_id: str, worst_microusd: int, now: datetime
    ) -> ChargeRow:
        """Let an open charge cost up to so much in all; raises `CeilingError` when it cannot."""
        async with self._turn:
            return await self._extend(store, await _open(store, charge_id), worst_microusd, now)

    async def amend_charge(
        self, store: Store, charge_id: str, spent_microusd: int, now: datetime
    ) -> ChargeRow:
        """Say what an open charge has cost so far; less than was said before is not believed."""
        async with self._turn:
            old = await _open(store, charge_id)
            if spent_microusd <= old.spent_microusd:
                return old
            new = replace(old, spent_microusd=spent_microusd, changed_at=now)
            await self._change(store, old, new)
            return new

    async def settle_charge(
        self, store: Store, charge_id: str, actual_microusd: int, now: datetime, note: str = ""
    ) -> ChargeRow:
        """Say what a charge came to in the end, and why it changed, as after a refund.

        May be said again when the bill says otherwise; every word is kept.
        """
        refuse_below_zero(actual_microusd)
        async with self._turn:
            old = await _known(store, charge_id)
            new = replace(
                old,
                status=ChargeStatus.SETTLED,
                spent_microusd=actual_microusd,
                note=note,
                changed_at=now,
            )
            if replace(new, changed_at=old.changed_at) != old:
                await self._change(store, old, new)
            return new

    async def release(self, store: Store, run_id: str) -> int:
        """Count no longer what a run's lost calls may have cost; returns how much that was.

        Only for a run that nobody drives: what is set aside for a call in flight must stay.
        """
        async with self._turn:
            ceiling = await self._above(store, run_id)
            amount = await release_reservations(store, run_id)
            ceiling.count(-amount, unseen=-amount)
            return amount

    async def _extend(
        self, store: Store, old: ChargeRow, worst_microusd: int, now: datetime
    ) -> ChargeRow:
        if worst_microusd <= old.worst_microusd:
            return old
        new = replace(old, worst_microusd=worst_microusd, changed_at=now)
        await self._take(store, new, new.counted_microusd - old.counted_microusd)
        return new

    async def _take(self, store: Store, row: ChargeRow, amount: int) -> None:
        """Count it first: a write that is cut off may still land, one that fails did not."""
        ceiling = await self._above(store, row.owner_id)
        ceiling.take(amount)
        try:
            await store.insert("charges", [row])
        except StoreError:
            ceiling.count(-amount, unseen=-amount)
            raise

    async def _change(self, store: Store, old: ChargeRow, new: ChargeRow) -> None:
        """What it takes more counts before it is stored; what it frees, once that is durable."""
        ceiling = await self._above(store, old.owner_id)
        more = new.counted_microusd - old.counted_microusd
        ceiling.count(max(0, more))
        try:
            await store.insert("charges", [new])
        except StoreError:
            ceiling.count(-max(0, more))
            raise
        ceiling.count(min(0, more), unseen=new.unseen_microusd - old.unseen_microusd)

    async def _above(self, store: Store, owner_id: str) -> Ceiling:
        wide = await self._load(store, WORKSPACE, None)
        return await self._load(store, owner_id, wide) if owner_id else wide

    async def _load(self, store: Store, scope: str, within: Ceiling | None) -> Ceiling:
        if scope not in self._ceilings:
            spent = await sum_spent(store, scope or None)
            self._ceilings[scope] = Ceiling(
                name=scope or "this workspace",
                limit=await find_limit(store, scope),
                spent=spent.settled + spent.unseen,
                within=within,
                unseen=spent.unseen,
            )
        return self._ceilings[scope]


async def _known(store: Store, charge_id: str) -> ChargeRow:
    row = await find_charge(store, charge_id)
    if row is None:
        raise UsageError(f"There is no charge {charge_id}: `gemel cost charges` lists them.")
    return row


async def _open(store: Store, charge_id: str) -> ChargeRow:
    row = await _known(store, charge_id)
    if row.status != ChargeStatus.OPEN:
        raise UsageError(f"The charge {charge_id} is settled: it can only be settled again.")
    return row
