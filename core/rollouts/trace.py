"""One rollout, step by step: finished, running, put aside or interrupted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from core.chat import Message
from core.context import Context
from core.edits.difference import Patch
from core.errors import UsageError
from core.rollouts.journal import patch_of
from core.rollouts.operations import load_plan
from core.rollouts.plan import Slot, slots
from core.store.pair_pages import load_task
from core.store.runs import (
    CallRow,
    IterationRow,
    RolloutRow,
    find_called,
    load_calls,
    load_iterations,
    load_rollout,
    load_states,
)

RUNNING, ASIDE, UNFINISHED = "running", "put aside", "unfinished"
"""In place of an outcome, where there is none yet."""


@dataclass(frozen=True, slots=True)
class RolloutTrace:
    """One rollout, step by step."""

    rollout: RolloutRow
    """Of an unfinished one, what its stored calls come to."""
    calls: tuple[CallRow, ...]
    iterations: tuple[IterationRow, ...]
    first_state: tuple[Message, ...]
    patch: Patch = ()
    """The change as the rollout left it, file by file; none before it is finished."""
    is_finished: bool = True


async def show_state(context: Context, state: str) -> tuple[Message, ...]:
    """The exact messages that a policy saw, by their hash."""
    found = await load_states(context.store, [state])
    if state not in found:
        raise UsageError(f"There is no state {state}.")
    return msgspec.json.decode(found[state], type=tuple[Message, ...])


async def show_rollout(context: Context, rollout_id: str) -> RolloutTrace:
    """One rollout, by its id or its beginning, with everything that happened in it so far."""
    found = await load_rollout(context.store, rollout_id)
    if found is None and context.live.runs():
        await context.store.flush()
    row = found or await _unfinished(context, rollout_id)
    calls = await load_calls(context.store, row.run_id, row.rollout_id)
    steps = await load_iterations(context.store, row.run_id, row.rollout_id)
    if found is None:
        row = _so_far(row, calls, steps)
    states = await load_states(context.store, [row.first_state])
    first = msgspec.json.decode(states.get(row.first_state, "[]"), type=tuple[Message, ...])
    task = await load_task(context.store, row.task_id)
    patch = patch_of(row, task.target.path if task else "")
    return RolloutTrace(row, tuple(calls), tuple(steps), first, patch, found is not None)


async def _unfinished(context: Context, rollout_id: str) -> RolloutRow:
    """The place of a rollout that has no end yet: one that goes on, or has calls."""
    status: dict[tuple[str, str], str] = {}
    for called in await find_called(context.store, rollout_id):
        status[called] = UNFINISHED
    for live in context.live.runs():
        status |= {(live.run_id, name): ASIDE for name in live.aside}
        status |= {(live.run_id, each.rollout_id): RUNNING for each in live.rollouts}
    fitting = [place for place in status if rollout_id and place[1].startswith(rollout_id)]
    if len(fitting) != 1:
        raise UsageError(
            f"{'Several rollouts begin' if fitting else 'No rollout begins'} with {rollout_id!r}: "
            "`gemel rollouts find` lists those of a run, and `gemel rollouts live` what goes on."
        )
    run_id, name = fitting[0]
    slot = await _slot(context, run_id, name)
    return RolloutRow(
        rollout_id=name,
        run_id=run_id,
        arm_id=slot.arm_id,
        task_id=slot.task_id,
        seed=slot.seed,
        outcome=status[fitting[0]],
        reason="",
        n_iterations=0,
        first_state="",
        find="",
        replacement="",
        n_passed=0,
        n_tests=0,
        n_prompt_tokens=0,
        n_completion_tokens=0,
        cost_microusd=0,
        wall_s=0.0,
        sandbox_level="",
        finished_at=context.now(),
    )


async def _slot(context: Context, run_id: str, rollout_id: str) -> Slot:
    plan = await load_plan(context, run_id)
    found = next((slot for slot in slots(run_id, plan) if slot.rollout_id == rollout_id), None)
    if found is None:
        raise UsageError(f"The plan of {run_id} has no place for the rollout {rollout_id}.")
    return found


def _so_far(row: RolloutRow, calls: list[CallRow], steps: list[IterationRow]) -> RolloutRow:
    tested = next((step for step in reversed(steps) if step.n_tests), None)
    return replace(
        row,
        n_iterations=max((call.iteration for call in calls), default=0),
        first_state=calls[0].state if calls else "",
        n_passed=tested.n_passed if tested else 0,
        n_tests=tested.n_tests if tested else 0,
        n_prompt_tokens=sum(call.n_prompt_tokens for call in calls),
        n_completion_tokens=sum(call.n_completion_tokens for call in calls),
        cost_microusd=sum(call.cost_microusd for call in calls),
        wall_s=sum(call.latency_s for call in calls),
    )
