"""What an account was billed, as the service reports it: by day and product, a day late."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from core.errors import ServiceError
from core.together.client import Connection
from core.together.failures import entries, listed
from core.together.fields import text

_MICRO = Decimal(1_000_000)
_MOST = 100
"""Windows of one page; a month has 31."""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One product on one day."""

    day: str
    """`2026-11-26`, by UTC."""
    product: str
    cost_microusd: int


async def read_bill(here: Connection, month: str) -> list[BilledLine]:
    """All that was billed in a month (`2026-11`); of the current one, up to yesterday."""
    what = f"the bill of {month} could not be read"
    pages = here.read.organization.usage.costs.list(month=month, granularity="day", limit=_MOST)
    sums: dict[tuple[str, str], Decimal] = {}
    for window in await listed(here.library, what, pages):
        day = text(window, "date")
        for item in entries(what, window, "line_items"):
            key = (day, text(item, "product_name") or "unnamed")
            sums[key] = sums.get(key, Decimal()) + _dollars(what, item)
    return [BilledLine(*key, _microusd(dollars)) for key, dollars in sorted(sums.items())]


def _dollars(what: str, item: Any) -> Decimal:
    """An amount; one that cannot be read is an error, and not nothing."""
    said = text(item, "cost")
    try:
        dollars = Decimal(said)
    except InvalidOperation:
        dollars = Decimal("nan")
    if not dollars.is_finite():
        raise ServiceError(f"{what}: a line names no amount, but {said!r}")
    return dollars


def _microusd(dollars: Decimal) -> int:
    return int((dollars * _MICRO).quantize(Decimal(1), ROUND_HALF_UP))
