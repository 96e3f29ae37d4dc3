"""What a run would do and the most it could cost, before anything is asked."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.chat import Usage
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.errors import UsageError
from core.live import RunStatus
from core.outcome import Outcome
from core.policies.catalogue import refuse_unknown
from core.rollouts.arm import Arm
from core.rollouts.foretell import Size, foretell, outlook_of, rows_of
from core.rollouts.operations import RunOptions, Tasks, get_run, load_arm, load_plan, refuse_gone
from core.rollouts.plan import RunPlan, Slot, slots
from core.rollouts.planner import ContrastOptions, Outlook
from core.rollouts.rounds import due
from core.rollouts.worst import Terms, first_tokens, likely
from core.store.forecasts import ForecastRow
from core.store.verdicts import OutcomeRow, load_outcomes

_N_FIRST = 12


@dataclass(frozen=True, slots=True)
class RunPreview:
    """What would be done of a run, and what that comes to; nothing is begun."""

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
    """Of one call per rollout; about what a policy costs that solves everything at once."""
    cost_most_microusd: int
    """If every rollout goes to its limits, each call on a longer state.

    Attempts that are billed without an answer come on top.
    """
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
    for policy in options.policies:
        await refuse_unknown(context.store, policy)
    arms = {arm.arm_id: arm for arm in options.arms}
    n_seeds = options.n_seeds if contrast is None else contrast.n_most
    seeds = tuple(range(options.first_seed, options.first_seed + n_seeds))
    plan = RunPlan(tuple(arms), tuple(sorted(tasks)), seeds, split_id, side, contrast)
    outlook = await outlook_of(plan)
    every = slots("", plan) if contrast is None else due("", plan, contrast, []).slots
    work = _Work(plan, arms, tasks, every, Size.of_plan(plan, outlook), outlook)
    return await _preview(context, work, options.pace.at_once)


async def preview_resume(
    context: Context, run_id: str, tasks: Tasks, *, retries_errors: bool, rollout_id: str = ""
) -> RunPreview:
    """What is missing of a run, or one rollout of it that would be done again."""
    run = await get_run(context, run_id)
    plan = await load_plan(context, run.run_id)
    arms = {name: await load_arm(context, name) for name in plan.arms}
    done = {row.rollout_id: row for row in await load_outcomes(context.store, run.run_id)}
    if rollout_id:
        missing = [s for s in slots(run.run_id, plan) if s.rollout_id.startswith(rollout_id)]
        if len(missing) != 1:
            raise UsageError(f"No single rollout of {run.run_id} is {rollout_id!r}.")
        n_left = 1
    else:
        kept = {name for name, row in done.items() if not (retries_errors and _is_error(row))}
        is_over = run.status == RunStatus.FINISHED and not retries_errors
        n_left = 0 if is_over else plan.n_rollouts - len(kept)
        missing = [s for s in slots(run.run_id, plan) if s.rollout_id not in kept]
    refuse_gone(run.run_id, plan, tasks)
    left = {slot.task_id: tasks[slot.task_id] for slot in missing} or tasks
    return await _preview(context, _Work(plan, arms, left, missing, Size.of(n_left), None))


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done of a plan."""

    plan: RunPlan
    arms: Mapping[str, Arm]
    tasks: Tasks
    every: Iterable[Slot]
    """In the order in which they come, as far as that is known."""
    size: Size
    outlook: Outlook | None


async def _preview(context: Context, work: _Work, at_once: int | None = None) -> RunPreview:
    """At the workspace's prices."""
    book = load_book(context.workspace.directory)
    plan, size = work.plan, work.size
    arms = {
        name: Terms(chat_price(arm.policy, book), arm.conditions) for name, arm in work.arms.items()
    }
    found = await foretell(context.store, size, arms, work.tasks)
    cost = 0.0
    for arm in arms.values():
        n_most = arm.conditions.decoding.max_tokens
        firsts = first_tokens(work.tasks, arm.conditions).values()
        each = [arm.price.cost(Usage(likely(n), n_most)) for n in firsts]
        cost += sum(each) / len(each) * size.mean / len(arms)
    limits = [arm.limits for arm in work.arms.values()]
    n_each = max(limit.n_iterations + limit.n_reflections for limit in limits)
    n_rollouts = round(size.most)
    first = [(slot.task_id, slot.seed) for slot in itertools.islice(work.every, _N_FIRST)]
    return RunPreview(
        policy=", ".join(arm.policy for arm in work.arms.values()),
        split_id=plan.split_id,
        side=plan.side,
        n_tasks=len(work.tasks),
        n_seeds=len(plan.seeds),
        n_rollouts=n_rollouts,
        n_concurrent=min(at_once or context.n_concurrent, n_rollouts),
        n_calls_most=n_rollouts * n_each,
        cost_first_microusd=round(cost),
        cost_most_microusd=round(found.worst.cost),
        forecast=tuple(rows_of("", found, round(size.mean), context.now())),
        first=tuple(first),
        outlook=work.outlook,
    )


def _is_error(row: OutcomeRow) -> bool:
    return row.outcome == Outcome.ERROR
