"""Money: integer micro-dollars everywhere, dollars only when printed."""

from __future__ import annotations

MICROUSD = 1_000_000


def tokens_cost(n_tokens: int, microusd_per_million: int) -> int:
    """Price of tokens in micro-dollars, rounded up so that no spend is lost."""
    return -(-n_tokens * microusd_per_million // 1_000_000)


def usd(amount_microusd: int) -> str:
    """`$1.20`, with four decimals below a cent so that small sums never read as zero."""
    dollars = amount_microusd / MICROUSD
    return f"${dollars:,.2f}" if amount_microusd == 0 or abs(dollars) >= 0.01 else f"${dollars:.4f}"
