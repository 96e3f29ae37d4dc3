"""Prices of chat models in integer micro-dollars per million tokens.

An unknown price is a refusal, never zero: a run that cannot be priced cannot be
held under a ceiling.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from core.chat import Usage
from core.costs.book import PriceBook, load_book
from core.digest import short
from core.money import tokens_cost
from core.store.prices import PriceRow
from core.together.records import is_leased


@dataclass(frozen=True, slots=True)
class ChatPrice:
    """Micro-dollars per million tokens, and who says so."""

    prompt: int
    completion: int
    cached: int
    as_of: str = ""
    source: str = ""

    @property
    def is_free(self) -> bool:
        """Whether no call of it costs anything."""
        return self.prompt == self.completion == self.cached == 0

    def price_id(self, model: str) -> str:
        """The name under which it is stored for a model, and by which calls name it."""
        return short([model, asdict(self)], 12)

    def row(self, model: str, now: datetime) -> PriceRow:
        """The price as it is stored beside the calls that it was used for."""
        return PriceRow(self.price_id(model), model, **asdict(self), first_used_at=now)

    def cost(self, usage: Usage) -> int:
        """Micro-dollars of one call; cached prompt tokens are billed at their own price."""
        fresh = usage.n_prompt_tokens - usage.n_cached_tokens
        return (
            tokens_cost(fresh, self.prompt)
            + tokens_cost(usage.n_cached_tokens, self.cached)
            + tokens_cost(usage.n_completion_tokens, self.completion)
        )


FREE = ChatPrice(0, 0, 0, source="built in")


def chat_price(policy: str, book: PriceBook | None = None) -> ChatPrice:
    """The price of a policy by its arm's name; raises `RefusedError` when unknown.

    Without a book, the shipped prices and those of the user's config directory count.
    """
    if policy == "builtin" or policy.startswith("builtin:"):
        return FREE
    if is_leased(policy):
        return FREE  # paid for by the minute, not by the token
    row = (book or load_book()).chat_row(policy)
    cached = row.prompt if row.cached is None else row.cached
    return ChatPrice(row.prompt, row.completion, cached, row.as_of.isoformat(), row.source)
