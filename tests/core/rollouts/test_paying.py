"""Calls that cost money: what is set aside before, what is stored after, what a cut leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.agent.asking import Call
from core.chat import ChatReply, ChatRequest, Decoding, Message, Role, Usage
from core.clock import SystemClock
from core.costs.ceiling import Ceiling
from core.costs.prices import ChatPrice
from core.costs.spending import Spending
from core.errors import CeilingError, PolicyBusyError, Pressure, StoreError
from core.rollouts.deposit import Deposit
from core.rollouts.journal import StoreJournal
from core.rollouts.paying import Paying
from core.rollouts.plan import Slot
from core.store.database import Store
from core.store.runs import load_calls
from core.store.spending import WORKSPACE, Spent, sum_spent

_PRICE = ChatPrice(prompt=1_000_000, completion=1_000_000, cached=100_000)
_MESSAGES = (Message(Role.SYSTEM, "Mend it."), Message(Role.USER, "Größe"))
_REQUEST = ChatRequest(_MESSAGES, 0, Decoding(max_tokens=100))
_WORST = 8 + 7 + 64 + 2 * 16 + 100
"""One micro-dollar a token."""


@dataclass
class _Model:
    """Answers, fails, or waits to be cut off."""

    answers: list[ChatReply | Exception]
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    name: str = "paid/model"

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.is_asked.set()
        if not self.answers:
            await asyncio.Event().wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def _opened(directory: Path) -> AsyncIterator[Store]:
    store = Store.open(directory)
    try:
        yield store
    finally:
        store.close()


def _paying(store: Store, model: _Model, ceiling: Ceiling) -> Paying:
    slot = Slot("rollout", "arm", "suite/task", 0)
    journal = StoreJournal(store, SystemClock(), "run", slot, model.name, set())
    deposit = Deposit(store, SystemClock(), "run", model.name, ceiling)
    return Paying(model, journal, _PRICE, ceiling, deposit)


async def _ask(paying: Paying) -> ChatReply | PolicyBusyError:
    """One attempt as a rollout makes it."""
    call = Call(1, "state", _MESSAGES, None, "", 0, 0.1)
    try:
        reply = await paying.chat(_REQUEST)
    except PolicyBusyError as error:
        await paying.write_call(
            Call(1, "state", _MESSAGES, None, str(error), 0, 0.1, 1, error.may_be_billed)
        )
        return error
    await paying.write_call(
        Call(call.iteration, call.state, _MESSAGES, reply, "", _PRICE.cost(reply.usage), 0.1)
    )
    return reply


async def test_an_answered_call_costs_what_it_used_and_leaves_nothing_set_aside(
    tmp_path: Path,
) -> None:
    async with _opened(tmp_path) as store:
        ceiling = Ceiling("the run", 1_000)
        paying = _paying(store, _Model([ChatReply("ok", Usage(20, 5))]), ceiling)
        await _ask(paying)
        await paying.deposit.close()
        assert (ceiling.spent, ceiling.reserved) == (25, 0)
        assert (await sum_spent(store, "run")).settled == 25
        assert (await sum_spent(store)).unseen == 0
        (call,) = await load_calls(store, "run")
        assert (call.outcome, call.cost_microusd, call.model) == ("ok", 25, "paid/model")


async def test_nothing_is_called_when_the_worst_case_does_not_fit(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        model = _Model([])
        with pytest.raises(CeilingError, match="ceiling of the run"):
            await _paying(store, model, Ceiling("the run", _WORST - 1)).chat(_REQUEST)
        assert not model.is_asked.is_set()
        await store.flush()
        assert (await sum_spent(store)).unseen == 0


async def test_a_refused_call_is_free_and_one_that_was_lost_counts_in_full(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        ceiling = Ceiling("the run", 1_000)
        refused = PolicyBusyError("429", Pressure.RATE)
        lost = PolicyBusyError("timed out", Pressure.NETWORK, may_be_billed=True)
        paying = _paying(store, _Model([refused, lost]), ceiling)
        await _ask(paying)
        assert ceiling.spent == 0
        await _ask(paying)
        await paying.deposit.close()
        assert (ceiling.spent, ceiling.reserved) == (_WORST, 0)
        assert [call.outcome for call in await load_calls(store, "run")] == ["error", "lost"]
        assert await sum_spent(store, "run") == await sum_spent(store)
        assert (await sum_spent(store)).unseen == _WORST


async def test_a_call_that_was_cut_off_still_counts_after_the_store_is_opened_again(
    tmp_path: Path,
) -> None:
    async with _opened(tmp_path) as store:
        model, ceiling = _Model([]), Ceiling("the run", 1_000)
        paying = _paying(store, model, ceiling)
        asking = asyncio.create_task(paying.chat(_REQUEST))
        await model.is_asked.wait()
        assert (ceiling.spent, ceiling.reserved) == (0, _WORST)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await paying.deposit.close()
        assert (ceiling.spent, ceiling.reserved) == (_WORST, 0)
    async with _opened(tmp_path) as store:
        found = await Spending().of_run(store, "run")
        assert (found.spent, found.limit) == (_WORST, None)


async def test_what_a_crash_cuts_off_was_stored_before_it_was_asked(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        model, ceiling = _Model([]), Ceiling("the run", 1_000)
        asking = asyncio.create_task(_paying(store, model, ceiling).chat(_REQUEST))
        await model.is_asked.wait()
        left = await sum_spent(store, "run")
        assert (left.settled, _WORST <= left.unseen <= 2 * _WORST) == (0, True)
        asking.cancel()


async def test_a_call_that_is_given_up_before_it_is_asked_is_free(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        model, ceiling = _Model([]), Ceiling("the run", 1_000)
        paying = _paying(store, model, ceiling)
        asking = asyncio.create_task(paying.chat(_REQUEST))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not model.is_asked.is_set()
        await paying.deposit.close()
        assert (ceiling.spent, ceiling.reserved) == (0, 0)
        assert await sum_spent(store) == Spent(0, 0)


async def test_many_calls_at_once_are_covered_by_few_writes(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        ceiling = Ceiling("the run", None)
        deposit = Deposit(store, SystemClock(), "run", "paid/model", ceiling)
        await asyncio.gather(*(deposit.cover(100) for _ in range(64)))
        stored = await store.fetch("SELECT worst_microusd FROM reservations")
        assert len(stored) == 1
        assert 6_400 <= stored[0][0] <= 12_800
        for _ in range(10):  # as many as are answered are asked
            deposit.free(100)
            await deposit.cover(100)
        assert await store.fetch("SELECT worst_microusd FROM reservations") == stored
        await deposit.close()
        assert (await sum_spent(store)).unseen == 0


async def test_as_much_is_stored_with_the_first_call_as_all_at_once_may_need(
    tmp_path: Path,
) -> None:
    async with _opened(tmp_path) as store:
        n_at_once, ceiling = 64, Ceiling("the run", None)
        deposit = Deposit(
            store, SystemClock(), "run", "paid/model", ceiling, at_once=lambda: n_at_once
        )
        await deposit.cover(100)
        stored = await store.fetch("SELECT worst_microusd FROM reservations")
        assert 6_400 <= stored[0][0] <= 12_800
        for _ in range(63):
            await deposit.cover(100)
        for _ in range(64):  # answered, but not durable yet
            await deposit.cover(100)
        assert await store.fetch("SELECT worst_microusd FROM reservations") == stored
        n_at_once = 1
        for _ in range(127):
            deposit.free(100)
        await store.flush()
        ((left,),) = await store.fetch("SELECT worst_microusd FROM reservations")
        assert 100 <= left <= 300
        await deposit.close()


async def test_what_could_not_be_written_stays_set_aside(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        deposit = Deposit(store, SystemClock(), "run", "paid/model", Ceiling("the run", None))
        written: list[Future[None]] = [Future(), Future()]
        for each in written:
            await deposit.cover(100)
            deposit.free_after(each, 100)
        written[0].set_exception(StoreError("no space"))
        written[1].set_result(None)
        await asyncio.sleep(0)
        await deposit.close()
        assert (await sum_spent(store)).unseen == 100


async def test_a_call_without_a_price_needs_nothing_set_aside(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        ceiling = Ceiling("the run", 0)
        paying = _paying(store, _Model([ChatReply("ok", Usage(20, 5))]), ceiling)
        paying.price = ChatPrice(0, 0, 0)
        assert isinstance(await paying.chat(_REQUEST), ChatReply)
        await paying.write_call(
            Call(1, "state", _MESSAGES, ChatReply("ok", Usage(20, 5)), "", 0, 0.1)
        )
        await paying.deposit.close()
        await store.flush()
        assert await sum_spent(store) == Spent(0, 0)
        assert len(await load_calls(store, "run")) == 1


async def test_no_more_is_stored_than_the_ceiling_has_room_for(tmp_path: Path) -> None:
    async with _opened(tmp_path) as store:
        ceiling = Ceiling("the run", 1_000)
        deposit = Deposit(store, SystemClock(), "run", "paid/model", ceiling)
        for _ in range(4):
            await ceiling.reserve(240)
            await deposit.cover(240)
        await store.flush()
        assert 960 <= (await sum_spent(store)).unseen <= 980, "half of the room stays free"
        ceiling.settle(240, 230)
        deposit.free(240)
        await store.flush()
        assert (await sum_spent(store)).unseen <= 1_000 - 230


async def test_limits_are_kept_and_a_raised_one_is_obeyed_at_once(tmp_path: Path) -> None:
    now = SystemClock().now().replace(tzinfo=None)
    async with _opened(tmp_path) as store:
        spending = Spending()
        await spending.set_limit(store, "run", _WORST - 1, now)
        await spending.set_limit(store, WORKSPACE, 5_000, now)
        ceiling = await spending.of_run(store, "run")
        paying = _paying(store, _Model([ChatReply("ok", Usage(20, 5))]), ceiling)
        with pytest.raises(CeilingError):
            await paying.chat(_REQUEST)
        await spending.set_limit(store, "run", 1_000, now)
        await _ask(paying)
        await paying.deposit.close()
        assert (await spending.of_workspace(store)).spent == 25
    async with _opened(tmp_path) as store:
        again = await Spending().of_run(store, "run")
        assert (again.limit, again.spent) == (1_000, 25)
        assert again.within is not None
        assert (again.within.limit, again.within.spent) == (5_000, 25)


def test_the_worst_case_is_above_any_number_of_tokens() -> None:
    assert _PRICE.cost(_REQUEST.worst_usage) == _WORST
