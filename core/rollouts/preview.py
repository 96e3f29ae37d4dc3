"""What a run would do and the most it could cost, before anything is asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from core.agent.state import build_state, load_prompts
from core.chat import Usage
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.policies.catalogue import refuse_unknown
from core.rollouts.operations import RunOptions, Tasks
from core.rollouts.plan import RunPlan, slots

_BYTES_PER_TOKEN = 3
"""Fewer than any tokenizer gives for programs, so that tokens are not undercounted."""
_N_FIRST = 12


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
    """If every rollout takes all its calls on states as long as the first."""
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
    prompts = load_prompts()
    cost = 0
    for task, baseline in tasks.values():
        state = build_state(task, baseline, (), prompts)
        n_bytes = sum(len(message.content.encode()) for message in state)
        usage = Usage(n_bytes // _BYTES_PER_TOKEN, options.decoding.max_tokens)
        cost += sum(price.cost(usage) for price in prices) * options.n_seeds
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
        n_calls_most=plan.n_rollouts * options.limits.n_iterations,
        cost_first_microusd=cost,
        cost_most_microusd=cost * options.limits.n_iterations,
        first=tuple(first),
    )
