"""A pause takes no time of a rollout, and nobody passes a closed gate."""

from __future__ import annotations

import asyncio

from core.chat import ChatReply, ChatRequest, Usage
from core.live import LiveStage
from core.rollouts.gate import Gate, Turnstile
from tests.core.rollouts.held import until
from tests.core.rollouts.test_watch import StillClock


class SlowPolicy:
    """Takes two seconds for an answer."""

    name = "slow"

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.n_begun = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer."""
        self.n_begun += 1
        self.clock.passed_s += 2.0
        return ChatReply("answer", Usage(1, 1))


async def test_what_a_rollout_waited_for_a_pause_is_in_no_duration() -> None:
    clock, shown = StillClock(), list[LiveStage]()
    gate, policy = Gate(clock), SlowPolicy(clock)
    turnstile = Turnstile(policy, clock, gate, shown.append)
    before = turnstile.monotonic()
    await turnstile.chat(ChatRequest((), 0))
    assert shown == []
    gate.close()
    asking = asyncio.create_task(turnstile.chat(ChatRequest((), 0)))
    await until(lambda: shown == [LiveStage.WAITING], "it waits")
    clock.passed_s += 3600.0
    gate.open()
    gate.close()  # again, before anybody could pass
    clock.passed_s += 600.0
    await asyncio.sleep(0)
    assert policy.n_begun == 1
    gate.open()
    assert (await asking).text == "answer"
    assert shown == [LiveStage.WAITING, LiveStage.CALLING]
    assert turnstile.monotonic() - before == 4.0
    assert gate.closed_s == 4200.0
    assert turnstile.name == "slow"
