"""What may still be spent: ceilings, and what is set aside for what is not settled yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.charges import NEWEST
from core.store.database import Store

WORKSPACE = ""
"""The scope of the ceiling over everything."""


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """The worst case of calls that may have been billed: of one, or of all that are being asked."""

    reservation_id: str
    run_id: str
    worst_microusd: int
    reserved_at: datetime
    model: str = ""
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class CeilingRow:
    """A limit that was set; None lifts it."""

    scope: str
    limit_microusd: int | None
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """Micro-dollars of a run, or of the workspace."""

    settled: int
    unseen: int
    """At most so much more: for calls that were never answered, and for charges still open."""


async def release_reservations(store: Store, run_id: str) -> int:
    """Let go of all that is set aside for a run's calls; returns what that came to."""
    names = await store.fetch(
        "SELECT reservation_id, worst_microusd FROM reservations WHERE run_id = ?", [run_id]
    )
    await store.replace("reservations", "reservation_id", [name for name, _ in names], [])
    return sum(worst for _, worst in names)


async def find_limit(store: Store, scope: str) -> int | None:
    """The limit in force, if there is one."""
    newest = "SELECT limit_microusd FROM ceilings WHERE scope = ? ORDER BY set_at DESC, rowid DESC"
    found = await store.fetch(f"{newest} LIMIT 1", [scope])
    return found[0][0] if found else None


_SPENT = """
WITH charge AS (
    SELECT status, worst_microusd AS worst, spent_microusd AS spent FROM charges {owned} {newest}
)
SELECT (SELECT coalesce(sum(cost_microusd), 0)::BIGINT FROM calls {of_run})
        + (SELECT coalesce(sum(spent), 0)::BIGINT FROM charge),
    (SELECT coalesce(sum(worst_microusd), 0)::BIGINT FROM reservations {of_run})
        + (SELECT coalesce(sum(greatest(worst - spent, 0)), 0)::BIGINT
           FROM charge WHERE status = 'open')
"""


async def sum_spent(store: Store, owner_id: str | None = None) -> Spent:
    """What a run, or whatever else owns charges, came to so far; or everything together."""
    of_run, owned = ("", "") if owner_id is None else ("WHERE run_id = $1", "WHERE owner_id = $1")
    query = _SPENT.format(of_run=of_run, owned=owned, newest=NEWEST)
    ((settled, unseen),) = await store.fetch(query, [] if owner_id is None else [owner_id])
    return Spent(settled, unseen)
