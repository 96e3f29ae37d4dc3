"""Charges that are no calls: a training job, an endpoint; a journal of what each comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.store.database import Store


class ChargeKind(StrEnum):
    """What is paid for."""

    TRAINING = "training"
    ENDPOINT = "endpoint"


class ChargeStatus(StrEnum):
    """Whether it may still cost more."""

    OPEN = "open"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A charge as it stood at one moment; its newest row counts."""

    charge_id: str
    owner_id: str
    """The run, evaluation or job that it belongs to; empty for none."""
    kind: str
    what: str
    """The model that is trained, or the hardware that is rented."""
    price_note: str
    """The price it was begun at, and who says so."""
    status: str
    worst_microusd: int
    spent_microusd: int
    """Billed so far."""
    note: str
    """Why it changed, where somebody said so."""
    changed_at: datetime

    @property
    def counted_microusd(self) -> int:
        """What it takes from a ceiling: the worst case for as long as it is open."""
        if self.status == ChargeStatus.SETTLED:
            return self.spent_microusd
        return max(self.worst_microusd, self.spent_microusd)

    @property
    def unseen_microusd(self) -> int:
        """The part of that which is not billed yet, and may never be."""
        return self.counted_microusd - self.spent_microusd


NEWEST = "QUALIFY row_number() OVER (PARTITION BY charge_id ORDER BY rowid DESC) = 1"


async def find_charge(store: Store, charge_id: str) -> ChargeRow | None:
    """A charge as it stands, or nothing."""
    newest = "WHERE charge_id = ? ORDER BY rowid DESC LIMIT 1"
    found: list[ChargeRow] = await store.load(ChargeRow, "charges", newest, charge_id)
    return found[0] if found else None


async def list_charges(store: Store, owner_id: str = "") -> list[ChargeRow]:
    """All charges, or those of one owner, as they stand; the newest change first."""
    tail = f"{NEWEST} ORDER BY changed_at DESC, charge_id"
    if owner_id:
        return await store.load(ChargeRow, "charges", f"WHERE owner_id = ? {tail}", owner_id)
    return await store.load(ChargeRow, "charges", tail)
