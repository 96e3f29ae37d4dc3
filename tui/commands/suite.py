"""`gemel suite`: benchmarks and their proof."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.errors import UsageError
from core.suites.importing import ImportOptions, Problem
from core.suites.operations import BUILTIN_SUITE, CheckReport, ForgeOptions, ForgeReport
from tui.commands.host import Answer, Common, run
from tui.commands.pick import Pick
from tui.commands.show import counts, say, say_next, table

suite = App(name="suite", help="Benchmarks: list, show, import, forge, check, export, grade.")

_MOST_LINES = 50

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
def import_suite(
    name: str,
    path: Path,
    /,
    *,
    as_: Annotated[str, Parameter(name="--as", show_default=False)] = "",
    repos: Annotated[Path | None, Parameter(show_default=False)] = None,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Import a benchmark from disk, in place of an older one of its name.

    Parameters
    ----------
    name
        Which kind: quixbugs, quixbugs-java, humanevalfix, swebench, defects4j or folder.
    path
        The checkout, the file of rows, or the folder.
    as_
        Name of the suite [default: the kind].
    repos
        Folder of git clones of the projects, for suites whose rows hold no programs (SWE-bench,
        Defects4J): they are read at the bug's commit, so that rollouts can be made.
    """
    place = path.expanduser().absolute()
    clones = repos.expanduser().absolute() if repos is not None else None

    async def work(engine: Engine) -> Answer:
        report = await engine.import_suite(name, place, ImportOptions(as_, pick.selection, clones))

        def show(out: Console) -> None:
            again = f" ({report.n_resumed} were read before)" if report.n_resumed else ""
            say(out, f"{report.suite}: {report.n_tasks} tasks imported{again}")
            if report.n_without_program:
                say(out, f"  {report.n_without_program} without their program: see their origin")
            _show_problems(out, "left out", report.problems)
            say_next(out, f"suite check {report.suite}")

        return Answer(report, show)

    return run(common, work, hint="The same command goes on where it stopped.")


@suite.command
def forge(
    source: str = BUILTIN_SUITE,
    /,
    *,
    seed: int = 0,
    per_program: int = 5,
    as_: Annotated[str, Parameter(name="--as", show_default=False)] = "",
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Make a suite of bugs from correct programs, one mutation each.

    Parameters
    ----------
    source
        A folder of programs, each with a task.toml, or kata: the built-in ones.
    seed
        The same seed makes the same suite.
    per_program
        Bugs wanted per program.
    as_
        Name of the suite [default: the folder's].
    """
    place = Path(source).expanduser().absolute()

    async def work(engine: Engine) -> Answer:
        if source == BUILTIN_SUITE:
            if as_:
                raise UsageError("The suite of the built-in programs is always called kata.")
            report = await engine.forge(seed, per_program, pick.selection)
        else:
            options = ForgeOptions(as_, seed, per_program, pick.selection)
            report = await engine.forge_folder(place, options)
        return Answer(report, lambda out: _show_forge(out, report))

    return run(common, work, hint="The same command goes on where it stopped.")


@suite.command
def check(
    name: str,
    /,
    *,
    repeat: int = 2,
    again: _Flag = False,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Prove a suite: every bug fails and every reference passes, each time.

    Parameters
    ----------
    name
        The suite.
    repeat
        Runs of each side; the last of several gets the time of a machine three times slower.
    again
        Check also what has a valid check.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.check(name, repeat, again=again, selection=pick.selection)
        return Answer(report, lambda out: _show_check(out, report))

    return run(common, work, hint=f"`gemel suite check {name}` goes on where it stopped.")


@suite.command
def export(
    name: str,
    file: Path,
    /,
    *,
    run_id: Annotated[str, Parameter(name="--run", show_default=False)] = "",
    seed: int = 0,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Write predictions for a suite's own program, as JSON Lines of patches.

    Parameters
    ----------
    name
        The suite.
    file
        Where to.
    run_id
        The run whose patches are written [default: the references', to try the program out].
    seed
        Which of the run's attempts: one file holds one patch a task.
    """
    place = file.expanduser().absolute()

    async def work(engine: Engine) -> Answer:
        report = await engine.export_predictions(name, place, run_id, seed, pick.selection)

        def show(out: Console) -> None:
            without = f", {report.n_without} left no patch" if report.n_without else ""
            say(out, f"{report.n_predictions} predictions in {report.path}{without}")
            say_next(out, f"suite grade {name} {file}")

        return Answer(report, show)

    return run(common, work)


@suite.command
def grade(
    name: str,
    file: Path,
    /,
    *,
    again: _Flag = False,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Have predictions judged by the suite's own program (SWE-bench, Defects4J).

    Rollouts that left these patches get their outcome, so that pairs can be built from them.

    Parameters
    ----------
    name
        The suite.
    file
        Predictions, as JSON Lines with instance_id, model_name_or_path and model_patch.
    again
        Judge also what was judged before.
    """
    place = file.expanduser().absolute()

    async def work(engine: Engine) -> Answer:
        report = await engine.grade(name, place, again=again, selection=pick.selection)

        def show(out: Console) -> None:
            say(out, f"{report.suite}, {report.model}: {counts(report.counts)}")
            for one in report.judged:
                reason = f": {one.reason}" if one.reason else ""
                say(out, f"  {one.task_id}: {one.judgement.value.replace('_', ' ')}{reason}")
            if report.n_known:
                say(out, f"{report.n_known} were judged before; --again asks about them, too")
            if report.n_settled:
                say(out, f"{report.n_settled} rollouts have their outcome now")
            say(out, f"logs: {report.folder}")

        return Answer(report, show)

    return run(common, work, hint="The same command goes on where it stopped.")


def _show_forge(out: Console, report: ForgeReport) -> None:
    say(out, f"{report.suite}: {report.n_tasks} tasks from {report.n_programs} programs")
    say(out, f"  mutants: {counts(report.fates)}")
    if report.suite != BUILTIN_SUITE:
        for left in report.left[:_MOST_LINES]:
            what = f"{left.kind.replace('_', ' ')} in line {left.line}"
            say(out, f"  {left.fate.replace('_', ' ')}: {left.program}, {what}")
        _say_more(out, len(report.left))
    _show_problems(out, "nothing made of", report.problems)
    say_next(out, f"suite check {report.suite}")


def _show_problems(out: Console, what: str, problems: Sequence[Problem]) -> None:
    for problem in problems[:_MOST_LINES]:
        place = f" ({problem.place})" if problem.place not in ("", problem.task_id) else ""
        say(out, f"  {what} {problem.task_id}{place}: {problem.reason}")
    _say_more(out, len(problems))


def _say_more(out: Console, n_all: int) -> None:
    if n_all > _MOST_LINES:
        say(out, f"  … and {n_all - _MOST_LINES} more; --json has them all")


def _show_check(out: Console, report: CheckReport) -> None:
    say(out, f"{report.suite}: {report.admitted} admitted, {len(report.quarantined)} quarantined")
    _show_problems(out, "quarantined", report.quarantined)
    if report.hung:
        say(out, f"  ended by a deadline: {', '.join(report.hung)}")
    if report.n_unchecked:
        say(out, f"  not checked: {report.n_unchecked}; the same command without a choice goes on")
    say_next(out, f"split make {report.suite}")
