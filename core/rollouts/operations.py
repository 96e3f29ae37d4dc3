"""What can be done with runs of rollouts: start one, resume it, report on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from core.agent.limits import Limits, Speech, TestPolicy
from core.agent.state import Baseline
from core.chat import Decoding
from core.context import Context
from core.costs.book import load_book
from core.costs.ceiling import Ceiling
from core.costs.prices import chat_price
from core.errors import UsageError
from core.live import RunStatus
from core.outcome import pass_rate
from core.policies.catalogue import find_policy
from core.policies.governor import FIRST_CALLS, Governor
from core.policies.remote import RemotePolicy, is_remote
from core.rollouts.arm import Arm, make_arm
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.foretell import foretell_run, grade_run
from core.rollouts.plan import RunPlan
from core.rollouts.planner import ContrastOptions
from core.rollouts.scheduler import MOST_AT_ONCE, Run
from core.selection import Selection
from core.store.prices import save_price
from core.store.runs import (
    ArmRow,
    RunRow,
    RunStateRow,
    RunSummary,
    find_arm,
    find_body,
    find_run,
    forget_errors,
    list_runs,
    save_arm,
)
from core.store.verdicts import count_outcomes
from core.task import Task

Tasks = Mapping[str, tuple[Task, Baseline]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How much of a run goes on at once; part of no arm, and free to differ after a stop."""

    at_once: int | None = None
    """Rollouts; None takes what the engine was started with."""
    first_calls: int | None = None
    """Calls that a model behind HTTP is asked at once from the start; None begins with few."""

    def __post_init__(self) -> None:
        for n in (self.at_once, self.first_calls):
            if n is not None and not 1 <= n <= MOST_AT_ONCE:
                raise UsageError(f"At once: 1 to {MOST_AT_ONCE}, not {n}.")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run arms over tasks."""

    policy: str = "builtin"
    n_seeds: int = 4
    first_seed: int = 0
    n_tasks: int | None = None
    """Only so many tasks of the side, families in turn; None takes all."""
    protocol: Speech = Speech.EDIT
    test_policy: TestPolicy = TestPolicy.ON_WRITE
    decoding: Decoding = Decoding()
    limits: Limits = Limits()
    ceiling_microusd: int | None = None
    """The run may not spend more; None leaves it to the workspace's ceiling."""
    more_policies: tuple[str, ...] = ()
    """Of further arms, which are alike in everything else."""
    pace: Pace = Pace()
    selection: Selection = Selection()
    """Which tasks of the side; `n_tasks` draws from these."""

    @property
    def policies(self) -> tuple[str, ...]:
        """Of every arm; refuses one that is named twice."""
        named = (self.policy, *self.more_policies)
        if twice := [name for name in named if named.count(name) > 1]:
            raise UsageError(f"{twice[0]} is named twice; each arm of a run is another policy.")
        return named

    @property
    def arms(self) -> tuple[Arm, ...]:
        """One for each policy."""
        return tuple(
            make_arm(
                policy,
                protocol=self.protocol,
                test_policy=self.test_policy,
                decoding=self.decoding,
                limits=self.limits,
            )
            for policy in self.policies
        )


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run and what came of it."""

    run_id: str
    kind: str
    status: str
    n_planned: int
    n_rollouts: int
    outcomes: dict[str, int]
    pass_rate: float | None
    """Of rollouts with a verdict on the policy; None where there is none."""
    n_calls: int
    n_tokens: int
    cost_microusd: int
    """Settled, of calls and of what was rented for it."""
    reason: str = ""
    """Why it does not go on, when it does not and is not finished."""
    unseen_microusd: int = 0
    """At most so much more: for calls that were never answered, and for charges still open."""


async def new_run(
    context: Context, kind: str, arms: tuple[Arm, ...], plan: RunPlan, tag: str = "run"
) -> str:
    """Store a run before its first rollout; returns its id."""
    context.workspace.refuse_full_disk()
    if not plan.task_ids or not plan.seeds:
        raise UsageError("There is nothing to run: no task or no seed was chosen.")
    for arm in arms:
        body = msgspec.json.encode(arm).decode()
        await save_arm(context.store, ArmRow(arm.arm_id, arm.policy, body, context.now()))
    run_id = context.new_id(tag)
    body = msgspec.json.encode(plan).decode()
    state = RunStateRow(run_id, RunStatus.STOPPED, "not begun", context.now())
    context.store.submit("run_states", [state])
    await context.store.insert("runs", [RunRow(run_id, kind, body, context.now())])
    return run_id


async def start_rollouts(
    context: Context,
    options: RunOptions,
    tasks: Tasks,
    split_id: str,
    side: str,
    contrast: ContrastOptions | None = None,
) -> RunReport:
    """Run arms over tasks to the end, all alike or where the planner sends the one there is."""
    arms = options.arms
    if contrast is not None and len(arms) > 1:
        raise UsageError("A contrast plan is for one policy: pairs come from one model's rollouts.")
    for arm in arms:
        await _close([await live_arm(context, arm)])
    n_seeds = options.n_seeds if contrast is None else contrast.n_most
    seeds = tuple(range(options.first_seed, options.first_seed + n_seeds))
    names = tuple(arm.arm_id for arm in arms)
    plan = RunPlan(names, tuple(sorted(tasks)), seeds, split_id, side, contrast)
    run_id = await new_run(context, "rollouts", arms, plan)
    if options.ceiling_microusd is not None:
        await context.spending.set_limit(
            context.store, run_id, options.ceiling_microusd, context.now()
        )
    return await drive(context, run_id, tasks, pace=options.pace)


async def drive(
    context: Context,
    run_id: str,
    tasks: Tasks,
    label: str = "rollouts",
    *,
    retries_errors: bool = False,
    pace: Pace = Pace(),
) -> RunReport:
    """Do what is missing of a run, with `retries_errors` also what infrastructure ended."""
    context.sandbox.refuse_unconfined()
    plan = await load_plan(context, run_id)
    refuse_gone(run_id, plan, tasks)
    arms = {
        name: await live_arm(context, await load_arm(context, name), pace.first_calls)
        for name in plan.arms
    }
    for arm in arms.values():
        await save_price(context.store, arm.price.row(arm.policy.name, context.now()))
    bench = Bench(
        context.store,
        context.sandbox,
        context.clock,
        context.emit,
        pace.at_once or context.n_concurrent,
        await _ceiling(context, run_id, arms.values()),
    )
    chosen = {name: tasks[name] for name in plan.task_ids}
    run = Run(bench, run_id, plan, arms, chosen, label)
    with context.live.driving(run_id, run):
        if retries_errors:
            await forget_errors(context.store, run_id)
        try:
            await foretell_run(context.store, run_id, plan, arms, chosen, context.now())
            if await run.drive() is RunStatus.FINISHED:
                await grade_run(context.store, run_id, context.now())
        finally:
            await _close(arms.values())
    return await report_run(context, run_id)


def refuse_gone(run_id: str, plan: RunPlan, tasks: Tasks) -> None:
    """Raise when a task of a run can no longer be attempted."""
    missing = [name for name in plan.task_ids if name not in tasks]
    if missing:
        raise UsageError(
            f"{len(missing)} tasks of {run_id} are gone or no longer admitted (first: "
            f"{missing[0]}). What is stored is kept; check the suite, then resume."
        )


async def live_arm(context: Context, arm: Arm, first_calls: int | None = None) -> LiveArm:
    """The arm's policy, ready to answer, with its price; refuses what cannot be priced."""
    price = chat_price(arm.policy, load_book(context.workspace.directory))
    served_by = context.held.served_by(arm.policy)
    policy = await find_policy(context.store, arm.policy, served_by)
    is_far = is_remote(arm.policy) or served_by is not None
    width = float(first_calls or FIRST_CALLS)
    governor = Governor(context.clock, MOST_AT_ONCE, width) if is_far else None
    return LiveArm(policy, price, arm.conditions, governor)


