"""`gemel rollouts`: run an arm over a side of a split, resume, list, show."""

from __future__ import annotations

from cyclopts import App
from rich.console import Console

from core.agent.limits import Limits, TestPolicy
from core.chat import Decoding
from core.engine import Engine
from core.money import usd
from core.rollouts.board import RunGrid
from core.rollouts.operations import RolloutTrace, RunOptions, RunReport
from tui.commands.host import Answer, Common, run
from tui.commands.show import counts, percent, say, say_next, table

rollouts = App(name="rollouts", help="Repair attempts: run, resume, stop, list, show, grid.")


@rollouts.command(name="run")
def run_rollouts(
    *,
    policy: str = "builtin",
    split: str = "latest",
    side: str = "train",
    seeds: int = 4,
    first_seed: int = 0,
    tasks: int | None = None,
    iterations: int = 20,
    test_policy: TestPolicy = TestPolicy.ON_WRITE,
    temperature: float = 1.0,
    common: Common = Common(),
) -> int:
    """Run a policy on one side of a split.

    Parameters
    ----------
    policy
        `builtin`, or `builtin:ARTIFACT` for a trained one.
    split
        Id of the split or its beginning.
    side
        train, validation or test. Pairs are built from train alone.
    seeds
        Rollouts per task.
    first_seed
        The first of them.
    tasks
        Only so many tasks, families in turn [default: all].
    iterations
        At most so many calls per rollout.
    test_policy
        When the agent gets to see test results.
    temperature
        0 always takes the likeliest edit.
    """
    options = RunOptions(
        policy=policy,
        n_seeds=seeds,
        first_seed=first_seed,
        n_tasks=tasks,
        test_policy=test_policy,
        decoding=Decoding(temperature=temperature),
        limits=Limits(n_iterations=iterations),
    )

    async def work(engine: Engine) -> Answer:
        report = await engine.run_rollouts(options, split, side)
        return Answer(report, lambda out: _show_run(out, report))

    return run(common, work, hint="`gemel rollouts resume` finishes what is missing.")


@rollouts.command
def resume(run_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Finish what is missing of a run; nothing that was answered is asked again.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.resume_run(run_id)
        return Answer(report, lambda out: _show_run(out, report))

    return run(common, work, hint="`gemel rollouts resume` finishes what is missing.")


@rollouts.command
def stop(run_id: str, /, *, common: Common = Common()) -> int:
    """Stop a run that another terminal drives; what it finished is stored.

    Parameters
    ----------
    run_id
        The run.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.stop_run(run_id)
        return Answer(report, lambda out: _show_run(out, report))

    return run(common, work)


@rollouts.command
def grid(run_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Show the outcome of every finished rollout of a run, a task per line.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.run_grid(run_id)
        return Answer(found, lambda out: _show_grid(out, found))

    return run(common, work)


@rollouts.command(name="list")
def list_runs(*, common: Common = Common()) -> int:
    """List runs with their state and counts, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_runs()
        heads = ("run", "kind", "state", "rollouts", "passed", "tokens", "cost")
        cells = [
            (r.run_id, r.kind, r.status, r.n_rollouts, r.n_passed, r.n_tokens, usd(r.cost_microusd))
            for r in rows
        ]
        empty = "No run yet: `gemel rollouts run` starts one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@rollouts.command
def show(name: str = "latest", /, *, common: Common = Common()) -> int:
    """Show a run's counts, or one rollout step by step.

    Parameters
    ----------
    name
        A run id, `latest`, or a rollout id.
    """

    async def work(engine: Engine) -> Answer:
        if name == "latest" or "-" in name:
            report = await engine.show_run(name)
            return Answer(report, lambda out: _show_run(out, report))
        trace = await engine.show_rollout(name)
        return Answer(trace, lambda out: _show_trace(out, trace))

    return run(common, work)


def _show_grid(out: Console, found: RunGrid) -> None:
    outcomes = {(cell.task_id, cell.arm_id, cell.seed): cell.outcome for cell in found.cells}
    heads = ("task", "policy", *(f"seed {seed}" for seed in found.seeds))
    rows = [
        (task_id, arm.policy, *(outcomes.get((task_id, arm.arm_id, s), "") for s in found.seeds))
        for task_id in found.task_ids
        for arm in found.arms
    ]
    table(out, heads, rows, empty="")


def show_run_report(out: Console, report: RunReport) -> None:
    """A run in a few lines."""
    say(out, f"{report.run_id}: {report.status}, {report.n_rollouts} of {report.n_planned} done")
    say(out, f"  {counts(report.outcomes)}; pass rate {percent(report.pass_rate)}")
    say(
        out,
        f"  {report.n_calls} calls, {report.n_tokens} tokens, cost {usd(report.cost_microusd)}",
    )


def _show_run(out: Console, report: RunReport) -> None:
    show_run_report(out, report)
    if report.status != "finished":
        say_next(out, f"rollouts resume {report.run_id}")
    elif report.kind == "rollouts":
        say_next(out, f"pairs build {report.run_id}")


def _show_trace(out: Console, trace: RolloutTrace) -> None:
    row = trace.rollout
    tests = f"{row.n_passed} of {row.n_tests} tests pass"
    say(
        out,
        f"{row.rollout_id}: {row.task_id}, seed {row.seed}: {row.outcome} {row.reason}".rstrip(),
    )
    say(out, f"  {row.n_iterations} iterations, {tests}, cost {usd(row.cost_microusd)}")
    for message in trace.first_state:
        say(out, f"\n--- {message.role.value} ---\n{message.content}")
    notes = {step.iteration: step for step in trace.iterations}
    for call in trace.calls:
        spent = f"{call.n_prompt_tokens} + {call.n_completion_tokens} tokens"
        say(out, f"\n--- iteration {call.iteration}: {spent}, {usd(call.cost_microusd)} ---")
        say(out, call.reply)
        if (step := notes.get(call.iteration)) is not None:
            say(out, f"=> {step.note}")
