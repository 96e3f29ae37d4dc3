"""What a run shows while it runs: its running rollouts and a meter of its calls.

Everything here follows the store: a call counts once it is written.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from core.agent.asking import Call, CallKind
from core.agent.rollout import Journal, Step
from core.chat import Usage
from core.clock import Clock
from core.events import CallsMade, Emit
from core.live import LiveRollout, LiveStage
from core.text import clean

_TELL_S = 0.25
_N_HEARD = 200


@dataclass(slots=True)
class Meter:
    """Totals of a run's calls, told at most four times a second and once at the end."""

    emit: Emit
    clock: Clock
    total: CallsMade
    """Begins with what the run's earlier calls came to."""
    _told_at: float = float("-inf")
    _timer: asyncio.TimerHandle | None = None

    def add(self, usage: Usage, cost_microusd: int) -> None:
        """Count one more call, and tell now or a little later."""
        old = self.total
        self.total = CallsMade(
            old.run_id,
            old.n_calls + 1,
            old.n_prompt_tokens + usage.n_prompt_tokens,
            old.n_completion_tokens + usage.n_completion_tokens,
            old.n_cached_tokens + usage.n_cached_tokens,
            old.cost_microusd + cost_microusd,
        )
        wait_s = self._told_at + _TELL_S - self.clock.monotonic()
        if wait_s <= 0:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self.flush)

    def flush(self) -> None:
        """Tell the totals now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._told_at = self.clock.monotonic()
        self.emit(self.total)


@dataclass(slots=True)
class WatchedJournal:
    """A rollout's journal that also keeps its live picture."""

    journal: Journal
    meter: Meter
    clock: Clock
    live: dict[str, LiveRollout]
    """Running rollouts of the run; this one takes its place here when made."""
    picture: LiveRollout

    def __post_init__(self) -> None:
        self.live[self.picture.rollout_id] = self.picture

    async def write_call(self, call: Call) -> None:
        """Write the call; then it counts."""
        await self.journal.write_call(call)
        usage = call.reply.usage if call.reply else Usage(0, 0)
        n_tokens = usage.n_prompt_tokens + usage.n_completion_tokens
        is_action = call.kind is CallKind.ACTION  # of a look back nothing is tested
        self.show(
            LiveStage.TESTING if is_action else LiveStage.CALLING,
            n_tokens=self.picture.n_tokens + n_tokens,
            cost_microusd=self.picture.cost_microusd + call.cost_microusd,
            n_iterations=call.iteration,
            answer="",
        )
        self.meter.add(usage, call.cost_microusd)

    def write_step(self, step: Step) -> None:
        """Write without waiting."""
        self.journal.write_step(step)
        self.show(LiveStage.CALLING, n_iterations=step.iteration)

    @property
    def newest(self) -> Future[None] | None:
        """The call that was written last."""
        return self.journal.newest

    def hear(self, piece: str) -> None:
        """Show the end of an answer that is coming."""
        said = (self.picture.answer + clean(piece))[-_N_HEARD:]
        self.show(LiveStage.CALLING, answer=said)

    def show(self, stage: LiveStage, **changed: Any) -> None:
        """Show the rollout at another stage, and what else has changed."""
        now = self.clock.now().replace(tzinfo=None)
        self.picture = replace(self.picture, stage=stage, active_at=now, **changed)
        self.live[self.picture.rollout_id] = self.picture
