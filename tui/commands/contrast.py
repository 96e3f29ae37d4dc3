"""`gemel rollouts plan`: a budget that goes where pairs are, and what was predicted of it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.agent.limits import TestPolicy
from core.engine import Engine
from core.money import parse_usd, usd
from core.pairs.candidates import PairOptions
from core.rollouts.contrast import ContrastReport
from core.rollouts.operations import Pace, RunOptions
from core.rollouts.planner import ContrastOptions
from core.text import plural
from tui.commands.agent import Agent
from tui.commands.host import Answer, Common, complain, run
from tui.commands.pick import Pick
from tui.commands.preview_show import outlook_text, show_preview
from tui.commands.show import say, say_next, table
from tui.model_check import refuse_policies


def hang_on(rollouts: App) -> None:
    """Add these commands to `gemel rollouts`."""
    rollouts.command(plan, name="plan")
    rollouts.command(contrast, name="contrast")


def plan(
    budget: int,
    /,
    *,
    policy: str = "builtin",
    split: str = "latest",
    side: str = "train",
    tasks: int | None = None,
    probes: int = 4,
    pairs_per_task: int = 3,
    most_per_task: int = 24,
    pairs: int | None = None,
    first_seed: int = 0,
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
    """Spend a budget of rollouts where it makes pairs.

    Each task is probed first. Tasks that only pass are left, tasks without a pass get a second
    chance, and the rest goes where the next usable pair is cheapest. Without tasks that can
    still give pairs it ends before the budget does.

    Parameters
    ----------
    budget
        Rollouts altogether, probes included.
    policy
        As for `gemel rollouts run`.
    split
        Id of the split or its beginning.
    side
        train, validation or test. Pairs are built from train alone.
    tasks
        Only so many tasks, families in turn [default: all].
    probes
        Rollouts of each task before anything is decided about it.
    pairs_per_task
        Pairs of one task that are worth having.
    most_per_task
        Rollouts of one task at most, and never more than the budget.
    pairs
        Stop at so many usable pairs [default: spend the budget where it helps].
    first_seed
        The first seed of each task.
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
        Calls that a model is asked at once from the start [default: 4, and slowly more].
    dry_run
        Begin nothing: print what would be run first, the pairs it may give, and what it costs.
    """
    options = RunOptions(
        policy=policy,
        first_seed=first_seed,
        n_tasks=tasks,
        protocol=agent.protocol,
        test_policy=test_policy,
        decoding=agent.decoding(temperature),
        limits=agent.limits(iterations),
        ceiling_microusd=parse_usd(ceiling),
        selection=pick.selection,
        pace=Pace(at_once, at_once_first),
    )
    wanted = ContrastOptions(
        n_rollouts=budget,
        n_probes=probes,
        n_per_task=pairs_per_task,
        n_most=most_per_task,
        n_pairs_wanted=pairs,
    )

    async def work(engine: Engine) -> Answer:
        if dry_run:
            preview = await engine.preview_plan(options, wanted, split, side)
            return Answer(preview, lambda out: show_preview(out, preview))
        await refuse_policies(engine, complain, policy)
        report = await engine.plan_rollouts(options, wanted, split, side)
        return Answer(report, lambda out: _show(out, report))

    return run(common, work, hint="`gemel rollouts resume` goes on with the plan.")


def contrast(
    run_id: str = "latest",
    /,
    *,
    by_task: Annotated[bool, Parameter(negative="")] = False,
    pairs_per_task: int = PairOptions().n_per_task,
    common: Common = Common(),
) -> int:
    """Show where a run has a pass beside a fail, and the usable pairs expected in the end.

    Beside a planned run stands what was predicted after its probes.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    by_task
        Also list the tasks.
    pairs_per_task
        More pairs of one task are not counted; a planned run has its own number.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.show_contrast(run_id, pairs_per_task)

        def show(out: Console) -> None:
            _show(out, report)
            if by_task:
                _show_tasks(out, report)

        return Answer(report, show)

    return run(common, work)


def _show(console: Console, report: ContrastReport) -> None:
    say(
        console,
        f"{report.run_id}: {report.n_rollouts:,} of at most {plural(report.budget, 'rollout')} "
        f"on {plural(report.n_tasks, 'task')}, {usd(report.cost_microusd)}",
    )
    say(
        console,
        f"{plural(report.n_pairs, 'usable pair')} of {plural(report.n_contrasting, 'task')}; "
        f"{report.n_only_passing:,} only passed, {report.n_without_pass:,} never passed",
    )
    outlooks = {"predicted after the probes": report.outlook, "expected by now": report.expected}
    for when, outlook in outlooks.items():
        if outlook is not None:
            say(
                console,
                f"{when}: {outlook_text(outlook)}",
            )
    say_next(console, f"pairs build {report.run_id}")


def _show_tasks(console: Console, report: ContrastReport) -> None:
    heads = ("task", "passes", "fails", "distinct", "errors", "pairs", "est. in the end")
    rows = [
        (
            task.task_id, task.n_passed, task.n_failed, task.n_distinct, task.n_errors,
            task.n_pairs, "" if task.n_expected is None else f"{task.n_expected:.1f}",
        )
        for task in report.tasks
    ]  # fmt: skip
    table(console, heads, rows, empty="")
