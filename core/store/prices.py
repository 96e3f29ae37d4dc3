"""The prices that calls were settled at, each once, so that an old cost can be explained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price as it was used, in micro-dollars per million tokens; calls name it by its id."""

    price_id: str
    model: str
    prompt: int
    completion: int
    cached: int
    as_of: str
    source: str
    first_used_at: datetime


async def save_price(store: Store, price: PriceRow) -> None:
    """Store a price once."""
    if not await store.fetch("SELECT 1 FROM prices WHERE price_id = ?", [price.price_id]):
        await store.insert("prices", [price])
