"""`gemel pairs`: the signal, built from runs, written to files and read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.pairs.imports import CheckReport, source_of
from core.pairs.operations import BuildReport
from core.store.pairs import BuildSummary
from tui.commands.host import Answer, Common, run
from tui.commands.show import counts, decisions, percent, say, say_next, table

pairs = App(name="pairs", help="Preference pairs: build, look through, decide, export, import.")

_Flag = Annotated[bool, Parameter(negative="")]


@pairs.command
def build(
    run_id: str = "latest",
    /,
    *,
    cap: int = 8,
    forks: _Flag = False,
    graded: _Flag = False,
    min_margin: float = 0.3,
    common: Common = Common(),
) -> int:
    """Build pairs from a run: best pass against each distinct failure of a task.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    cap
        At most so many pairs per task.
    forks
        Also pairs where two rollouts met the same state and one answer passed, up to the cap.
    graded
        Also pairs of two failures, for tasks that nobody solved.
    min_margin
        Of the share of tests passed, between the two sides of a graded pair.
    """
    options = PairOptions(cap, forks, graded, min_margin)

    async def work(engine: Engine) -> Answer:
        report = await engine.build_pairs(run_id, options)

        def show(out: Console) -> None:
            show_build(out, report)
            say_next(out, "pairs queue" if report.n_pairs else "rollouts run")

        return Answer(report, show)

    return run(common, work)


@pairs.command(name="list")
def list_builds(*, common: Common = Common()) -> int:
    """List builds of pairs, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_builds()
        heads = ("build", "from", "pairs", "tasks", "dropped")
        cells = [(r.build_id, origin(r), r.n_pairs, r.n_tasks, r.n_dropped) for r in rows]
        empty = "No pairs yet: `gemel pairs build` makes them from a run."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@pairs.command
def export(
    path: Path,
    /,
    *,
    build: str = "latest",
    format: PairFormat = PairFormat.TOGETHER,
    force: _Flag = False,
    include_flagged: _Flag = False,
    common: Common = Common(),
) -> int:
    """Write a preference file (JSON Lines); refused when a family leaks.

    Parameters
    ----------
    path
        The file.
    build
        Id of the build or its beginning.
    format
        together, trl or gemel, which names the task of each pair.
    force
        Replace an existing file.
    include_flagged
        Take flagged pairs as they are, instead of refusing.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.export_pairs(
            build, path, format, overwrite=force, include_flagged=include_flagged
        )
        text = f"{report.n_pairs} pairs of {report.n_tasks} tasks written to {report.path}"

        def show(out: Console) -> None:
            say(out, f"{text} ({report.format})\n  {decisions(report.decisions)}")
            if report.n_unknown:
                say(out, f"  {unknown(report.n_unknown)}")

        return Answer(report, show)

    return run(common, work)


@pairs.command
def check(path: Path, /, *, common: Common = Common()) -> int:
    """Check a preference file line by line; exit code 1 when a line is no pair.

    Parameters
    ----------
    path
        JSON Lines of Together, TRL or gemel.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.check_pairs(path)

        def show(out: Console) -> None:
            show_file(out, report)
            if report.n_pairs:
                bad = " --skip-bad" if report.n_problems else ""
                say_next(out, f"pairs import {path}{bad}")

        return Answer(report, show, exit_code=1 if report.n_problems or not report.n_pairs else 0)

    return run(common, work)


@pairs.command(name="import")
def import_file(path: Path, /, *, skip_bad: _Flag = False, common: Common = Common()) -> int:
    """Bring the pairs of a file in as a build of their own.

    Parameters
    ----------
    path
        JSON Lines of Together, TRL or gemel.
    skip_bad
        Leave out lines that are no pairs, instead of refusing the file.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.import_pairs(path, skip_bad=skip_bad)

        def show(out: Console) -> None:
            was = "" if report.is_new else ", which was there already"
            say(out, f"{report.build_id}: {report.file.n_pairs} pairs from {path.name}{was}")
            show_file(out, report.file)
            if report.n_outside:
                say(out, f"  {unknown(report.n_outside)}")
            say_next(out, f"pairs queue --build {report.build_id}")

        return Answer(report, show)

    return run(common, work)


def origin(build: BuildSummary) -> str:
    """The run or the file that a build is from."""
    source = source_of(build)
    return source.file if source else build.run_id


def unknown(n_pairs: int) -> str:
    """What cannot be said of imported pairs."""
    return (
        f"{n_pairs} pairs are of tasks that the newest split does not have for training: "
        "whether they leak cannot be known"
    )


def show_file(out: Console, report: CheckReport) -> None:
    """A checked file in a few lines, then every line that is no pair."""
    form = f" in {report.format}'s form" if report.format else ""
    say(
        out,
        f"{report.path}: {report.n_pairs} pairs{form} on {report.n_prompts} prompts, "
        f"{report.n_tasks} tasks named, {report.n_unnamed} pairs without a task",
    )
    for problem in report.problems:
        say(out, f"  line {problem.line}: {problem.reason}")
    rest = report.n_problems - len(report.problems)
    if rest:
        say(out, f"  and {rest} more lines")


def show_build(out: Console, report: BuildReport) -> None:
    """A build of pairs in a few lines."""
    say(
        out,
        f"{report.build_id}: {report.n_pairs} pairs of {report.n_tasks} tasks "
        f"from {report.n_rollouts} rollouts",
    )
    say(out, f"  dropped candidates: {counts(report.dropped)}")
    say(out, f"  changed tokens per pair, median: {percent(report.median_changed_share)}")
    say(out, f"  decisions: {decisions(report.decisions)}")
