"""What joins stages, which never call each other: tasks by side, what may leave, an evaluation."""

from __future__ import annotations

from core.agent.state import Baseline
from core.context import Context
from core.errors import RefusedError, UsageError
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.pairs import operations as pairs
from core.rollouts import operations as rollouts
from core.rollouts.arm import Arm, make_arm, refuse_unequal
from core.rollouts.plan import RunPlan
from core.splits import operations as splits
from core.splits.sample import sample
from core.store.pairs import BuildSummary
from core.suites import operations as suites
from core.task import Task
from core.training.dpo_examples import DpoPair

Tasks = dict[str, tuple[Task, Baseline]]


async def side_of(
    context: Context, split_id: str, side: str, n_tasks: int | None = None, seed: int = 0
) -> tuple[str, Tasks]:
    """A split's full id and the admitted tasks of one of its sides, or a sample of them."""
    split = await splits.get_split(context, split_id)
    members = await splits.members_of(context, split.split_id)
    tasks = await suites.admitted_tasks(context, split.suites.split(","))
    chosen = {name: tasks[name] for name, m in members.items() if m.side == side}
    if not chosen:
        raise UsageError(f"No task stands on the {side} side of {split.split_id[:12]}.")
    if n_tasks is not None:
        chosen = sample(chosen, members, n_tasks, seed)
    return split.split_id, chosen


async def tasks_of(context: Context, plan: RunPlan) -> Tasks:
    """The tasks of a run that are still admitted."""
    names = sorted({task_id.split("/")[0] for task_id in plan.task_ids})
    tasks = await suites.admitted_tasks(context, names)
    return {name: tasks[name] for name in plan.task_ids if name in tasks}


async def leak_free(context: Context, build_id: str) -> BuildSummary:
    """A build of pairs whose tasks' families are all on the train side; refuses any other."""
    build = await pairs.get_build(context, build_id)
    plan = await rollouts.load_plan(context, build.run_id)
    members = await splits.members_of(context, plan.split_id)
    chosen = await pairs.task_ids(context, build.build_id)
    splits.refuse_outside_train(chosen, members)
    return build


async def examples_of(
    context: Context, build_id: str, *, include_flagged: bool
) -> tuple[str, list[DpoPair]]:
    """A build frozen as a dataset: its id, and its pairs as a trainer takes them."""
    build = await leak_free(context, build_id)
    async with context.live.turn("pairs"):
        dataset = await pairs.freeze(context, build.build_id, include_flagged=include_flagged)
    states = await pairs.load_messages(context, dataset.pairs)
    examples = [DpoPair(states[row.state], row.chosen, row.rejected) for row in dataset.pairs]
    return dataset.row.dataset_id, examples


async def evaluate(
    context: Context,
    policies: tuple[str, str],
    options: EvaluationOptions,
    split_id: str,
    heldout: str,
) -> EvaluationReport:
    """Run base and tuned on the test side and the held-out suite, by a rule fixed before."""
    split, tasks = await side_of(context, split_id, "test", options.n_tasks, options.first_seed)
    test_suites = {task.suite for task, _ in tasks.values()}
    n_smallest = len(tasks)
    if heldout:
        extra = await _heldout(context, heldout, split, test_suites)
        n_smallest = min(n_smallest, len(extra))
        tasks.update(extra)
    arms = await _arms(context, policies, options)
    names = (arms[0].arm_id, arms[1].arm_id)
    seeds = tuple(range(options.first_seed, options.first_seed + options.n_seeds))
    plan = RunPlan(names, tuple(sorted(tasks)), seeds, split, "test")
    rule = evaluation.freeze_rule(options, test_suites, heldout, n_smallest)
    run_id = await rollouts.new_run(context, "evaluation", arms, plan, "evalrun")
    evaluation_id = await evaluation.begin(context, run_id, *names, rule)
    await rollouts.drive(context, run_id, tasks, "evaluation")
    return await evaluation.conclude(context, evaluation_id, tasks)


async def _arms(
    context: Context, policies: tuple[str, str], options: EvaluationOptions
) -> tuple[Arm, Arm]:
    base, tuned = (
        make_arm(policy, decoding=options.decoding, limits=options.limits) for policy in policies
    )
    refuse_unequal(base, tuned)
    for arm in (base, tuned):
        await rollouts.live_arm(context, arm)
    if base.arm_id == tuned.arm_id:
        raise UsageError("Base and tuned are the same policy; there is nothing to compare.")
    return base, tuned


async def _heldout(context: Context, suite: str, split_id: str, test_suites: set[str]) -> Tasks:
    if suite in test_suites:
        raise RefusedError(f"{suite} is the suite that is trained on; it cannot be held out.")
    extra = await suites.admitted_tasks(context, [suite])
    split = await splits.get_split(context, split_id)
    known = await suites.admitted_tasks(context, split.suites.split(","))
    inside, outside = ([task for task, _ in side.values()] for side in (known, extra))
    await splits.refuse_heldout_leaks(context, inside, outside)
    return extra
