"""What can be done with rollouts: start a run, resume it, list and show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from core.agent.limits import Limits, TestPolicy
from core.agent.state import Baseline
from core.chat import Decoding, Message
from core.context import Context
from core.costs.book import load_book
from core.costs.prices import chat_price
from core.errors import UsageError
from core.policies.catalogue import find_policy
from core.rollouts.arm import Arm, make_arm
from core.rollouts.plan import RunPlan
from core.rollouts.scheduler import Bench, LiveArm, Run
from core.store.runs import (
    ArmRow,
    CallRow,
    IterationRow,
    RolloutRow,
    RunRow,
    RunStateRow,
    RunSummary,
    find_arm,
    find_run,
    list_runs,
    load_calls,
    load_iterations,
    load_rollout,
    load_rollouts,
    load_states,
    save_arm,
    sum_calls,
)
from core.task import Task

Tasks = Mapping[str, tuple[Task, Baseline]]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run an arm over tasks."""

    policy: str = "builtin"
    n_seeds: int = 4
    first_seed: int = 0
    n_tasks: int | None = None
    """Only so many tasks of the side, families in turn; None takes all."""
    test_policy: TestPolicy = TestPolicy.ON_WRITE
    decoding: Decoding = Decoding()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run and what came of it."""

    run_id: str
    kind: str
    status: str
    n_planned: int
    n_rollouts: int
    outcomes: dict[str, int]
    pass_rate: float
    n_calls: int
    n_tokens: int
    cost_microusd: int


@dataclass(frozen=True, slots=True)
class RolloutTrace:
    """One rollout, step by step."""

    rollout: RolloutRow
    calls: tuple[CallRow, ...]
    iterations: tuple[IterationRow, ...]
    first_state: tuple[Message, ...]


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
    context.store.submit("run_states", [RunStateRow(run_id, "stopped", "new", context.now())])
    await context.store.insert("runs", [RunRow(run_id, kind, body, context.now())])
    return run_id


async def start_rollouts(
    context: Context, options: RunOptions, tasks: Tasks, split_id: str, side: str
) -> RunReport:
    """Run one arm over tasks to the end."""
    arm = make_arm(
        options.policy,
        test_policy=options.test_policy,
        decoding=options.decoding,
        limits=options.limits,
    )
    await live_arm(context, arm)
    seeds = tuple(range(options.first_seed, options.first_seed + options.n_seeds))
    plan = RunPlan((arm.arm_id,), tuple(sorted(tasks)), seeds, split_id, side)
    run_id = await new_run(context, "rollouts", (arm,), plan)
    return await drive(context, run_id, tasks)


async def drive(context: Context, run_id: str, tasks: Tasks, label: str = "rollouts") -> RunReport:
    """Do what is missing of a run."""
    plan = await load_plan(context, run_id)
    missing = [name for name in plan.task_ids if name not in tasks]
    if missing:
        raise UsageError(
            f"{len(missing)} tasks of {run_id} are gone or no longer admitted (first: "
            f"{missing[0]}). What is stored is kept; check the suite, then resume."
        )
    arms = {name: await live_arm(context, await load_arm(context, name)) for name in plan.arms}
    bench = Bench(context.store, context.sandbox, context.clock, context.emit, context.n_concurrent)
    chosen = {name: tasks[name] for name in plan.task_ids}
    run = Run(bench, run_id, plan, arms, chosen, label)
    with context.live.driving(run_id, run.view):
        await run.drive()
    return await report_run(context, run_id)


async def live_arm(context: Context, arm: Arm) -> LiveArm:
    """The arm's policy, ready to answer, with its price; refuses what cannot be priced."""
    price = chat_price(arm.policy, load_book(context.workspace.directory))
    return LiveArm(await find_policy(context.store, arm.policy), price, arm.conditions)


async def load_arm(context: Context, arm_id: str) -> Arm:
    """A stored arm."""
    row = await find_arm(context.store, arm_id)
    if row is None:
        raise UsageError(f"There is no arm {arm_id}.")
    return msgspec.json.decode(row.body, type=Arm)


async def load_plan(context: Context, run_id: str) -> RunPlan:
    """A stored plan."""
    return msgspec.json.decode((await get_run(context, run_id)).body, type=RunPlan)


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
    """Counts of a run."""
    run = await get_run(context, run_id)
    rollouts = await load_rollouts(context.store, run.run_id)
    n_calls, n_tokens, cost = await sum_calls(context.store, run.run_id)
    plan = msgspec.json.decode(run.body, type=RunPlan)
    outcomes = Counter(row.outcome for row in rollouts)
    return RunReport(
        run_id=run.run_id,
        kind=run.kind,
        status=run.status,
        n_planned=plan.n_rollouts,
        n_rollouts=len(rollouts),
        outcomes=dict(sorted(outcomes.items())),
        pass_rate=outcomes["passed"] / len(rollouts) if rollouts else 0.0,
        n_calls=n_calls,
        n_tokens=n_tokens,
        cost_microusd=cost,
    )


async def show_state(context: Context, state: str) -> tuple[Message, ...]:
    """The exact messages that a policy saw, by their hash."""
    found = await load_states(context.store, [state])
    if state not in found:
        raise UsageError(f"There is no state {state}.")
    return msgspec.json.decode(found[state], type=tuple[Message, ...])


async def show_rollout(context: Context, rollout_id: str) -> RolloutTrace:
    """One finished rollout with everything that happened in it."""
    row = await load_rollout(context.store, rollout_id)
    if row is None:
        raise UsageError(f"There is no single finished rollout {rollout_id}.")
    calls = await load_calls(context.store, row.run_id, row.rollout_id)
    steps = await load_iterations(context.store, row.run_id, row.rollout_id)
    states = await load_states(context.store, [row.first_state])
    first = msgspec.json.decode(states.get(row.first_state, "[]"), type=tuple[Message, ...])
    return RolloutTrace(row, tuple(calls), tuple(steps), first)
