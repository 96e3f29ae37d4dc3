"""`gemel eval`: base against tuned, planned beforehand, judged by a fixed rule, and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from core.engine import Engine
from core.errors import UsageError
from core.evaluation.markdown import markdown
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.evaluation.plan import Wish
from core.evaluation.verdict import Verdict
from tui.commands.agent import Agent
from tui.commands.host import Answer, Common, complain, run
from tui.commands.pick import Pick
from tui.commands.renting import Renting, agree_on
from tui.commands.show import evaluation, say, table
from tui.files import write_text
from tui.forecast_words import plan_words
from tui.model_check import refuse_policies

evaluate = App(name="eval", help="Evaluations: plan, run, resume, stop, list, show, report.")

EXIT_CODES = {Verdict.KEEP: 0, Verdict.ROLLBACK: 4, Verdict.INCONCLUSIVE: 5}
_HINT = "`gemel eval resume` finishes it, to the same verdict."
_Flag = Annotated[bool, Parameter(negative="")]


@evaluate.command
def plan(
    tuned: str = "",
    /,
    *,
    base: str = "builtin",
    split: str = "latest",
    heldout: str = "",
    seeds: int = 4,
    tasks: int | None = None,
    budgets: tuple[int, ...] = (5, 20),
    margin: float | None = None,
    effect: float = 10.0,
    power: float = 0.8,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Say what an evaluation can show before it is paid for, and what it would take.

    Parameters
    ----------
    tuned
        The policy, for its price; without one base's is taken.
    base
        What it is compared with.
    split
        Id of the split or its beginning.
    heldout
        A second suite that nobody trains on.
    seeds
        Runs per task and arm.
    tasks
        Only so many tasks of the test side [default: all].
    budgets
        Iterations at which success is counted; the largest decides.
    margin
        Accepted loss on the held-out suite, in points [default: 10, or 5 from 65 tasks on].
    effect
        The difference hoped for, in points.
    power
        How often it should be seen, as a share of 1.
    """
    options = EvaluationOptions(
        n_seeds=seeds,
        n_tasks=tasks,
        budgets=budgets,
        margin=_share(margin),
        selection=pick.selection,
    )
    wish = Wish(effect / 100, power)

    async def work(engine: Engine) -> Answer:
        found = await engine.plan_evaluation(options, wish, split, heldout, (base, tuned))

        def show(out: Console) -> None:
            for line in plan_words(found):
                say(out, line)
            heads = ("seeds", "rollouts", "smallest difference", "power for the hoped-for one")
            cells = [
                (row.n_seeds, row.n_rollouts, f"{100 * row.mde:.1f} points", f"{row.power:.0%}")
                for row in found.rows
            ]
            table(out, heads, cells, empty="")

        return Answer(found, show)

    return run(common, work)


@evaluate.command(name="run")
def run_evaluation(
    tuned: str,
    /,
    *,
    base: str = "builtin",
    split: str = "latest",
    heldout: str = "",
    seeds: int = 4,
    first_seed: int = 0,
    tasks: int | None = None,
    budgets: tuple[int, ...] = (5, 20),
    margin: float | None = None,
    temperature: float = 1.0,
    pick: Pick = Pick(),
    renting: Renting = Renting(),
    agent: Agent = Agent(),
    common: Common = Common(),
) -> int:
    """Compare a tuned policy with its base on the test side of a split.

    Exit code 0: keep the tuned policy. 4: roll back. 5: inconclusive.

    Parameters
    ----------
    tuned
        The policy: `builtin:ARTIFACT`, or `tuned:ARTIFACT` on a machine that is rented meanwhile.
    base
        What it is compared with; `deployed` is the base of a tuned model, beside it.
    split
        Id of the split or its beginning.
    heldout
        A second suite that nobody trains on.
    seeds
        Runs per task and arm.
    first_seed
        The first of them.
    tasks
        Only so many tasks of the test side, families in turn [default: all].
    budgets
        Iterations at which success is counted; the largest decides.
    margin
        Accepted loss on the held-out suite, in points [default: 10, or 5 from 65 tasks on].
    temperature
        Of both arms; 0 always takes the likeliest edit.
    """
    options = EvaluationOptions(
        n_seeds=seeds,
        first_seed=first_seed,
        n_tasks=tasks,
        budgets=budgets,
        protocol=agent.protocol,
        bounds=agent.limits(max(budgets, default=1)),
        decoding=agent.decoding(temperature),
        margin=_share(margin),
        selection=pick.selection,
    )

    async def work(engine: Engine) -> Answer:
        await refuse_policies(engine, complain, base, tuned)
        wish = await agree_on(renting, lambda wish: engine.plan_serving(base, tuned, wish))
        return _answer(await engine.evaluate(tuned, options, split, heldout, base, wish))

    return run(common, work, hint=_HINT)


