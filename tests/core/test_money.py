"""Money is whole micro-dollars, rounds up, and never prints a spend as nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import Usage
from core.costs.prices import ChatPrice, chat_price
from core.errors import RefusedError, UsageError
from core.money import parse_usd, tokens_cost, usd


@given(st.integers(0, 10**9), st.integers(0, 10**8))
def test_a_cost_is_never_below_the_exact_price(n_tokens: int, price: int) -> None:
    cost = tokens_cost(n_tokens, price)
    assert cost * 1_000_000 >= n_tokens * price > (cost - 1) * 1_000_000 - 1


def test_cached_tokens_are_billed_once_at_their_own_price() -> None:
    price = ChatPrice(prompt=1_000_000, completion=3_000_000, cached=100_000)
    assert price.cost(Usage(100, 10, n_cached_tokens=60)) == 40 + 6 + 30


@pytest.mark.parametrize(
    ("amount", "printed"),
    [(0, "$0.00"), (1_200_000, "$1.20"), (150, "$0.0001"), (1_234_567_890, "$1,234.57")],
)
def test_dollars_are_printed_as_people_read_them(amount: int, printed: str) -> None:
    assert usd(amount) == printed


def test_an_unknown_price_is_a_refusal() -> None:
    assert chat_price("builtin:abc").cost(Usage(10, 10)) == 0
    with pytest.raises(RefusedError, match="unknown"):
        chat_price("vendor/model")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("5", 5_000_000), ("$1,234.50", 1_234_500_000), (" 0.000001 ", 1), ("", None), ("  ", None)],
)
def test_dollars_are_read_as_people_type_them(text: str, amount: int | None) -> None:
    assert parse_usd(text) == amount


@pytest.mark.parametrize("text", ["0", "-1", "five", "nan", "inf", "1e", "$"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no amount of dollars"):
        parse_usd(text)
