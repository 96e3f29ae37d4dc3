"""A rollout's policy and journal at once, for calls that cost money.

The worst case of a call is set aside under the ceiling, and stored, before the call is made;
the call's row takes its place. A call that is cut off, by a crash or a stop, leaves what was
set aside: it may have been billed, so it counts in full.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from dataclasses import dataclass

from core.agent.asking import Call
from core.agent.rollout import Step
from core.chat import ChatReply, ChatRequest, Policy
from core.costs.ceiling import Ceiling
from core.costs.prices import ChatPrice
from core.errors import PolicyError
from core.rollouts.deposit import Deposit
from core.rollouts.journal import StoreJournal
from core.store.spending import ReservationRow


@dataclass(slots=True)
class Paying:
    """One rollout's; its calls come one after the other."""

    policy: Policy
    journal: StoreJournal
    price: ChatPrice
    ceiling: Ceiling
    deposit: Deposit
    _worst: int = 0
    """Of the call that is asked."""

    @property
    def name(self) -> str:
        """The policy's."""
        return self.policy.name

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Ask when the worst case fits below the ceiling; raises `CeilingError` when it cannot."""
        worst = self.price.cost(request.worst_usage)
        await self.ceiling.reserve(worst)
        try:
            await self.deposit.cover(worst)
        except BaseException:
            self.ceiling.settle(worst, 0)  # it was not asked
            raise
        self._worst = worst
        try:
            return await self.policy.chat(request)
        except PolicyError:
            raise  # its row says what it came to
        except BaseException:
            self.ceiling.settle(worst, worst)
            self.deposit.free_after(self._keep(worst), worst)
            raise

    async def write_call(self, call: Call) -> None:
        """Write the call in place of what was set aside; then the one before is committed."""
        worst, is_lost = self._worst, call.reply is None and call.may_be_billed
        self.ceiling.settle(worst, worst if is_lost else call.cost_microusd)
        before, written = self.journal.newest, self.journal.queue_call(call)
        self.deposit.free_after(self._keep(worst) if is_lost else written, worst)
        await self.journal.until(before)

    def write_step(self, step: Step) -> None:
        """Write without waiting."""
        self.journal.write_step(step)

    @property
    def newest(self) -> Future[None] | None:
        """The call that was written last."""
        return self.journal.newest

    def _keep(self, worst: int) -> Future[None]:
        """Queue what stays set aside for good."""
        journal = self.journal
        now = journal.clock.now().replace(tzinfo=None)
        name, task_id = secrets.token_hex(8), journal.slot.task_id
        row = ReservationRow(name, journal.run_id, worst, now, journal.model, task_id)
        return journal.store.submit("reservations", [row], may_wait=True)
