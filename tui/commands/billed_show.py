"""How the service's bill beside the ledger looks to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from core.costs.billed import BilledDay
from core.money import usd
from tui.commands.show import say, table

_HEADS = ("day", "billed", "ledger", "difference")


def show_billed(console: Console, month: str, days: Sequence[BilledDay]) -> None:
    """A line per day and their sum, then the sum of each product."""
    rows = [_cells(day.day, day.billed_microusd, day.ledger_microusd) for day in days]
    if days:
        known = [day for day in days if day.billed_microusd is not None]
        billed = sum(day.billed_microusd or 0 for day in known)
        rows.append(_cells("billed days", billed, sum(day.ledger_microusd for day in known)))
    table(console, _HEADS, rows, empty=f"Nothing was billed or counted in {month}.")
    products: Counter[str] = Counter()
    for day in days:
        products.update(day.products)
    for name, amount in products.most_common():
        say(console, f"{usd(amount)} {name}")
    say(console, "The bill is the whole account's; the ledger is this workspace's, of any service.")


def _cells(name: str, billed: int | None, counted: int) -> tuple[str, ...]:
    if billed is None:
        return name, "not yet", usd(counted), ""
    return name, usd(billed), usd(counted), usd(billed - counted)
