"""What a run would do and the most it could cost, before anything is asked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from core.agent.limits import Speech
from core.agent.rollout import talk_of
from core.agent.state import Baseline
from core.chat import ChatRequest, Usage
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import ChatPrice, chat_price
from core.policies.catalogue import refuse_unknown
from core.rollouts.operations import RunOptions, Tasks
from core.rollouts.plan import RunPlan, slots
from core.task import Task

_BYTES_PER_TOKEN = 3
"""Fewer than any tokenizer gives for programs, so that tokens are not undercounted."""
_N_FIRST = 12
_N_TOLD = 1_000
"""Tokens of notes, and of what is said of turns that are left out."""


@dataclass(frozen=True, slots=True)
class RunPreview:
    """A run that was not begun."""

    policy: str
    """Those of several arms, with commas between them."""
    split_id: str
    side: str
    n_tasks: int
    n_seeds: int
    n_rollouts: int
    n_concurrent: int
    n_calls_most: int
    cost_first_microusd: int
    """Of one call per rollout; what a policy costs that solves everything at once."""
    cost_most_microusd: int
    """If every rollout takes all its calls, on states as long as the protocol lets them be."""
    first: tuple[tuple[str, int], ...]
    """Task and seed of the rollouts that come first."""


async def preview_run(
    context: Context, options: RunOptions, tasks: Tasks, split_id: str, side: str
) -> RunPreview:
    """Refuses whatever the run itself would refuse."""
    book = load_book(context.workspace.directory)
    prices = [chat_price(policy, book) for policy in options.policies]
    for policy in options.policies:
        await refuse_unknown(context.store, policy)
    seeds = tuple(range(options.first_seed, options.first_seed + options.n_seeds))
    names = tuple(arm.arm_id for arm in options.arms)
    plan = RunPlan(names, tuple(sorted(tasks)), seeds, split_id, side)
    costs = [_costs(options, prices, task, baseline) for task, baseline in tasks.values()]
    every = slots("", plan)
    first = [(slot.task_id, slot.seed) for slot in itertools.islice(every, _N_FIRST)]
    return RunPreview(
        policy=", ".join(options.policies),
        split_id=split_id,
        side=side,
        n_tasks=len(plan.task_ids),
        n_seeds=len(seeds),
        n_rollouts=plan.n_rollouts,
        n_concurrent=min(context.n_concurrent, plan.n_rollouts),
        n_calls_most=plan.n_rollouts * _n_calls(options),
        cost_first_microusd=sum(first for first, _ in costs),
        cost_most_microusd=sum(most for _, most in costs),
        first=tuple(first),
    )


def _n_calls(options: RunOptions) -> int:
    return options.limits.n_iterations + options.limits.n_reflections


def _costs(
    options: RunOptions, prices: Sequence[ChatPrice], task: Task, baseline: Baseline
) -> tuple[int, int]:
    """Of all rollouts of a task: with one call each, and with every call they may make."""
    arm, limits, n_said = options.arms[0], options.limits, options.decoding.max_tokens
    talk = talk_of(task, baseline, arm.conditions)
    asked = ChatRequest(talk.state(), 0, options.decoding, talk.tools)
    n_first = n_later = asked.n_bytes // _BYTES_PER_TOKEN
    if arm.protocol is not Speech.EDIT:
        n_later += limits.n_history_tokens + limits.n_output_tokens + n_said + _N_TOLD
    first, later = (
        sum(price.cost(Usage(n, n_said)) for price in prices) * options.n_seeds
        for n in (n_first, n_later)
    )
    return first, first + later * (_n_calls(options) - 1)