@evaluate.command
def resume(
    evaluation_id: str = "latest",
    /,
    *,
    renting: Renting = Renting(),
    common: Common = Common(),
) -> int:
    """Finish an evaluation that was interrupted; exits with its verdict's code.

    Parameters
    ----------
    evaluation_id
        The evaluation, or `latest`: the newest without a verdict.
    """

    async def work(engine: Engine) -> Answer:
        wish = await agree_on(renting, lambda wish: engine.plan_resumption(evaluation_id, wish))
        return _answer(await engine.resume_evaluation(evaluation_id, wish))

    return run(common, work, hint=_HINT)


@evaluate.command
def stop(evaluation_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Stop an evaluation that another terminal runs; `resume` goes on with it.

    Parameters
    ----------
    evaluation_id
        The evaluation, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.stop_run(await _run_of(engine, evaluation_id))
        text = f"{found.run_id}: {found.status}, {found.n_rollouts} of {found.n_planned} done"
        return Answer(found, lambda out: say(out, text))

    return run(common, work)


@evaluate.command(name="list")
def list_evaluations(*, common: Common = Common()) -> int:
    """List evaluations with their verdicts, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_evaluations()
        heads = ("evaluation", "run", "verdict")
        cells = [(row.evaluation_id, row.run_id, row.verdict or "unfinished") for row in rows]
        empty = "No evaluation yet: `gemel eval run` starts one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@evaluate.command
def show(
    evaluation_id: str = "latest", /, *, tasks: _Flag = False, common: Common = Common()
) -> int:
    """Show a finished evaluation; exits with its verdict's code.

    Parameters
    ----------
    evaluation_id
        The evaluation, the beginning of its id, or `latest`.
    tasks
        Also every task with both rates, the largest change first.
    """

    async def work(engine: Engine) -> Answer:
        return _answer(await engine.show_evaluation(evaluation_id), with_tasks=tasks)

    return run(common, work)


@evaluate.command
def report(
    evaluation_id: str = "latest",
    /,
    *,
    markdown_file: Annotated[Path | None, Parameter(name="--markdown")] = None,
    force: _Flag = False,
    common: Common = Common(),
) -> int:
    """Print a report that explains itself, or write it to a file; exits with the verdict's code.

    Parameters
    ----------
    evaluation_id
        The evaluation, the beginning of its id, or `latest`.
    markdown_file
        A file for the report, to paste in a pull request.
    force
        Replace an existing file.
    """

    async def work(engine: Engine) -> Answer:
        details = await engine.explain_evaluation(evaluation_id)
        text = markdown(details)
        code = EXIT_CODES[details.report.judgement.verdict]
        if markdown_file is None:
            return Answer(details, lambda out: out.print(Text(text), end=""), code)
        path = write_text(markdown_file, text, overwrite=force)
        return Answer(details, lambda out: say(out, f"written to {path}"), code)

    return run(common, work)


async def _run_of(engine: Engine, evaluation_id: str) -> str:
    for row in await engine.list_evaluations():
        is_newest = evaluation_id == "latest" and row.verdict is None
        if is_newest or row.evaluation_id == evaluation_id:
            return row.run_id
    raise UsageError(f"No evaluation {evaluation_id} goes on: `gemel eval list` shows them.")


def _answer(report: EvaluationReport, *, with_tasks: bool = False) -> Answer:
    def show(out: Console) -> None:
        evaluation(out, report)
        if with_tasks:
            _show_tasks(out, report)

    return Answer(report, show, EXIT_CODES[report.judgement.verdict])


def _show_tasks(out: Console, report: EvaluationReport) -> None:
    suites = [report.test, *([report.heldout] if report.heldout is not None else [])]
    rows = [row for suite in suites for row in suite.rows]
    rows.sort(key=lambda row: (-abs(row.difference), row.task_id))
    cells = [
        (
            row.task_id,
            f"{row.base_passed}/{row.base_n}",
            f"{row.tuned_passed}/{row.tuned_n}",
            f"{100 * float(row.difference):+.0f}",
        )
        for row in rows
    ]
    table(out, ("task", "base", "tuned", "points"), cells, empty="")


def _share(points: float | None) -> float | None:
    return None if points is None else points / 100
