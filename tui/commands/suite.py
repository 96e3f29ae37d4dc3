"""`gemel suite` and `gemel split`: benchmarks, their proof, and how they are divided."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.errors import UsageError
from core.splits.operations import SplitReport
from core.suites.operations import BUILTIN_SUITE, CheckReport
from tui.commands.host import Answer, Common, run
from tui.commands.show import counts, say, say_next, table
from tui.commands.tasks import show_columns

suite = App(name="suite", help="Benchmarks: list, show, import, forge, check.")
split = App(name="split", help="Divide a suite into train, validation and test, by family.")

_Flag = Annotated[bool, Parameter(negative="")]


@suite.command(name="list")
def list_suites(*, common: Common = Common()) -> int:
    """List the suites of the workspace with their counts."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_suites()
        heads = ("suite", "tasks", "programs", "admitted", "quarantined", "origin")
        cells = [
            (r.suite, r.n_tasks, r.n_programs, r.n_admitted, r.n_quarantined, r.origin)
            for r in rows
        ]
        empty = "No suite yet: `gemel suite forge` makes the built-in one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@suite.command(name="import")
def import_suite(name: str, path: Path, /, *, common: Common = Common()) -> int:
    """Import a benchmark from disk.

    Parameters
    ----------
    name
        Which importer: quixbugs.
    path
        The checkout.
    """
    place = path.expanduser().absolute()

    async def work(engine: Engine) -> Answer:
        if name != "quixbugs":
            raise UsageError(f"There is no importer {name!r}; there is: quixbugs.")
        report = await engine.import_quixbugs(place)

        def show(out: Console) -> None:
            say(out, f"{report.suite}: {report.n_tasks} tasks imported")
            for problem in report.problems:
                say(out, f"  left out {problem.task_id}: {problem.reason}")
            say_next(out, f"suite check {report.suite}")

        return Answer(report, show)

    return run(common, work)


@suite.command
def forge(
    name: str = BUILTIN_SUITE,
    /,
    *,
    seed: int = 0,
    per_program: int = 5,
    common: Common = Common(),
) -> int:
    """Make a suite of bugs from correct programs, one mutation each.

    Parameters
    ----------
    name
        The programs: kata, the built-in ones.
    seed
        The same seed makes the same suite.
    per_program
        Bugs wanted per program.
    """

    async def work(engine: Engine) -> Answer:
        if name != BUILTIN_SUITE:
            raise UsageError(f"There are no programs {name!r}; there is: {BUILTIN_SUITE}.")
        report = await engine.forge(seed, per_program)

        def show(out: Console) -> None:
            say(out, f"{report.suite}: {report.n_tasks} tasks from {report.n_programs} programs")
            say(out, f"  mutants: {counts(report.fates)}")
            say_next(out, f"suite check {report.suite}")

        return Answer(report, show)

    return run(common, work)


@suite.command
def check(name: str, /, *, repeat: int = 2, again: _Flag = False, common: Common = Common()) -> int:
    """Prove a suite: every bug fails and every reference passes, each time.

    Parameters
    ----------
    name
        The suite.
    repeat
        Runs of each side.
    again
        Check also what has a valid check.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.check(name, repeat, again=again)
        return Answer(report, lambda out: _show_check(out, report))

    return run(common, work, hint=f"`gemel suite check {name}` goes on where it stopped.")


@split.command(name="make")
def make_split(
    *suites: str,
    seed: int = 0,
    train: float = 0.6,
    validation: float = 0.1,
    test: float = 0.3,
    common: Common = Common(),
) -> int:
    """Divide the admitted tasks of suites; families stay together.

    Parameters
    ----------
    suites
        Suites to divide [default: kata].
    seed
        The same seed makes the same split.
    train
        Share of the train side.
    validation
        Share of the validation side.
    test
        Share of the test side.
    """

    async def work(engine: Engine) -> Answer:
        names = suites or (BUILTIN_SUITE,)
        report = await engine.make_split(names, (train, validation, test), seed)
        return Answer(report, lambda out: _show_split(out, report))

    return run(common, work)


@split.command(name="show")
def show_split(split_id: str = "", /, *, tasks: _Flag = False, common: Common = Common()) -> int:
    """Show one split, or list them all.

    Parameters
    ----------
    split_id
        Id or its beginning, or `latest` [default: list all].
    tasks
        Every family of every side with its tasks, and what is held out.
    """

    async def work(engine: Engine) -> Answer:
        if tasks:
            view = await engine.split_columns(split_id or "latest")
            return Answer(view, lambda out: show_columns(out, view))
        if split_id:
            report = await engine.show_split(split_id)
            return Answer(report, lambda out: _show_split(out, report))
        rows = await engine.list_splits()
        heads = ("split", "suites", "seed", "families", "tasks", "sides")
        cells = [
            (r.split_id[:12], r.suites, r.seed, r.n_families, r.n_tasks, counts(r.sides))
            for r in rows
        ]
        empty = "No split yet: `gemel split make` makes one."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


def _show_check(out: Console, report: CheckReport) -> None:
    say(out, f"{report.suite}: {report.admitted} admitted, {len(report.quarantined)} quarantined")
    for problem in report.quarantined:
        say(out, f"  {problem.task_id}: {problem.reason}")
    if report.hung:
        say(out, f"  ended by a deadline: {', '.join(report.hung)}")
    say_next(out, f"split make {report.suite}")


def _show_split(out: Console, report: SplitReport) -> None:
    say(out, f"split {report.split_id[:12]} of {report.suites}, seed {report.seed}")
    say(out, f"  {report.n_tasks} tasks in {report.n_families} families: {counts(report.sides)}")
    say_next(out, "rollouts run")
