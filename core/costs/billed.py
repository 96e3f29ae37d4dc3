"""The service's bill beside the ledger, day by day: what was charged and what was counted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.errors import UsageError
from core.store.ledger import LedgerLine
from core.together.billing import BilledLine

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class BilledDay:
    """One day, by UTC."""

    day: str
    billed_microusd: int | None
    """None while the service has not billed it yet."""
    ledger_microusd: int
    """Settled here; may hold what other services cost."""
    products: dict[str, int]
    """Of what was billed, in micro-dollars."""


def month_of(given: str, today: date) -> str:
    """The month that is asked for, else the current one; raises `UsageError` with the form."""
    if given and not _MONTH.fullmatch(given):
        raise UsageError(f"{given!r} is no month; write it like {today:%Y-%m}.")
    return given or f"{today:%Y-%m}"


def beside_ledger(
    bill: Iterable[BilledLine], ledger: Iterable[LedgerLine], month: str, today: date
) -> list[BilledDay]:
    """Every day of the month that either side knows of, the newest first."""
    products: dict[str, dict[str, int]] = {}
    for line in bill:
        products.setdefault(line.day, {})[line.product] = line.cost_microusd
    counted = {line.key: line.cost_microusd for line in ledger if line.key.startswith(month)}
    return [
        BilledDay(
            day=day,
            billed_microusd=_billed(products.get(day), day, today),
            ledger_microusd=counted.get(day, 0),
            products=products.get(day, {}),
        )
        for day in sorted({*products, *counted}, reverse=True)
    ]


def _billed(products: dict[str, int] | None, day: str, today: date) -> int | None:
    if products is None:
        return 0 if day < today.isoformat() else None
    return sum(products.values())
