"""Ceilings: spending stays below every limit, whatever is bought at the same time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.costs.ceiling import Ceiling
from core.errors import CeilingError, UsageError

_N_WORKERS = 64


class _Service:
    """Bills for what it does, and says how much it has billed."""

    def __init__(self, rng: random.Random, ceilings: tuple[Ceiling, ...]) -> None:
        self.billed = 0
        self._rng, self._ceilings = rng, ceilings

    async def call(self, worst: int) -> int:
        for _ in range(self._rng.randrange(3)):
            await asyncio.sleep(0)
        if self._rng.random() < 0.1:
            raise ConnectionError("refused: not billed")
        cost = self._rng.randint(0, worst)
        self.billed += cost
        for ceiling in self._ceilings:
            assert ceiling.limit is None or self.billed <= ceiling.limit
        if self._rng.random() < 0.1:
            raise TimeoutError("billed, but the answer was lost")
        await asyncio.sleep(0)
        return cost


async def _worker(ceiling: Ceiling, service: _Service, rng: random.Random) -> None:
    while True:
        worst = rng.randint(1, 50)
        await ceiling.reserve(worst)
        cost = worst  # what is not known to be less
        try:
            cost = await service.call(worst)
        except ConnectionError:
            cost = 0
        except TimeoutError:
            pass
        finally:
            ceiling.settle(worst, cost)


async def _spend(seed: int, limit: int, wide_limit: int | None) -> tuple[Ceiling, _Service]:
    rng = random.Random(seed)
    wide = Ceiling("the workspace", wide_limit, spent=rng.randint(0, 20))
    ceiling = Ceiling("the run", limit, within=wide)
    service = _Service(rng, (ceiling, wide))
    workers = [
        asyncio.create_task(_worker(ceiling, service, rng))
        for _ in range(rng.randint(1, _N_WORKERS))
    ]
    for worker in workers:
        if rng.random() < 0.2:
            await asyncio.sleep(0)
            worker.cancel()
    ends = await asyncio.gather(*workers, return_exceptions=True)
    assert all(isinstance(end, CeilingError | asyncio.CancelledError) for end in ends)
    return ceiling, service


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2_000), st.none() | st.integers(0, 2_000))
def test_no_mix_of_workers_faults_and_cancellations_spends_more_than_any_limit(
    seed: int, limit: int, wide_limit: int | None
) -> None:
    ceiling, service = asyncio.run(_spend(seed, limit, wide_limit))
    assert ceiling.reserved == 0
    assert service.billed <= ceiling.spent <= limit


async def test_what_does_not_fit_waits_for_what_may_turn_out_cheaper() -> None:
    ceiling = Ceiling("the run", 100)
    await ceiling.reserve(80)
    second = asyncio.create_task(ceiling.reserve(50))
    await _settled(lambda: second.done(), is_true=False)
    ceiling.settle(80, 10)
    await second
    assert (ceiling.spent, ceiling.reserved) == (10, 50)


async def test_what_can_never_fit_is_refused_with_the_sums() -> None:
    ceiling = Ceiling("the run", 2_000_000, spent=1_500_000)
    with pytest.raises(CeilingError, match=r"ceiling of the run is \$2.00; \$1.50 spent.*\$0.60"):
        await ceiling.reserve(600_000)
    assert ceiling.reserved == 0


async def test_what_may_have_been_billed_unseen_counts_and_is_named_apart() -> None:
    wide = Ceiling("the workspace", None, spent=5)
    ceiling = Ceiling("the run", 1_000_000, within=wide)
    for worst, cost in ((500_000, 400_000), (600_000, 600_000)):
        await ceiling.reserve(worst)
        ceiling.settle(worst, cost)
    assert (ceiling.spent, ceiling.unseen) == (1_000_000, 600_000)
    assert (wide.spent, wide.unseen) == (1_000_005, 600_000)
    with pytest.raises(CeilingError, match=r"\$0.40 spent, at most \$0.60 more, and the next"):
        await ceiling.reserve(1)


async def test_a_wider_ceiling_holds_for_all_that_stand_below_it() -> None:
    wide = Ceiling("the workspace", 100)
    one, two = (Ceiling(name, None, within=wide) for name in ("one", "two"))
    await one.reserve(60)
    one.settle(60, 60)
    with pytest.raises(CeilingError, match="ceiling of the workspace"):
        await two.reserve(41)
    await two.reserve(40)


async def test_raising_the_limit_lets_go_what_waits() -> None:
    ceiling = Ceiling("the run", 100)
    await ceiling.reserve(80)
    second = asyncio.create_task(ceiling.reserve(50))
    await _settled(lambda: second.done(), is_true=False)
    ceiling.raise_to(130)
    await second
    assert ceiling.reserved == 130


async def _settled(look: Callable[[], bool], *, is_true: bool) -> None:
    turns: list[Awaitable[None]] = [asyncio.sleep(0) for _ in range(5)]
    for turn in turns:
        await turn
    assert look() is is_true


async def test_less_than_nothing_makes_no_room() -> None:
    ceiling = Ceiling("the run", 100, spent=100)
    with pytest.raises(UsageError, match="less than"):
        await ceiling.reserve(-50)
    with pytest.raises(UsageError, match="less than"):
        ceiling.take(-50)
    assert (ceiling.spent, ceiling.reserved) == (100, 0)
