"""Where two rollouts of one task part: the first step whose state or answer is another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from core.errors import UsageError
from core.rollouts.trace import RolloutTrace
from core.store.runs import CallRow


@dataclass(frozen=True, slots=True)
class Divergence:
    """What two rollouts have in common."""

    n_same: int
    """Steps at the beginning that are alike in state and answer."""
    is_same: bool
    """Whether all steps are."""
    has_same_state: bool
    """Whether the answers that part them were given to the same state."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rollouts of one task beside each other."""

    one: RolloutTrace
    other: RolloutTrace
    divergence: Divergence


def divergence(one: RolloutTrace, other: RolloutTrace) -> Divergence:
    """Compare step by step; what a step took does not count."""
    steps = list(zip(one.calls, other.calls, strict=False))
    n_same = sum(1 for _ in takewhile(_alike, steps))
    is_same = n_same == len(one.calls) == len(other.calls)
    part = steps[n_same] if n_same < len(steps) else None
    return Divergence(n_same, is_same, part is not None and part[0].state == part[1].state)


def compare(one: RolloutTrace, other: RolloutTrace) -> Comparison:
    """Both with what they have in common; refuses rollouts of different tasks."""
    tasks = one.rollout.task_id, other.rollout.task_id
    if tasks[0] != tasks[1]:
        raise UsageError(f"Rollouts of {tasks[0]} and of {tasks[1]} have nothing to part from.")
    return Comparison(one, other, divergence(one, other))


def _alike(steps: tuple[CallRow, CallRow]) -> bool:
    one, other = steps
    return _said(one) == _said(other)


def _said(call: CallRow) -> tuple[str, ...]:
    return call.state, call.kind, call.outcome, call.reply, call.tool_calls
