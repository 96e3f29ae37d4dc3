"""Money: integer micro-dollars everywhere, dollars only when printed."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from core.errors import UsageError

MICROUSD = 1_000_000


def tokens_cost(n_tokens: int, microusd_per_million: int) -> int:
    """Price of tokens in micro-dollars, rounded up so that no spend is lost."""
    return -(-n_tokens * microusd_per_million // 1_000_000)


def parse_usd(text: str) -> int | None:
    """`5`, `$5.00` or `0.5` in micro-dollars; None for an empty text. Raises `UsageError`."""
    if not text.strip():
        return None
    try:
        amount = Decimal(text.strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise UsageError(f"{text!r} is no amount of dollars above 0.")
    return int(amount * MICROUSD)


def usd(amount_microusd: int) -> str:
    """`$1.20`, with four decimals below a cent so that small sums never read as zero."""
    dollars = amount_microusd / MICROUSD
    return f"${dollars:,.2f}" if amount_microusd == 0 or abs(dollars) >= 0.01 else f"${dollars:.4f}"


def spending_text(settled_microusd: int, unseen_microusd: int) -> str:
    """`$0.40 spent`, and `$0.40 spent, at most $0.60 more` where some may be billed unseen."""
    more = f", at most {usd(unseen_microusd)} more" if unseen_microusd else ""
    return f"{usd(settled_microusd)} spent{more}"
