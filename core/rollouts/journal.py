"""Writes one rollout into the store, in order.

What is written survives the program at once; each call is committed before the next is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec

from core.agent.asking import Call, CallKind, Past, Question
from core.agent.rollout import Result, Step
from core.chat import ChatReply, Message, ToolCall, Usage
from core.clock import Clock
from core.digest import digest
from core.edits.block import EditBlock
from core.edits.difference import Patch
from core.rollouts.plan import Slot
from core.store.database import Store
from core.store.runs import CallRow, IterationRow, MessageRow, RolloutRow, StateRow

_N_SHORT = 2
"""Messages of a state that shares hardly any with others."""


@dataclass(slots=True)
class StoreJournal:
    """The journal of one rollout."""

    store: Store
    clock: Clock
    run_id: str
    slot: Slot
    model: str
    known_states: set[str]
    """States and messages that this run has written already, shared by its rollouts."""
    n_known_steps: int = 0
    """Iterations that an interrupted rollout has written already."""
    price_id: str = ""
    """Of the price that its calls are settled at."""
    newest: Future[None] | None = None
    """The call that was written last, done when it is durable."""

    async def write_call(self, call: Call) -> None:
        """Write the call; return when the one before it is committed."""
        before, _ = self.newest, self.queue_call(call)
        await self.until(before)

    def queue_call(self, call: Call) -> Future[None]:
        """Write the call and what it saw, to be committed with others."""
        self.write_state(call)
        self.newest = self.store.submit("calls", [self.call_row(call)], may_wait=True)
        return self.newest

    async def until(self, written: Future[None] | None) -> None:
        """Return when a call is durable, if there is one; raises what went wrong with it."""
        if written is not None and written.done():
            written.result()
        elif written is not None:
            await self.store.until(written)

    def write_state(self, call: Call) -> None:
        """Queue what the call saw, once for the run; it is committed before the call."""
        if call.state in self.known_states:
            return
        self.known_states.add(call.state)
        if len(call.messages) <= _N_SHORT:
            body = msgspec.json.encode(call.messages).decode()
        else:
            body = msgspec.json.encode(self._write_messages(call.messages)).decode()
        self.store.submit("states", [StateRow(call.state, body)], may_wait=True)

    def _write_messages(self, messages: tuple[Message, ...]) -> list[str]:
        """Queue those that this run has not written yet; returns the names of all."""
        names = [digest(message) for message in messages]
        rows = [
            MessageRow(name, msgspec.json.encode(message).decode())
            for name, message in zip(names, messages, strict=True)
            if name not in self.known_states
        ]
        self.known_states.update(names)
        self.store.submit("messages", rows, may_wait=True)
        return names

    def write_step(self, step: Step) -> None:
        """Queue the iteration."""
        if step.iteration <= self.n_known_steps:
            return
        move, run = step.move, step.run
        detail = "\n\n".join(f"{c.name}\n{c.detail}" for c in run.failing[:3]) if run else ""
        row = IterationRow(
            run_id=self.run_id,
            rollout_id=self.slot.rollout_id,
            iteration=step.iteration,
            find=move.block.find if move.block else "",
            replacement=move.block.replace if move.block else "",
            note=step.note,
            verdict=run.verdict.value if run else "",
            n_passed=run.n_passed if run else 0,
            n_tests=run.n_counted if run else 0,
            detail=detail,
            test_wall_s=run.wall_s if run else 0.0,
            actions=listed(move.actions),
            forgiven=", ".join(move.forgiven),
        )
        self.store.submit("iterations", [row], may_wait=True)

    def call_row(self, call: Call) -> CallRow:
        """The call as it is stored."""
        reply = call.reply or ChatReply(call.error, Usage(0, 0), "")
        return CallRow(
            run_id=self.run_id,
            rollout_id=self.slot.rollout_id,
            iteration=call.iteration,
            attempt=call.attempt,
            model=self.model,
            state=call.state,
            outcome=_outcome(call),
            finish_reason=reply.finish_reason,
            reply=reply.text,
            n_prompt_tokens=reply.usage.n_prompt_tokens,
            n_completion_tokens=reply.usage.n_completion_tokens,
            n_cached_tokens=reply.usage.n_cached_tokens,
            n_reasoning_tokens=reply.usage.n_reasoning_tokens,
            cost_microusd=call.cost_microusd,
            latency_s=call.latency_s,
            called_at=self.clock.now().replace(tzinfo=None),
            kind=call.kind.value,
            tool_calls=listed(reply.tool_calls),
            reasoning=reply.reasoning,
            task_id=self.slot.task_id,
            price_id=self.price_id,
        )


def _outcome(call: Call) -> str:
    if call.reply is not None:
        return "ok"
    return "lost" if call.may_be_billed else "error"


def listed(values: Sequence[object]) -> str:
    """A list as it is stored: JSON, and nothing for nothing."""
    return msgspec.json.encode(values).decode() if values else ""


def past_replies(calls: list[CallRow]) -> dict[Question, Past]:
    """The answers of an interrupted rollout, by what was asked."""
    return {
        Question(row.iteration, CallKind(row.kind)): Past(reply_of(row), row.latency_s)
        for row in calls
        if row.outcome == "ok"
    }


def reply_of(row: CallRow) -> ChatReply:
    """A stored answer."""
    usage = Usage(
        row.n_prompt_tokens, row.n_completion_tokens, row.n_cached_tokens, row.n_reasoning_tokens
    )
    calls = msgspec.json.decode(row.tool_calls or "[]", type=tuple[ToolCall, ...])
    return ChatReply(row.reply, usage, row.finish_reason, calls, row.reasoning)


def rollout_row(
    run_id: str, slot: Slot, result: Result, target_path: str, sandbox_level: str, clock: Clock
) -> RolloutRow:
    """The row of a finished rollout."""
    target, *others = result.patch or (None,)
    if target is not None and target.path != target_path:
        target, others = None, list(result.patch)
    return RolloutRow(
        rollout_id=slot.rollout_id,
        run_id=run_id,
        arm_id=slot.arm_id,
        task_id=slot.task_id,
        seed=slot.seed,
        outcome=result.outcome.value,
        reason=result.reason,
        n_iterations=result.n_iterations,
        first_state=result.first_state,
        find=target.find if target else "",
        replacement=target.replace if target else "",
        n_passed=result.n_passed,
        n_tests=result.n_tests,
        n_prompt_tokens=result.usage.n_prompt_tokens,
        n_completion_tokens=result.usage.n_completion_tokens,
        cost_microusd=result.cost_microusd,
        wall_s=result.wall_s,
        sandbox_level=sandbox_level,
        finished_at=clock.now().replace(tzinfo=None),
        others=listed(others),
    )


def patch_of(row: RolloutRow, target_path: str) -> Patch:
    """The whole change of a stored rollout, file by file."""
    others = msgspec.json.decode(row.others or "[]", type=tuple[EditBlock, ...])
    target = EditBlock(target_path, row.find, row.replacement)
    return (target, *others) if row.find else others
