"""A thousand runs of 64 workers against a service that bills: no mix of faults passes a ceiling.

Ceilings, payments and store are the real ones. The runs share one store, and its commits.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.agent.asking import Call
from core.chat import ChatReply, ChatRequest, Decoding, Message, Role, Usage
from core.clock import SystemClock
from core.costs.ceiling import Ceiling
from core.costs.prices import ChatPrice
from core.errors import CeilingError, PolicyBusyError, PolicyError, Pressure
from core.rollouts.deposit import Deposit
from core.rollouts.journal import StoreJournal
from core.rollouts.paying import Paying
from core.rollouts.plan import Slot
from core.store.database import Store
from core.store.runs import load_calls
from core.store.spending import Spent, sum_spent

_N_SEEDS, _N_AT_ONCE = 1_000, 100
_N_WORKERS = 64
_RESUMED = 20
"""One in so many is resumed to its end: that takes ten times the calls of its first start."""
_LOOKS = 0.01
"""Of the calls, how many see what is stored meanwhile."""
_PRICE = ChatPrice(1_000_000, 1_000_000, 500_000)
_MESSAGES = (Message(Role.USER, "Mend it."),)
_REQUEST = ChatRequest(_MESSAGES, 0, Decoding(max_tokens=50))
_WORST = _PRICE.cost(_REQUEST.worst_usage)


@dataclass
class _Service:
    """Bills what it does, and says how much it has billed."""

    rng: random.Random
    ceilings: tuple[Ceiling, ...] = ()
    name: str = "paid/model"
    billed: int = 0
    billed_unanswered: int = 0
    answered: Counter[str] = field(default_factory=Counter)
    is_calm: bool = False
    counted: Callable[[], Awaitable[Spent]] | None = None
    """What a crash would leave."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Refuse, answer, or lose the answer."""
        chance = 1.0 if self.is_calm else self.rng.random()
        await self._turns()
        if chance < 0.1:
            raise PolicyBusyError("429", Pressure.RATE)
        usage = Usage(self.rng.randint(0, 60), self.rng.randint(0, 50), self.rng.randint(0, 5))
        usage = Usage(max(usage.n_prompt_tokens, usage.n_cached_tokens), usage.n_completion_tokens,
                      usage.n_cached_tokens)  # fmt: skip
        cost = _PRICE.cost(usage)
        self.billed += cost
        self.billed_unanswered += cost  # until the answer is there
        for ceiling in self.ceilings:
            assert ceiling.limit is None or self.billed <= ceiling.limit, "above the ceiling"
        if self.counted is not None and self.rng.random() < _LOOKS:
            billed, left = self.billed, await self.counted()
            assert billed <= left.settled + left.unseen, "a crash would hide a call"
        await self._turns()
        if chance < 0.2:
            raise PolicyBusyError("timed out", Pressure.NETWORK, may_be_billed=True)
        self.billed_unanswered -= cost
        return ChatReply("ok", usage)

    async def _turns(self) -> None:
        for _ in range(self.rng.randrange(3)):
            await asyncio.sleep(0)


