"""How a policy samples: what no service takes is refused before anything is stored."""

from __future__ import annotations

import math

import pytest

from core.chat import Decoding
from core.errors import UsageError


@pytest.mark.parametrize("n", [0, -1, -10_000_000])
def test_an_answer_without_a_bound_is_refused(n: int) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        Decoding(max_tokens=n)


@pytest.mark.parametrize("temperature", [math.nan, math.inf, -math.inf, -0.1, 2.1])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(UsageError, match="temperature: 0 to 2"):
        Decoding(temperature)


def test_the_coldest_and_the_hottest_are_taken() -> None:
    assert (Decoding(0.0, 1).temperature, Decoding(2.0).temperature) == (0.0, 2.0)
