"""The governor: few calls at first, fewer after a refusal, slowly more while all goes well."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from core.clock import SystemClock
from core.errors import PolicyBusyError, PolicyClosedError, Pressure, RefusedError
from core.policies.governor import LONGEST_REST_S, Governor


async def _calls(governor: Governor, n: int, error: PolicyBusyError | None = None) -> int:
    """Make so many calls at once; the most that were inside together."""
    n_inside = n_most = 0

    async def one() -> None:
        nonlocal n_inside, n_most
        with suppress(PolicyBusyError):
            async with governor.turn():
                n_inside += 1
                n_most = max(n_most, n_inside)
                for _ in range(3):
                    await asyncio.sleep(0)
                n_inside -= 1
                if error is not None:
                    raise error

    await asyncio.gather(*(one() for _ in range(n)))
    return n_most


async def test_a_cold_model_is_asked_by_few_and_a_warm_one_by_as_many_as_may_be() -> None:
    governor = Governor(SystemClock(), 16)
    assert await _calls(governor, 4) == 4
    assert governor.width < 6
    for _ in range(60):
        await _calls(governor, 64)
    assert governor.width == 16
    assert await _calls(governor, 64) == 16


@pytest.mark.parametrize(
    ("pressure", "kept"), [(Pressure.RATE, 8), (Pressure.OVERLOAD, 12), (Pressure.NETWORK, 14)]
)
async def test_one_wave_of_refusals_cuts_once_and_each_kind_by_its_own_share(
    pressure: Pressure, kept: int
) -> None:
    governor = Governor(SystemClock(), 64, width=16.0)
    await _calls(governor, 16, PolicyBusyError("no", pressure))
    assert int(governor.width) == kept


async def test_the_width_never_falls_below_one_call() -> None:
    governor = Governor(SystemClock(), 64)
    for _ in range(20):
        await _calls(governor, 1, PolicyBusyError("no", Pressure.RATE))
    assert governor.width == 1.0


async def test_nobody_asks_before_the_time_that_the_service_named() -> None:
    clock = SystemClock()
    governor = Governor(clock, 64)
    await _calls(governor, 1, PolicyBusyError("no", Pressure.RATE, retry_after_s=0.2))
    before = clock.monotonic()
    await _calls(governor, 3)
    assert clock.monotonic() - before >= 0.15


async def test_a_service_that_asks_for_too_long_is_given_up_and_nobody_sleeps() -> None:
    governor = Governor(SystemClock(), 64)
    day = PolicyBusyError("HTTP 429", Pressure.RATE, retry_after_s=86_400.0)
    with pytest.raises(PolicyClosedError, match=r"alone for 1,440 min; at most 15 are waited"):
        async with governor.turn():
            raise day
    assert governor.rest_s == 0.0
    with pytest.raises(RefusedError, match="resume later"):
        async with asyncio.timeout(5.0), governor.turn():
            pass


async def test_a_rest_is_never_longer_than_what_is_waited_for() -> None:
    governor = Governor(SystemClock(), 64)
    assert governor.is_free
    governor.rest(86_400.0)
    assert 0.0 < governor.rest_s <= LONGEST_REST_S
    assert not governor.is_free
