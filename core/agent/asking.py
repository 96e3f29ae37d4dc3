"""Questions to a policy: asked until there is an answer, every attempt written down.

A reply is written down before it is used, where it survives the program. Replies that an
interrupted rollout has paid for already are taken from the store instead of being asked for again.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

from core.agent.patience import Patience
from core.agent.state import state_hash
from core.chat import ChatReply, ChatRequest, Decoding, Message, Policy, Tool, ToolCall, Usage
from core.clock import Clock
from core.costs.prices import ChatPrice
from core.errors import PolicyError
from core.text import clean


class CallKind(StrEnum):
    """Why a call was made."""

    ACTION = "action"
    """To go on with the repair."""
    REFLECTION = "reflection"
    """To look back at what did not work; follows the action of the same iteration."""


class Question(NamedTuple):
    """What a rollout asks once, however many attempts that takes."""

    iteration: int
    kind: CallKind = CallKind.ACTION


@dataclass(frozen=True, slots=True)
class Past:
    """An answer that was paid for by an earlier start of the rollout."""

    reply: ChatReply
    latency_s: float = 0.0
    cost_microusd: int = 0
    """As it was settled then, whatever the price is now."""


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at the policy."""

    iteration: int
    state: str
    messages: tuple[Message, ...]
    reply: ChatReply | None
    error: str
    cost_microusd: int
    latency_s: float
    attempt: int = 1
    """Of the same question, from 1."""
    may_be_billed: bool = False
    """Without an answer, whether it may have been charged all the same."""
    kind: CallKind = CallKind.ACTION


class OutOfTime(Exception):
    """The wait before the next attempt may not be waited; `str()` is what the last one met."""


class CallJournal(Protocol):
    """Where calls are written."""

    async def write_call(self, call: Call) -> None:
        """Write the call, so that it survives the program; what came before it is committed."""


@dataclass(slots=True)
class Asker:
    """Asks for one rollout, and adds up what it takes."""

    policy: Policy
    price: ChatPrice
    decoding: Decoding
    seed: int
    journal: CallJournal
    clock: Clock
    past: Mapping[Question, Past]
    patience: Patience
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    usage: Usage = Usage(0, 0)
    cost_microusd: int = 0
    carried_s: float = 0.0
    """Working time of answers that earlier starts got."""

    async def ask(
        self,
        question: Question,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...] = (),
        may_wait: Callable[[float], bool] = lambda seconds: True,
    ) -> ChatReply:
        """The answer; raises `OutOfTime` when what it would take to get one may not be waited."""
        known = self.past.get(question)
        if known is not None:
            self.carried_s += known.latency_s
            self._add(known.reply.usage, known.cost_microusd)
            return known.reply
        reply = await self._attempts(question, messages, tools, may_wait)
        self._add(reply.usage, self.price.cost(reply.usage))
        return reply

    async def _attempts(
        self,
        question: Question,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        may_wait: Callable[[float], bool],
    ) -> ChatReply:
        request = ChatRequest(messages, self.seed, self.decoding, tools)
        iteration, kind = question
        call = Call(iteration, state_hash(messages), messages, None, "", 0, 0.0, kind=kind)
        for attempt in itertools.count(1):
            before = self.clock.monotonic()
            try:
                raw = await self.policy.chat(request)
            except PolicyError as error:
                said, spent_s = clean(str(error)), self.clock.monotonic() - before
                failed = replace(
                    call,
                    error=said,
                    may_be_billed=error.may_be_billed,
                    latency_s=spent_s,
                    attempt=attempt,
                )
                await self.journal.write_call(failed)
                wait_s = self.patience.wait_s(error, attempt)
                if wait_s is None:
                    raise
                if not may_wait(wait_s):
                    raise OutOfTime(said) from error
                await self.wait(wait_s)
            else:
                break
        reply = cleaned(raw)
        answered = replace(
            call,
            reply=reply,
            cost_microusd=self.price.cost(reply.usage),
            latency_s=self.clock.monotonic() - before,
            attempt=attempt,
        )
        await self.journal.write_call(answered)
        return reply

    def _add(self, usage: Usage, cost_microusd: int) -> None:
        self.cost_microusd += cost_microusd
        self.usage = Usage(
            self.usage.n_prompt_tokens + usage.n_prompt_tokens,
            self.usage.n_completion_tokens + usage.n_completion_tokens,
            self.usage.n_cached_tokens + usage.n_cached_tokens,
            self.usage.n_reasoning_tokens + usage.n_reasoning_tokens,
        )


def cleaned(raw: ChatReply) -> ChatReply:
    """A reply without control bytes, in all its parts."""
    return replace(
        raw,
        text=clean(raw.text),
        tool_calls=tuple(
            ToolCall(clean(call.id), clean(call.name), clean(call.arguments))
            for call in raw.tool_calls
        ),
        reasoning=clean(raw.reasoning),
        finish_reason=clean(raw.finish_reason),
    )
