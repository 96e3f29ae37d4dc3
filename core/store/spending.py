"""What may still be spent: ceilings, and what is set aside for calls without an answer yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from core.store.database import Store
from core.store.runs import CallRow

WORKSPACE = ""
"""The scope of the ceiling over everything."""


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """The worst case of one call, stored before it is made."""

    reservation_id: str
    run_id: str
    worst_microusd: int
    reserved_at: datetime


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
    """The worst case of calls that were never answered, and may have been billed."""


async def settle(store: Store, reservation_id: str, call: CallRow) -> None:
    """Put a call's row in place of what was set aside for it, in one transaction."""
    append = store.inserting("calls", [call])

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        append(cursor)
        cursor.execute("DELETE FROM reservations WHERE reservation_id = ?", [reservation_id])

    await store.change(statements)


async def find_limit(store: Store, scope: str) -> int | None:
    """The limit in force, if there is one."""
    newest = "SELECT limit_microusd FROM ceilings WHERE scope = ? ORDER BY set_at DESC, rowid DESC"
    found = await store.fetch(f"{newest} LIMIT 1", [scope])
    return found[0][0] if found else None


async def sum_spent(store: Store, run_id: str | None = None) -> Spent:
    """What a run came to so far, or everything together."""
    rows = "" if run_id is None else "WHERE run_id = ?"
    parameters = [] if run_id is None else [run_id, run_id]
    ((settled, unseen),) = await store.fetch(
        f"SELECT (SELECT coalesce(sum(cost_microusd), 0)::BIGINT FROM calls {rows}), "
        f"(SELECT coalesce(sum(worst_microusd), 0)::BIGINT FROM reservations {rows})",
        parameters,
    )
    return Spent(settled, unseen)