@dataclass
class _Life:
    """One run from its first start to its end."""

    store: Store
    seed: int
    rng: random.Random
    service: _Service
    n_calls: int = 1
    """Of each worker."""
    done: set[tuple[int, int]] = field(default_factory=set)
    """Calls that were answered and are stored, by worker and iteration."""
    asked: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def run_id(self) -> str:
        return f"run-{self.seed}"

    async def start(self, ceiling: Ceiling, *, ends_early: bool) -> list[BaseException | None]:
        """All workers at once; some are cancelled, or all, as a crash does."""
        n_at_once = self.rng.choice([1, _N_WORKERS // 2, _N_WORKERS])
        deposit = Deposit(
            self.store, SystemClock(), self.run_id, self.service.name, ceiling, lambda: n_at_once
        )
        workers = [asyncio.create_task(self._work(n, ceiling, deposit)) for n in range(_N_WORKERS)]
        if ends_early:
            crashes = self.rng.random() < 0.3
            for worker in workers:
                if crashes or self.rng.random() < 0.05:
                    await self.service._turns()
                    worker.cancel()
        ends = await asyncio.gather(*workers, return_exceptions=True)
        await deposit.close()
        await self.store.flush()
        return ends

    async def _work(self, worker: int, ceiling: Ceiling, deposit: Deposit) -> None:
        slot = Slot(f"{self.run_id}-{worker}", "arm", "suite/task", worker)
        clock, states = SystemClock(), {"state"}
        journal = StoreJournal(self.store, clock, self.run_id, slot, "paid/model", states)
        paying = Paying(self.service, journal, _PRICE, ceiling, deposit)
        for iteration in range(1, self.n_calls + 1):
            while (worker, iteration) not in self.done:
                await self._attempt(paying, worker, iteration)

    async def _attempt(self, paying: Paying, worker: int, iteration: int) -> None:
        self.asked[worker, iteration] += 1
        try:
            reply = await paying.chat(_REQUEST)
        except PolicyError as error:
            billed = error.may_be_billed
            failed = Call(iteration, "state", _MESSAGES, None, str(error), 0, 0.0, 1, billed)
            await paying.write_call(failed)
            return
        cost = _PRICE.cost(reply.usage)
        await paying.write_call(Call(iteration, "state", _MESSAGES, reply, "", cost, 0.0))
        self.done.add((worker, iteration))

    async def recall(self) -> None:
        """What a resume knows: what is stored."""
        rows = await load_calls(self.store, self.run_id)
        ok = [
            (int(r.rollout_id.rpartition("-")[2]), r.iteration) for r in rows if r.outcome == "ok"
        ]
        assert len(set(ok)) == len(ok), "no answer was paid for twice"
        assert self.done <= set(ok), "what was used is stored"
        self.done = set(ok)


async def _live(store: Store, seed: int) -> None:
    rng = random.Random(seed)
    service = _Service(rng)
    life = _Life(store, seed, rng, service, rng.choice([1, 1, 1, 2]))
    limit = rng.randint(0, 12 * _WORST)
    wide = Ceiling("the workspace", rng.choice([None, rng.randint(0, 12 * _WORST)]))
    ceiling = Ceiling("the run", limit, within=wide)
    service.ceilings = (ceiling, wide)
    service.counted = lambda: sum_spent(store, life.run_id)
    ends = await life.start(ceiling, ends_early=True)
    assert all(e is None or isinstance(e, CeilingError | asyncio.CancelledError) for e in ends)
    await life.recall()
    spent = await sum_spent(store, life.run_id)
    assert ceiling.reserved == 0
    assert ceiling.spent == wide.spent == spent.settled + spent.unseen <= limit
    _agree(service, spent.settled, spent.unseen)
    if seed % _RESUMED == 0:
        await _resume(life)


async def _resume(life: _Life) -> None:
    """Raise the ceiling, as a new start does: from what is stored alone."""
    service, spent = life.service, await sum_spent(life.store, life.run_id)
    before, finished = Counter(life.asked), set(life.done)
    raised = Ceiling("the run", None, spent=spent.settled + spent.unseen)
    service.ceilings, service.is_calm = (), True
    assert set(await life.start(raised, ends_early=False)) == {None}
    assert all(life.asked[place] == before[place] for place in finished), "only the unfinished"
    assert len(life.done) == _N_WORKERS * life.n_calls
    end = await sum_spent(life.store, life.run_id)
    _agree(service, end.settled, end.unseen)
    assert end.unseen == spent.unseen, "a calm service loses nothing"


def _agree(service: _Service, settled: int, unseen: int) -> None:
    """The ledger has what was answered; what was billed without an answer is set aside for."""
    assert settled <= service.billed <= settled + unseen
    assert service.billed_unanswered <= unseen


async def test_spending_stays_below_every_ceiling_and_the_ledger_is_the_services_count(
    tmp_path: Path,
) -> None:
    store = Store.open(tmp_path)
    try:
        for first in range(0, _N_SEEDS, _N_AT_ONCE):
            seeds = range(first, first + _N_AT_ONCE)
            await asyncio.gather(*(_live(store, seed) for seed in seeds))
    finally:
        store.close()
