"""Writes one rollout into the store: calls durably, the rest behind."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.agent.rollout import Call, Result, Step
from core.chat import ChatReply, Usage
from core.clock import Clock
from core.rollouts.plan import Slot
from core.store.database import Store
from core.store.runs import CallRow, IterationRow, RolloutRow, StateRow


@dataclass(frozen=True, slots=True)
class StoreJournal:
    """The journal of one rollout."""

    store: Store
    clock: Clock
    run_id: str
    slot: Slot
    model: str
    known_states: set[str]
    """States that this run has written already, shared by its rollouts."""
    n_known_steps: int = 0
    """Iterations that an interrupted rollout has written already."""

    async def write_call(self, call: Call) -> None:
        """Return when call and state are durable."""
        self.write_state(call)
        await self.store.insert("calls", [self.call_row(call)])

    def write_state(self, call: Call) -> None:
        """Queue what the call saw, once for the run; it is committed before the call."""
        if call.state not in self.known_states:
            self.known_states.add(call.state)
            body = msgspec.json.encode(call.messages).decode()
            self.store.submit("states", [StateRow(call.state, body)])

    def write_step(self, step: Step) -> None:
        """Queue the iteration; it is committed with whatever comes next."""
        if step.iteration <= self.n_known_steps:
            return
        block, run = step.attempt.block, step.run
        detail = "\n\n".join(f"{c.name}\n{c.detail}" for c in run.failing[:3]) if run else ""
        row = IterationRow(
            run_id=self.run_id,
            rollout_id=self.slot.rollout_id,
            iteration=step.iteration,
            find=block.find if block else "",
            replacement=block.replace if block else "",
            note=step.attempt.note,
            verdict=run.verdict.value if run else "",
            n_passed=run.n_passed if run else 0,
            n_tests=run.n_counted if run else 0,
            detail=detail,
            test_wall_s=run.wall_s if run else 0.0,
        )
        self.store.submit("iterations", [row])

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
        )


def _outcome(call: Call) -> str:
    if call.reply is not None:
        return "ok"
    return "lost" if call.may_be_billed else "error"


def past_replies(calls: list[CallRow]) -> tuple[ChatReply, ...]:
    """The replies of an interrupted rollout, by iteration."""
    return tuple(
        ChatReply(
            row.reply,
            Usage(
                row.n_prompt_tokens,
                row.n_completion_tokens,
                row.n_cached_tokens,
                row.n_reasoning_tokens,
            ),
            row.finish_reason,
        )
        for row in sorted(calls, key=lambda row: row.iteration)
        if row.outcome == "ok"
    )


def rollout_row(
    run_id: str, slot: Slot, result: Result, sandbox_level: str, clock: Clock
) -> RolloutRow:
    """The row of a finished rollout."""
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
        find=result.block.find if result.block else "",
        replacement=result.block.replace if result.block else "",
        n_passed=result.n_passed,
        n_tests=result.n_tests,
        n_prompt_tokens=result.usage.n_prompt_tokens,
        n_completion_tokens=result.usage.n_completion_tokens,
        cost_microusd=result.cost_microusd,
        wall_s=result.wall_s,
        sandbox_level=sandbox_level,
        finished_at=clock.now().replace(tzinfo=None),
    )
