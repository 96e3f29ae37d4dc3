"""What an earlier start of a run left in the store, as far as a resume needs it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.agent.asking import CallKind, Past, Question
from core.events import CallsMade
from core.rollouts.journal import past_replies
from core.store.database import Store
from core.store.runs import (
    CallRow,
    forget_error,
    known_states,
    last_iterations,
    load_calls,
    load_open_calls,
    sum_calls,
)
from core.store.verdicts import load_outcomes


@dataclass(frozen=True, slots=True)
class History:
    """A run so far."""

    done: frozenset[str]
    """Rollouts that have their row."""
    outcomes: Counter[str]
    calls: CallsMade
    replies: dict[str, Mapping[Question, Past]]
    """What was paid for by rollouts that are not done."""
    states: set[str]
    """States that are written."""
    n_steps: dict[str, int]
    """Iterations that are written, by rollout."""


async def recall(store: Store, run_id: str) -> History:
    """Read it; replies of finished rollouts, the bulk of a run, are left where they are."""
    await store.flush()
    finished, sums, calls, states, n_steps = await asyncio.gather(
        load_outcomes(store, run_id),
        sum_calls(store, run_id),
        load_open_calls(store, run_id),
        known_states(store, run_id),
        last_iterations(store, run_id),
    )
    by_rollout: dict[str, list[CallRow]] = defaultdict(list)
    for call in calls:
        by_rollout[call.rollout_id].append(call)
    return History(
        done=frozenset(row.rollout_id for row in finished),
        outcomes=Counter(row.outcome for row in finished),
        calls=CallsMade(
            run_id,
            sums.n_calls,
            sums.n_prompt_tokens,
            sums.n_completion_tokens,
            sums.n_cached_tokens,
            sums.cost_microusd,
        ),
        replies={name: _paid(calls) for name, calls in by_rollout.items()},
        states=states,
        n_steps=n_steps,
    )


async def forget(store: Store, history: History, run_id: str, rollout_id: str) -> None:
    """Take back how one rollout ended; what it was answered so far is kept for the next time."""
    await forget_error(store, rollout_id)
    await store.flush()
    history.replies[rollout_id] = _paid(await load_calls(store, run_id, rollout_id))
    history.n_steps.update(await last_iterations(store, run_id, rollout_id))


def _paid(calls: list[CallRow]) -> dict[Question, Past]:
    """The answers of an interrupted rollout, each with what it was settled at."""
    answers = past_replies(calls)
    costs = {
        Question(row.iteration, CallKind(row.kind)): row.cost_microusd
        for row in calls
        if row.outcome == "ok"
    }
    return {asked: replace(past, cost_microusd=costs[asked]) for asked, past in answers.items()}
