"""`gemel rollouts`: run an arm over a side of a split, resume, list, show, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.agent.limits import TestPolicy
from core.engine import Engine
from core.errors import UsageError
from core.live import RunStatus
from core.money import parse_usd, spending_text
from core.rollouts.board import RunGrid
from core.rollouts.operations import Pace, RunOptions, RunReport
from core.rollouts.record import (
    RecordFormat,
    actions_of,
    answer_text,
    ending_text,
    final_of,
    patch_text,
    record,
    result_text,
    state_ids,
    step_of,
    step_text,
)
from core.rollouts.trace import RolloutTrace
from core.text import plural
from tui.commands.agent import Agent
from tui.commands.host import Answer, Common, complain, run
from tui.commands.pick import Pick
from tui.commands.preview_show import show_preview
from tui.commands.show import counts, percent, say, say_next, table
from tui.files import write_text
from tui.model_check import refuse_policies

rollouts = App(name="rollouts", help="Repair attempts: run, hold, stop, resume, list, show, grid.")


@rollouts.command(name="run")
def run_rollouts(
    *,
    policy: tuple[str, ...] = ("builtin",),
    split: str = "latest",
    side: str = "train",
    seeds: int = 4,
    first_seed: int = 0,
    tasks: int | None = None,
    iterations: Annotated[int, Parameter(name=("--iterations", "--max-iterations"))] = 20,
    test_policy: TestPolicy = TestPolicy.ON_WRITE,
    temperature: float = 1.0,
    ceiling: str = "",
    at_once: int | None = None,
    at_once_first: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    pick: Pick = Pick(),
    agent: Agent = Agent(),
    common: Common = Common(),
) -> int:
    """Run a policy, or several side by side, on one side of a split.

    Parameters
    ----------
    policy
        `builtin`, `builtin:ARTIFACT` for a trained one, `together:MODEL` or `openai:MODEL@URL`;
        repeat it for several arms, which take turns on every task.
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
    ceiling
        Dollars that the run may not exceed [default: the workspace's ceiling].
    at_once
        Rollouts that go on at once [default: 16].
    at_once_first
        Calls that a model is asked at once from the start [default: 4, and slowly more]; for
        those who know what their limit is.
    dry_run
        Begin nothing: print what would be run, and the most it can cost.
    """
    options = RunOptions(
        policy=policy[0],
        more_policies=policy[1:],
        n_seeds=seeds,
        first_seed=first_seed,
        n_tasks=tasks,
        protocol=agent.protocol,
        test_policy=test_policy,
        decoding=agent.decoding(temperature),
        limits=agent.limits(iterations),
        ceiling_microusd=parse_usd(ceiling),
        pace=Pace(at_once, at_once_first),
        selection=pick.selection,
    )

    async def work(engine: Engine) -> Answer:
        if dry_run:
            preview = await engine.preview_run(options, split, side)
            return Answer(preview, lambda out: show_preview(out, preview))
        await refuse_policies(engine, complain, *policy)
        report = await engine.run_rollouts(options, split, side)
        return Answer(report, lambda out: _show_run(out, report))

    return run(common, work, hint="`gemel rollouts resume` finishes what is missing.")


@rollouts.command
def resume(
    run_id: str = "latest",
    /,
    *,
    retry_errors: Annotated[bool, Parameter(negative="")] = False,
    at_once: int | None = None,
    at_once_first: int | None = None,
    common: Common = Common(),
) -> int:
    """Finish what is missing of a run; nothing that was answered is asked again.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    retry_errors
        Count rollouts that infrastructure ended (outcome `error`) as missing.
    at_once
        Rollouts that go on at once [default: 16].
    at_once_first
        Calls that a model is asked at once from the start [default: 4, and slowly more].
    """
    pace = Pace(at_once, at_once_first)

    async def work(engine: Engine) -> Answer:
        report = await engine.resume_run(run_id, retries_errors=retry_errors, pace=pace)
        return Answer(report, lambda out: _show_run(out, report))

    return run(common, work, hint="`gemel rollouts resume` finishes what is missing.")


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
        heads = ("run", "kind", "state", "rollouts", "passed", "calls", "tokens", "cost")
        cells = [
            (
                r.run_id, r.kind, r.status, r.n_rollouts, r.n_passed, r.n_calls, r.n_tokens,
                spending_text(r.cost_microusd, r.unseen_microusd).replace(" spent", ""),
            )
            for r in rows
        ]  # fmt: skip
        empty = "No run yet: `gemel rollouts run` starts one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@rollouts.command
def show(
    name: str = "latest",
    /,
    *,
    export: Path | None = None,
    force: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """Show a run's counts, or one rollout step by step.

    Parameters
    ----------
    name
        A run id, `latest`, or a rollout id or its beginning.
    export
        Write the rollout, with every state, to this file; `.md` or `.json` says in what form.
    force
        Write over a file that is there.
    """
    is_run = name == "latest" or "-" in name
    if export is not None and (is_run or export.suffix[1:] not in tuple(RecordFormat)):
        raise UsageError("--export writes one rollout, to a file that ends in .md or .json.")

    async def work(engine: Engine) -> Answer:
        if is_run:
            report = await engine.show_run(name)
            return Answer(report, lambda out: _show_run(out, report))
        trace = await engine.show_rollout(name)
        if export is None:
            return Answer(trace, lambda out: show_trace(out, trace))
        states = {state: await engine.show_state(state) for state in state_ids(trace)}
        text = record(trace, states, RecordFormat(export.suffix[1:]))
        path = write_text(export, text, overwrite=force)
        return Answer(trace, lambda out: say(out, f"{trace.rollout.rollout_id}: {path}"))

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
    why = f" ({report.reason})" if report.reason else ""
    say(
        out,
        f"{report.run_id}: {report.status}{why}, "
        f"{report.n_rollouts:,} of {plural(report.n_planned, 'rollout')} done",
    )
    rate = "not known" if report.pass_rate is None else percent(report.pass_rate)
    say(out, f"  {counts(report.outcomes)}; pass rate {rate}")
    calls, tokens = plural(report.n_calls, "call"), plural(report.n_tokens, "token")
    say(out, f"  {calls}, {tokens}, {spending_text(report.cost_microusd, report.unseen_microusd)}")


def show_trace(out: Console, trace: RolloutTrace) -> None:
    """A rollout: the first state, then answer, tests, tokens and money step by step."""
    row = trace.rollout
    say(out, f"{row.rollout_id}: {row.task_id}, seed {row.seed}")
    calls = plural(len(trace.calls), "call")
    say(out, f"  {ending_text(trace)}; {calls} in {plural(row.n_iterations, 'iteration')}")
    for message in trace.first_state:
        say(out, f"\n--- {message.role.value} ---\n{message.content}")
    for at, call in enumerate(trace.calls):
        say(out, f"\n--- {step_text(trace.calls, at)} ---")
        say(out, answer_text(call))
        step = step_of(trace, call)
        for one in actions_of(step) if step else ():
            say(out, f"\n> {one.title}\n{one.output}")
        if step is not None:
            say(out, f"=> {result_text(step)}")
    if (final := final_of(trace)) is not None:
        say(out, f"\n--- the tests that decided ---\n=> {result_text(final)}\n{final.detail}")
    if trace.patch:
        say(out, f"\n--- the change as it was left ---\n{patch_text(trace.patch)}")


def _show_run(out: Console, report: RunReport) -> None:
    show_run_report(out, report)
    match report.status:
        case RunStatus.PAUSED:
            say_next(out, f"rollouts continue {report.run_id}")
        case RunStatus.RUNNING:
            say_next(out, "rollouts live")
        case RunStatus.FINISHED if report.kind == "rollouts":
            say_next(out, f"pairs build {report.run_id}")
        case RunStatus.FINISHED:
            pass
        case _:
            say_next(out, f"rollouts resume {report.run_id}")
    if n_errors := report.outcomes.get("error", 0):
        errors = plural(n_errors, "rollout")
        say(out, f"  {errors} ended by infrastructure: resume --retry-errors does them again")
    if n_open := report.outcomes.get("ungraded", 0):
        them = plural(n_open, "rollout")
        say(
            out,
            f"  {them} only the suite's own program can judge: `gemel suite export SUITE FILE "
            f"--run {report.run_id}`, then `gemel suite grade SUITE FILE`; no pair before that",
        )