async def _ceiling(context: Context, run_id: str, arms: Iterable[LiveArm]) -> Ceiling | None:
    """What holds the run's spending; None when nothing of it costs anything."""
    if all(arm.price.is_free for arm in arms):
        return None
    return await context.spending.of_run(context.store, run_id)


async def _close(arms: Iterable[LiveArm]) -> None:
    for arm in arms:
        if isinstance(arm.policy, RemotePolicy):
            await arm.policy.close()


async def load_arm(context: Context, arm_id: str) -> Arm:
    """A stored arm."""
    row = await find_arm(context.store, arm_id)
    if row is None:
        raise UsageError(f"There is no arm {arm_id}.")
    return msgspec.json.decode(row.body, type=Arm)


async def load_plan(context: Context, run_id: str) -> RunPlan:
    """A stored plan."""
    body = await find_body(context.store, run_id) or (await get_run(context, run_id)).body
    return msgspec.json.decode(body, type=RunPlan)


async def get_run(context: Context, run_id: str) -> RunSummary:
    """A stored run; `latest` is the newest one of rollouts."""
    if run_id == "latest":
        newest = [run for run in await list_runs(context.store) if run.kind == "rollouts"]
        if not newest:
            raise UsageError("There is no run yet: `gemel rollouts run` starts one.")
        return newest[0]
    run = await find_run(context.store, run_id)
    if run is None:
        raise UsageError(f"There is no run {run_id}: `gemel rollouts list` shows them.")
    return run


async def report_run(context: Context, run_id: str) -> RunReport:
    """Counts of a run, with all that was written so far."""
    await context.store.flush()
    run = await get_run(context, run_id)
    plan = msgspec.json.decode(run.body, type=RunPlan)
    outcomes = await count_outcomes(context.store, run.run_id)
    return RunReport(
        run_id=run.run_id,
        kind=run.kind,
        status=run.status,
        n_planned=plan.n_rollouts,
        n_rollouts=sum(outcomes.values()),
        outcomes=outcomes,
        pass_rate=pass_rate(outcomes),
        n_calls=run.n_calls,
        n_tokens=run.n_tokens,
        cost_microusd=run.cost_microusd,
        unseen_microusd=run.unseen_microusd,
        reason=run.reason,
    )
