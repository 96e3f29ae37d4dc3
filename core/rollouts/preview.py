"""What a run would do and the most it could cost, before anything is asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from core.chat import Usage
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.policies.catalogue import refuse_unknown
from core.rollouts.foretell import Size, foretell, outlook_of, rows_of
from core.rollouts.operations import RunOptions, Tasks
from core.rollouts.plan import RunPlan, slots
from core.rollouts.planner import ContrastOptions, Outlook
from core.rollouts.rounds import due
from core.rollouts.worst import Terms, first_tokens
from core.store.forecasts import ForecastRow

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
    """If every rollout goes to its limits, each call on a longer state."""
    forecast: tuple[ForecastRow, ...]
    """What is stored when the run begins: cost, calls and tokens with their intervals."""
    first: tuple[tuple[str, int], ...]
    """Task and seed of the rollouts that come first."""
    outlook: Outlook | None = None
    """Of a contrast run: what its budget will give, as far as that is known before the probes."""


async def preview_run(
    context: Context,
    options: RunOptions,
    tasks: Tasks,
    split_id: str,
    side: str,
    contrast: ContrastOptions | None = None,
) -> RunPreview:
    """Refuses whatever the run itself would refuse."""
    book = load_book(context.workspace.directory)
    for policy in options.policies:
        await refuse_unknown(context.store, policy)
    arms = {arm.arm_id: Terms(chat_price(arm.policy, book), arm.conditions) for arm in options.arms}
    n_seeds = options.n_seeds if contrast is None else contrast.n_most
    seeds = tuple(range(options.first_seed, options.first_seed + n_seeds))
    plan = RunPlan(tuple(arms), tuple(sorted(tasks)), seeds, split_id, side, contrast)
    outlook = await outlook_of(plan)
    size = Size.of_plan(plan, outlook)
    found = await foretell(context.store, size, arms, tasks)
    cost = 0
    for arm in arms.values():
        n_most = arm.conditions.decoding.max_tokens
        firsts = first_tokens(tasks, arm.conditions).values()
        each = [arm.price.cost(Usage(n, n_most)) for n in firsts]
        cost += round(sum(each) / len(each) * size.mean / len(arms))
    n_each = options.limits.n_iterations + options.limits.n_reflections
    every = slots("", plan) if contrast is None else due("", plan, contrast, []).slots
    first = [(slot.task_id, slot.seed) for slot in itertools.islice(every, _N_FIRST)]
    return RunPreview(
        policy=", ".join(options.policies),
        split_id=split_id,
        side=side,
        n_tasks=len(plan.task_ids),
        n_seeds=len(seeds),
        n_rollouts=plan.n_rollouts,
        n_concurrent=min(options.pace.at_once or context.n_concurrent, plan.n_rollouts),
        n_calls_most=plan.n_rollouts * n_each,
        cost_first_microusd=cost,
        cost_most_microusd=round(found.worst.cost),
        forecast=tuple(rows_of("", found, round(size.mean), context.now())),
        first=tuple(first),
        outlook=outlook,
    )
