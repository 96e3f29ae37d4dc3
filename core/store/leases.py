"""Leases: each is stored before anything is made on the account; a journal says how it stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import duckdb

from core.store.database import Store

ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """What was rented; `body` is its plan's JSON."""

    lease_id: str
    endpoint: str
    """Its name on the account, chosen beforehand."""
    project: str
    model: str
    owner_id: str
    """The run that it ends with; empty when a person holds it."""
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LeaseStateRow:
    """A change of a lease; the newest counts."""

    lease_id: str
    status: str
    is_billed: bool
    deadline_at: datetime
    note: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StoredLease:
    """A lease with all that happened to it, oldest first."""

    row: LeaseRow
    states: tuple[LeaseStateRow, ...]

    @property
    def newest(self) -> LeaseStateRow:
        """How it stands."""
        return self.states[-1]


async def load_leases(store: Store, *, open_only: bool = False) -> list[StoredLease]:
    """Leases, newest first; with `open_only` those that are not known to have ended."""
    open_ids = (
        "SELECT lease_id FROM lease_states GROUP BY lease_id "
        f"HAVING arg_max(status, rowid) <> '{ENDED}'"
    )
    where = f"WHERE lease_id IN ({open_ids})" if open_only else ""
    rows = await store.load(LeaseRow, "leases", f"{where} ORDER BY created_at DESC, lease_id DESC")
    states = await store.load(LeaseStateRow, "lease_states", f"{where} ORDER BY rowid")
    of: dict[str, list[LeaseStateRow]] = defaultdict(list)
    for state in states:
        of[state.lease_id].append(state)
    return [StoredLease(row, tuple(of[row.lease_id])) for row in rows if of[row.lease_id]]


async def begin_lease(store: Store, row: LeaseRow, state: LeaseStateRow) -> None:
    """Store a lease with its first state, in one transaction."""
    parts = store.inserting("leases", [row]), store.inserting("lease_states", [state])

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        for part in parts:
            part(cursor)

    await store.change(statements)
