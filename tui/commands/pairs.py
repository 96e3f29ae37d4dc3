"""`gemel pairs` and `gemel train`: the signal, and what is learned from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.pairs.operations import BuildReport
from core.training.dpo_options import DpoOptions
from core.training.operations import TrainOptions, TrainReport
from tui.commands.host import Answer, Common, run
from tui.commands.show import counts, decisions, percent, say, say_next, table

pairs = App(name="pairs", help="Preference pairs: build, look through, decide, export.")
_DPO = DpoOptions()

train = App(name="train", help="Training jobs: start, list, show, cancel.")

_Flag = Annotated[bool, Parameter(negative="")]


@pairs.command
def build(run_id: str = "latest", /, *, cap: int = 8, common: Common = Common()) -> int:
    """Build pairs from a run: best pass against each distinct failure of a task.

    Parameters
    ----------
    run_id
        The run, or `latest`.
    cap
        At most so many pairs per task.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.build_pairs(run_id, PairOptions(n_per_task=cap))

        def show(out: Console) -> None:
            show_build(out, report)
            say_next(out, "train start")

        return Answer(report, show)

    return run(common, work)


@pairs.command(name="list")
def list_builds(*, common: Common = Common()) -> int:
    """List builds of pairs, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_builds()
        heads = ("build", "run", "pairs", "tasks", "dropped")
        cells = [(r.build_id, r.run_id, r.n_pairs, r.n_tasks, r.n_dropped) for r in rows]
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
        together or trl.
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
        decided = decisions(report.decisions)
        return Answer(report, lambda out: say(out, f"{text} ({report.format})\n  {decided}"))

    return run(common, work)


@train.command
def start(
    *,
    build: str = "latest",
    beta: float = _DPO.beta,
    epochs: int = _DPO.n_epochs,
    batch_size: int = _DPO.batch_size,
    learning_rate: float = _DPO.learning_rate,
    rpo_alpha: float = _DPO.rpo_alpha,
    seed: int = 0,
    include_flagged: _Flag = False,
    common: Common = Common(),
) -> int:
    """Train the built-in policy with DPO.

    Parameters
    ----------
    build
        Id of the pair build or its beginning.
    beta
        How strongly the policy is held to the untrained one.
    epochs
        Passes over the pairs.
    batch_size
        Pairs per step.
    learning_rate
        Of Adam.
    rpo_alpha
        Weight of the likelihood term on the chosen side; 0 is plain DPO.
    seed
        Order of the pairs.
    include_flagged
        Take flagged pairs as they are, instead of refusing.
    """
    dpo = DpoOptions(
        beta=beta,
        n_epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        rpo_alpha=rpo_alpha,
        seed=seed,
    )

    async def work(engine: Engine) -> Answer:
        report = await engine.train(build, TrainOptions(dpo), include_flagged=include_flagged)

        def show(out: Console) -> None:
            show_training(out, report)
            say_next(out, f"eval run {report.policy}")

        return Answer(report, show)

    return run(common, work, hint="The job is marked cancelled; start it again.")


@train.command(name="list")
def list_jobs(*, common: Common = Common()) -> int:
    """List training jobs, newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_jobs()
        heads = ("job", "trainer", "state", "policy", "reason")
        cells = [
            (r.job_id, r.trainer, r.status, _policy(r.trainer, r.artifact_id), r.reason)
            for r in rows
        ]
        empty = "No job yet: `gemel train start` trains on the newest pairs."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


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


@train.command(name="show")
def show_job(job_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Show a job: first and newest value of everything it measured.

    Parameters
    ----------
    job_id
        The job, or `latest`.
    """

    async def work(engine: Engine) -> Answer:
        view = await engine.show_job(job_id)
        heads = ("series", "steps", "first", "newest")
        cells = [
            (name, points[-1].step, f"{points[0].value:.4f}", f"{points[-1].value:.4f}")
            for name, points in view.series.items()
        ]

        def show(out: Console) -> None:
            say(out, f"{view.job.job_id}: {view.job.status} {view.job.reason}".rstrip())
            table(out, heads, cells, empty="It has not measured anything yet.")

        return Answer(view, show)

    return run(common, work)


@train.command(name="cancel")
def cancel_job(job_id: str, /, *, common: Common = Common()) -> int:
    """Cancel a job that another terminal runs; what it measured stays.

    Parameters
    ----------
    job_id
        The job.
    """

    async def work(engine: Engine) -> Answer:
        job = await engine.cancel_job(job_id)
        return Answer(job, lambda out: say(out, f"{job.job_id}: {job.status}"))

    return run(common, work)


def show_training(out: Console, report: TrainReport) -> None:
    """A finished job in a few lines."""
    done = report.summary
    say(out, f"{report.job_id}: {done.n_steps} steps on {done.n_pairs} pairs")
    say(
        out,
        f"  loss {done.loss_before:.3f} -> {done.loss_after:.3f}, "
        f"margin {done.margin_after:.3f}, accuracy {percent(done.accuracy_after)}",
    )
    for reason, n in report.skipped.items():
        say(out, f"  {n} pairs skipped: {reason}")


def _policy(trainer: str, artifact_id: str) -> str:
    return f"{trainer}:{artifact_id[:12]}" if artifact_id else ""
