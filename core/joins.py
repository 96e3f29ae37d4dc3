"""What joins stages, which never call each other: tasks by side, what may leave, an evaluation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from core import serving
from core.agent.state import Baseline
from core.context import Context
from core.errors import RefusedError, UsageError
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.leases.planning import LeaseWish
from core.pairs import operations as pairs
from core.pairs.settled import count, settle
from core.policies.catalogue import find_theta
from core.rollouts import operations as rollouts
from core.rollouts.arm import Arm, make_arm, refuse_unequal
from core.rollouts.operations import Pace, RunReport
from core.rollouts.plan import RunPlan
from core.selection import Selection, select
from core.serving import ServingPlan
from core.splits import operations as splits
from core.splits.sample import sample
from core.store.decisions import DecisionCounts, load_decisions
from core.store.pairs import BuildSummary, PairRow, load_pairs
from core.store.splits import MemberRow, list_splits
from core.suites import operations as suites
from core.task import Task
from core.together.records import is_leased
from core.training.dpo_examples import DpoPair
from core.training.given import Preflight, TrainingSet, look, refused
from core.training.operations import TrainOptions

Tasks = dict[str, tuple[Task, Baseline]]

_MIN_PROGRAM = 40


async def side_of(
    context: Context,
    split_id: str,
    side: str,
    n_tasks: int | None = None,
    seed: int = 0,
    *,
    selection: Selection = Selection(),
    ungraded: bool = False,
) -> tuple[str, Tasks]:
    """A split's full id and the admitted tasks of a side: the chosen, or a sample of them.

    With `ungraded` also those that only their suite's own program can judge, later.
    """
    split = await splits.get_split(context, split_id)
    members = await splits.members_of(context, split.split_id)
    names = sorted({name.split("/")[0] for name, m in members.items() if m.side == side})
    tasks = await suites.admitted_tasks(context, names, ungraded=ungraded)
    chosen = {name: tasks[name] for name, m in members.items() if m.side == side and name in tasks}
    if not chosen:
        raise UsageError(f"No task stands on the {side} side of {split.split_id[:12]}.")
    wanted = select(list(chosen), lambda n: (n, members[n].family, chosen[n][0].program), selection)
    chosen = {name: chosen[name] for name in wanted}
    if n_tasks is not None:
        chosen = sample(chosen, members, n_tasks, seed)
    return split.split_id, chosen


async def test_side(
    context: Context, split_id: str, options: EvaluationOptions
) -> tuple[str, Tasks]:
    """The tasks that an evaluation is about, beside a held-out suite."""
    n_tasks, seed = options.n_tasks, options.first_seed
    return await side_of(context, split_id, "test", n_tasks, seed, selection=options.selection)


async def tasks_of(context: Context, plan: RunPlan) -> Tasks:
    """The tasks of a run that are still admitted."""
    names = sorted({task_id.split("/")[0] for task_id in plan.task_ids})
    tasks = await suites.admitted_tasks(context, names, ungraded=True)
    return {name: tasks[name] for name in plan.task_ids if name in tasks}


async def leak_free(context: Context, build_id: str) -> BuildSummary:
    """A build of pairs whose tasks' families are all on the train side; refuses any other.

    Of a build from a file only what the newest split knows can be refused.
    """
    build = await pairs.get_build(context, build_id)
    if not build.run_id:
        await _refuse_known_leaks(context, build.build_id)
        return build
    plan = await rollouts.load_plan(context, build.run_id)
    members = await splits.members_of(context, plan.split_id)
    chosen = await pairs.task_ids(context, build.build_id)
    splits.refuse_outside_train(chosen, members)
    await splits.refuse_leaks(context, plan.split_id, chosen)
    return build


async def newest_members(context: Context) -> dict[str, MemberRow]:
    """The members of the newest split by task; none without a split."""
    known = await list_splits(context.store)
    return await splits.members_of(context, known[0].split_id) if known else {}


async def n_unknown(context: Context, build: BuildSummary) -> int:
    """Pairs of which nobody can say whether they leak: the newest split has not their task."""
    if build.run_id:
        return 0
    members = await newest_members(context)
    return sum(
        row.task_id not in members for row in await load_pairs(context.store, build.build_id)
    )


async def _refuse_known_leaks(context: Context, build_id: str) -> None:
    members = await newest_members(context)
    rows = await load_pairs(context.store, build_id)
    known = {row.task_id for row in rows} & members.keys()
    splits.refuse_outside_train(known, members)
    if known:
        await splits.refuse_leaks(context, next(iter(members.values())).split_id, known)
    outside = {name for name, member in members.items() if member.side != "train"}
    tasks = await suites.divisible_tasks(context, sorted({n.split("/")[0] for n in outside}))
    programs = {task.task_id: task.target.text.strip() for task in tasks}
    prompts = [
        message.content
        for state in (await pairs.load_messages(context, rows)).values()
        for message in state
    ]
    found = await asyncio.to_thread(_standing_in, outside, programs, prompts)
    if found:
        raise RefusedError(
            f"Leak: the program of {found} stands in a prompt of the build, and that task is on "
            f"the {members[found].side} side. Nothing was written."
        )


def _standing_in(names: set[str], programs: Mapping[str, str], prompts: list[str]) -> str:
    """The first task whose program a prompt holds; very short ones stand in many by chance."""
    for name in sorted(names & programs.keys()):
        program = programs[name]
        if len(program) >= _MIN_PROGRAM and any(program in prompt for prompt in prompts):
            return name
    return ""


async def training_set(context: Context, build_id: str, *, include_flagged: bool) -> TrainingSet:
    """A build frozen as a dataset, as a trainer takes it; refuses a leak."""
    build = await leak_free(context, build_id)
    async with context.live.turn("pairs"):
        dataset = await pairs.freeze(context, build.build_id, include_flagged=include_flagged)
    ids = (build.build_id, dataset.row.dataset_id)
    return await _training_set(context, ids, dataset.pairs, dataset.decisions)


async def preflight(
    context: Context, build_id: str, options: TrainOptions, *, include_flagged: bool
) -> Preflight:
    """What `training_set` and a job on it would come to; nothing is stored."""
    await find_theta(context.store, options.parent)
    build = (await pairs.get_build(context, build_id)).build_id
    built = await load_pairs(context.store, build)
    states = await load_decisions(context.store, build)
    decided, leak = count(built, states), ""
    try:
        kept = settle(built, states, include_flagged=include_flagged)
    except RefusedError as refusal:
        return refused(build, options.parent, decided, [str(refusal)])
    if not kept:
        why = f"The build {build} has no pair: no task had both a pass and a failure."
        return refused(build, options.parent, decided, [why])
    try:
        await leak_free(context, build)
    except RefusedError as refusal:
        leak = str(refusal)
    given = await _training_set(context, (build, ""), kept, decided)
    return await asyncio.to_thread(look, given, options.parent, options.dpo, leak)


async def _training_set(
    context: Context, ids: tuple[str, str], rows: list[PairRow], decided: DecisionCounts
) -> TrainingSet:
    states = await pairs.load_messages(context, rows)
    examples = tuple(DpoPair(states[row.state], row.chosen, row.rejected) for row in rows)
    return TrainingSet(*ids, examples, len({row.task_id for row in rows}), decided)


async def evaluate(
    context: Context,
    policies: tuple[str, str],
    options: EvaluationOptions,
    sides: tuple[str, str],
    wish: LeaseWish,
) -> EvaluationReport:
    """Run base and tuned on the test side and the held-out suite, by a rule fixed before.

    `sides` are a split and a held-out suite, or neither; `wish` is for machines that are rented.
    """
    split_id, heldout = sides
    split, tasks = await test_side(context, split_id, options)
    await splits.refuse_leaks(context, split, tasks)
    test_suites = {task.suite for task, _ in tasks.values()}
    n_smallest = len(tasks)
    if heldout:
        extra = await heldout_of(context, heldout, split, test_suites)
        n_smallest = min(n_smallest, len(extra))
        tasks.update(extra)
    base = await serving.name_base(context, *policies)
    machines = await serving.plan_serving(context, (base, policies[1]), wish)
    arms = await _arms(context, (base, policies[1]), options, machines)
    serving.refuse_more(machines, wish)
    names = (arms[0].arm_id, arms[1].arm_id)
    seeds = tuple(range(options.first_seed, options.first_seed + options.n_seeds))
    plan = RunPlan(names, tuple(sorted(tasks)), seeds, split, "test")
    rule = evaluation.freeze_rule(options, test_suites, heldout, n_smallest)
    run_id = await rollouts.new_run(context, "evaluation", arms, plan, "evalrun")
    evaluation_id = await evaluation.begin(context, run_id, *names, rule)
    async with serving.serve(context, machines, run_id, wish):
        await rollouts.drive(context, run_id, tasks, "evaluation")
    return await evaluation.conclude(context, evaluation_id, tasks)


async def drive_again(
    context: Context,
    run_id: str,
    wish: LeaseWish,
    *,
    retries_errors: bool = False,
    pace: Pace = Pace(),
) -> RunReport:
    """Do what is missing of a run; machines that its arms need are rented for that time."""
    plan = await rollouts.load_plan(context, run_id)
    arms = [await rollouts.load_arm(context, name) for name in plan.arms]
    tasks = await tasks_of(context, plan)
    kind = (await rollouts.get_run(context, run_id)).kind
    async with AsyncExitStack() as stack:
        if kind == "evaluation":
            machines = await serving.plan_again(context, arms, wish)
            serving.refuse_more(machines, wish)
            await stack.enter_async_context(serving.serve(context, machines, run_id, wish))
        else:
            names = [arm.policy for arm in arms]
            await stack.enter_async_context(serving.borrow(context, names))
        return await rollouts.drive(
            context, run_id, tasks, kind, retries_errors=retries_errors, pace=pace
        )


async def _arms(
    context: Context,
    policies: tuple[str, str],
    options: EvaluationOptions,
    machines: ServingPlan,
) -> tuple[Arm, Arm]:
    base, tuned = (
        make_arm(
            policy,
            protocol=options.protocol,
            decoding=options.decoding,
            limits=options.limits,
            serving=machines.serving(policy),
        )
        for policy in policies
    )
    refuse_unequal(base, tuned)
    for arm in (base, tuned):
        if not is_leased(arm.policy):
            await rollouts.live_arm(context, arm)
    if base.arm_id == tuned.arm_id:
        raise UsageError("Base and tuned are the same policy; there is nothing to compare.")
    return base, tuned


async def heldout_of(context: Context, suite: str, split_id: str, test_suites: set[str]) -> Tasks:
    """The tasks of a suite that nobody trains on; refuses one related to the split's.

    Of a suite that the split itself holds out, those are left out that have relatives in it.
    """
    if suite in test_suites:
        raise RefusedError(f"{suite} is the suite that is trained on; it cannot be held out.")
    extra = await suites.admitted_tasks(context, [suite])
    members = await splits.members_of(context, split_id)
    if members.keys() & extra.keys():
        held = {
            n: task for n, task in extra.items() if n in members and members[n].side == "heldout"
        }
        if not held:
            raise RefusedError(f"{suite} is divided by the split; it cannot be held out.")
        return held
    await splits.refuse_heldout_leaks(context, split_id, [task for task, _ in extra.values()])
    return extra
