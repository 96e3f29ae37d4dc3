"""What joins an evaluation with the rest: its plan, its resumption, and its grounds."""

from __future__ import annotations

from core import joins, serving
from core.chat import Usage
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.errors import UsageError
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.evaluation.plan import EvaluationPlan, Size, Wish, make_plan
from core.evaluation.report import ArmDetails, EvaluationDetails, family_rows
from core.leases.planning import LeaseWish
from core.policies.catalogue import refuse_unknown
from core.rollouts import operations as rollouts
from core.rollouts.arm import Arm
from core.selection import Selection
from core.serving import ServingPlan
from core.store.evaluations import ArmTotals, EvaluationSummary, sum_arms
from core.store.jobs import find_artifact, find_input
from core.store.runs import sum_calls
from core.store.splits import list_splits, load_members

_ASSUMED = Usage(4_000, 1_024)
"""Of one call, until the first ones are known."""


async def plan(
    context: Context,
    policies: tuple[str, str],
    options: EvaluationOptions,
    wish: Wish,
    sides: tuple[str, str],
) -> EvaluationPlan:
    """What an evaluation could show; `sides` are a split and a held-out suite, or neither.

    Policies and the held-out suite are refused here as they would be by the evaluation.
    """
    if policies[1]:
        policies = await serving.name_base(context, *policies), policies[1]
    for name in filter(None, policies):
        await refuse_unknown(context.store, name)
    n_tasks, n_heldout = await _tasks(context, options, *sides)
    n_calls = 2 * (n_tasks + n_heldout) * options.n_seeds * options.limits.n_iterations
    book = load_book(context.workspace.directory)
    most = max(chat_price(name, book).cost(_ASSUMED) for name in filter(None, policies))
    noise = await evaluation.measured_noise(context)
    return make_plan(policies, Size(n_tasks, n_heldout, most * n_calls), options, wish, noise)


async def resume(context: Context, evaluation_id: str, wish: LeaseWish) -> EvaluationReport:
    """Do what is missing of an evaluation and judge it; `latest` is the newest without verdict."""
    row = await _to_resume(context, evaluation_id)
    if row.verdict is not None:
        return await evaluation.show(context, row.evaluation_id)
    plan = await rollouts.load_plan(context, row.run_id)
    tasks = await joins.tasks_of(context, plan)
    await joins.drive_again(context, row.run_id, wish)
    return await evaluation.conclude(context, row.evaluation_id, tasks)


async def machines_to_resume(context: Context, evaluation_id: str, wish: LeaseWish) -> ServingPlan:
    """Which machines `resume` would rent."""
    return await serving.plan_again(context, await _arms_to_resume(context, evaluation_id), wish)


async def policies_to_resume(context: Context, evaluation_id: str) -> list[str]:
    """Which policies `resume` would ask; none when the verdict stands."""
    return [arm.policy for arm in await _arms_to_resume(context, evaluation_id)]


async def _arms_to_resume(context: Context, evaluation_id: str) -> list[Arm]:
    row = await _to_resume(context, evaluation_id)
    if row.verdict is not None:
        return []
    return [await rollouts.load_arm(context, name) for name in (row.base_arm, row.tuned_arm)]


async def _to_resume(context: Context, evaluation_id: str) -> EvaluationSummary:
    if evaluation_id == "latest":
        return await evaluation.newest_unfinished(context)
    return await evaluation.get(context, evaluation_id)


async def details(context: Context, evaluation_id: str) -> EvaluationDetails:
    """A finished evaluation with everything it stands on."""
    report = await evaluation.show(context, evaluation_id)
    row = await evaluation.get(context, report.evaluation_id)
    plan = await rollouts.load_plan(context, report.run_id)
    members = await load_members(context.store, plan.split_id)
    totals = await sum_arms(context.store, report.run_id)
    calls = await sum_calls(context.store, report.run_id)
    return EvaluationDetails(
        report=report,
        split_id=plan.split_id,
        side=plan.side,
        seeds=plan.seeds,
        started_at=row.created_at,
        base=await _arm(context, "base", report.base_arm, totals.get(report.base_arm)),
        tuned=await _arm(context, "tuned", report.tuned_arm, totals.get(report.tuned_arm)),
        families=family_rows(report, {member.task_id: member.family for member in members}),
        n_calls=calls.n_calls,
        n_tokens=calls.n_prompt_tokens + calls.n_completion_tokens,
        cost_microusd=calls.cost_microusd,
    )


async def _tasks(
    context: Context, options: EvaluationOptions, split_id: str, heldout: str
) -> tuple[int, int]:
    """How many tasks would be run; without any split only a number that was asked for."""
    is_part = options.selection != Selection()
    if options.n_tasks is not None and not is_part and not await list_splits(context.store):
        if heldout:
            raise UsageError("There is no split to hold a suite out from: `gemel split make`.")
        return options.n_tasks, 0
    split, tasks = await joins.test_side(context, split_id, options)
    if not heldout:
        return len(tasks), 0
    extra = await joins.heldout_of(context, heldout, split, {t.suite for t, _ in tasks.values()})
    return len(tasks), len(extra)


async def _arm(context: Context, role: str, arm_id: str, totals: ArmTotals | None) -> ArmDetails:
    arm = await rollouts.load_arm(context, arm_id)
    made = await find_artifact(context.store, arm.policy.partition(":")[2] or "-")
    given = await find_input(context.store, made.job_id) if made is not None else None
    return ArmDetails(
        role=role,
        policy=arm.policy,
        arm_id=arm_id,
        protocol=arm.protocol,
        prompts=arm.prompts,
        test_policy=arm.test_policy.value,
        temperature=arm.decoding.temperature,
        n_iterations=arm.limits.n_iterations,
        totals=totals,
        job_id=made.job_id if made is not None else "",
        parent=made.parent if made is not None else "",
        n_pairs=given.n_trained if given is not None else 0,
        n_pair_tasks=given.n_tasks if given is not None else 0,
    )
