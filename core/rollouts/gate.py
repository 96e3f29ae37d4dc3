"""Where the rollouts of a run wait: for the end of a pause, for their turn at a busy model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.agent.asking import OutOfTime
from core.chat import ChatReply, ChatRequest, Policy
from core.clock import Clock
from core.live import LiveStage
from core.policies.governor import Governor


@dataclass(slots=True)
class Gate:
    """Open while a run goes on; whoever begins something that may cost passes it first."""

    clock: Clock
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _closed_at: float = 0.0
    _closed_s: float = 0.0

    def __post_init__(self) -> None:
        self._opened.set()

    @property
    def is_open(self) -> bool:
        """Whether nobody has to wait."""
        return self._opened.is_set()

    @property
    def closed_s(self) -> float:
        """How long it has been closed, all pauses together."""
        now_s = 0.0 if self.is_open else self.clock.monotonic() - self._closed_at
        return self._closed_s + now_s

    def close(self) -> None:
        """Let nobody pass from now on."""
        self._closed_at = self.clock.monotonic()
        self._opened.clear()

    def open(self) -> None:
        """Let everybody pass again."""
        self._closed_s = self.closed_s
        self._opened.set()

    async def passed(self) -> None:
        """Return while the gate is open."""
        while not self.is_open:
            await self._opened.wait()


@dataclass(slots=True)
class Turnstile:
    """A rollout's policy and its clock at once: waits come before a call, and take no time.

    So neither latencies nor the limit of a rollout's wall time count what it waited here.
    """

    policy: Policy
    clock: Clock
    gate: Gate
    show: Callable[[LiveStage], None]
    """Says what the rollout waits for."""
    governor: Governor | None = None
    hear: Callable[[str], None] | None = None
    """Is told the pieces of an answer that comes piece by piece."""
    left_s: Callable[[], float | None] = lambda: None
    """Says how long the rollout may still take by the clock; None: as long as it likes."""
    _waited_s: float = 0.0

    @property
    def name(self) -> str:
        """The policy's."""
        return self.policy.name

    def now(self) -> datetime:
        """Wall-clock time."""
        return self.clock.now()

    def monotonic(self) -> float:
        """Seconds, without those at the gate."""
        return self.clock.monotonic() - self._waited_s

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Wait as long as the run is paused, and for a turn; then have the policy answer."""
        async with AsyncExitStack() as turn:
            with self._waiting():
                if self.governor is not None:
                    await self._take(turn, self.governor)
                await self.gate.passed()
            reply = await self.policy.chat(replace(request, hear=self.hear))
            if self.governor is not None and reply.rest_s:
                self.governor.rest(reply.rest_s)
            return reply

    async def wait(self, seconds: float) -> None:
        """Let time pass before the next attempt."""
        with self._waiting():
            self.show(LiveStage.WAITING)
            await asyncio.sleep(seconds)

    async def _take(self, turn: AsyncExitStack, governor: Governor) -> None:
        """A turn at the model, unless the rollout's time is over before; raises `OutOfTime`."""
        try:
            async with asyncio.timeout(self.left_s()):
                await turn.enter_async_context(governor.turn())
        except TimeoutError:
            raise OutOfTime("the model was too busy for one more call") from None

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        is_free = self.governor is None or self.governor.is_free
        before, is_seen = self.clock.monotonic(), not (self.gate.is_open and is_free)
        if is_seen:
            self.show(LiveStage.WAITING)
        try:
            yield
        finally:
            self._waited_s += self.clock.monotonic() - before
            if is_seen:
                self.show(LiveStage.CALLING)
