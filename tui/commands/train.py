"""`gemel train`: look before a job, start it, follow it, and see how it went."""

from __future__ import annotations

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.errors import UsageError
from core.training.dpo_options import DpoOptions
from core.training.given import Preflight
from core.training.operations import TrainOptions, TrainReport
from tui.commands import train_remote, training_file
from tui.commands.following import follow_job
from tui.commands.host import Answer, Common, run
from tui.commands.show import decisions, percent, say, say_next
from tui.commands.train_options import Flag, Looks, RemoteOptions, Shared, Trainer
from tui.commands.train_remote import preflight_remote, start_remote
from tui.commands.train_show import show_alarms, show_lines
from tui.commands.train_show import show_job as show_view
from tui.forecast_words import preflight_words

train = App(
    name="train",
    help="Training jobs: preflight, start, list, show, watch, cancel, resume, attach, compare, "
    "check.",
)
training_file.hang_on(train)
train_remote.hang_on(train)


@train.command
def preflight(
    *,
    trainer: Trainer = Trainer.BUILTIN,
    build: str = "latest",
    parent: str = "builtin",
    include_flagged: Flag = False,
    shared: Shared = Shared(),
    remote: RemoteOptions = RemoteOptions(),
    looks: Looks = Looks(),
    common: Common = Common(),
) -> int:
    """Say what a job would train on and come to; exit code 3 when it would be refused.

    At Together also how each model of its stages stands: of the rollouts, the training and the
    serving.

    Parameters
    ----------
    trainer
        Who trains: the built-in trainer, or Together.
    build
        Id of the pair build or its beginning.
    parent
        The policy to start from: `builtin`, or `builtin:ARTIFACT`.
    include_flagged
        Take flagged pairs as they are, instead of refusing.
    """
    if trainer is Trainer.TOGETHER:
        return preflight_remote(
            build, shared, remote, looks, flagged=include_flagged, common=common
        )
    _refuse_remote(remote, looks)
    options = TrainOptions(_dpo(shared), parent)

    async def work(engine: Engine) -> Answer:
        found = await engine.preflight(build, options, include_flagged=include_flagged)
        code = 3 if found.refusals else 0
        return Answer(found, lambda out: _show_preflight(out, found), code)

    return run(common, work)


@train.command
def start(
    *,
    trainer: Trainer = Trainer.BUILTIN,
    build: str = "latest",
    parent: str = "builtin",
    exchange: Flag = False,
    include_flagged: Flag = False,
    yes: Flag = False,
    wait: Flag = False,
    shared: Shared = Shared(),
    remote: RemoteOptions = RemoteOptions(),
    common: Common = Common(),
) -> int:
    """Train: the built-in policy here, or a model at Together, which asks with the amount first.

    Parameters
    ----------
    trainer
        Who trains: the built-in trainer, or Together.
    build
        Id of the pair build or its beginning.
    parent
        The policy to start from, and to stay near: `builtin`, or `builtin:ARTIFACT`.
    exchange
        Exchange chosen and rejected, to see an evaluation notice the sabotage.
    include_flagged
        Take flagged pairs as they are, instead of refusing.
    yes
        At Together: agree to the price without being asked.
    wait
        At Together: follow the job to its end.
    """
    if trainer is Trainer.TOGETHER:
        if exchange:
            raise UsageError("--exchange is for the built-in trainer: nobody pays for sabotage.")
        return start_remote(
            build, shared, remote, flagged=include_flagged, yes=yes, wait=wait, common=common
        )
    _refuse_remote(remote)
    options = TrainOptions(_dpo(shared), parent, exchange)

    async def work(engine: Engine) -> Answer:
        report = await engine.train(build, options, include_flagged=include_flagged)

        def show(out: Console) -> None:
            show_training(out, report)
            say_next(out, f"eval run {report.policy}")

        return Answer(report, show)

    return run(common, work, hint="The job is marked cancelled; start it again.")


@train.command(name="list")
def list_jobs(*, common: Common = Common()) -> int:
    """List training jobs, newest first."""

    async def work(engine: Engine) -> Answer:
        lines = await engine.list_training()
        return Answer(lines, lambda out: show_lines(out, lines))

    return run(common, work)


@train.command(name="show")
def show_job(job_id: str = "latest", /, *, events: Flag = False, common: Common = Common()) -> int:
    """Show a job: what it was given, how it stands, its series, checkpoints, price, alarms.

    Parameters
    ----------
    job_id
        The job, the beginning of its id, or `latest`.
    events
        Show what happened to it, oldest first.
    """

    async def work(engine: Engine) -> Answer:
        view = await engine.show_job(job_id)
        return Answer(view, lambda out: show_view(out, view, with_events=events))

    return run(common, work)


@train.command
def watch(job_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Print a job's events as they come, until it ends; with --json one object per line.

    Exit code 0: finished. 1: failed, cancelled, or waiting for you.

    Parameters
    ----------
    job_id
        The job, the beginning of its id, or `latest`.
    """
    return follow_job(job_id, common)


@train.command(name="cancel")
def cancel_job(job_id: str, /, *, common: Common = Common()) -> int:
    """Cancel a job that another terminal runs, or that runs at Together; what it measured stays.

    Parameters
    ----------
    job_id
        The job.
    """

    async def work(engine: Engine) -> Answer:
        job = await engine.cancel_job(job_id)

        def show(out: Console) -> None:
            if job.status == "running":
                say(out, f"{job.job_id}: asked to end, pays for the steps that are done")
                say_next(out, f"train watch {job.job_id}")
            else:
                say(out, f"{job.job_id}: {job.status}")

        return Answer(job, show)

    return run(common, work)


def show_training(out: Console, report: TrainReport) -> None:
    """A finished job in a few lines."""
    done = report.summary
    say(
        out,
        f"{report.job_id}: {done.n_steps} steps on {done.n_pairs} pairs of {report.n_tasks} tasks",
    )
    say(out, f"  decisions: {decisions(report.decisions)}")
    say(
        out,
        f"  loss {done.loss_before:.3f} -> {done.loss_after:.3f}, "
        f"margin {done.margin_after:.3f}, accuracy {percent(done.accuracy_after)}",
    )
    for reason, n in report.skipped.items():
        say(out, f"  {n} pairs skipped: {reason}")
    show_alarms(out, report.alarms)


def _show_preflight(out: Console, found: Preflight) -> None:
    for line in preflight_words(found):
        say(out, line)
    show_alarms(out, found.alarms)
    for refusal in found.refusals:
        say(out, f"refused: {refusal}")
    if not found.refusals:
        say_next(out, "train start")


def _dpo(shared: Shared) -> DpoOptions:
    return DpoOptions(**shared.given())


def _refuse_remote(remote: RemoteOptions, looks: Looks = Looks()) -> None:
    """An option that would be left unheard is a mistake."""
    if (remote, looks) != (RemoteOptions(), Looks()):
        raise UsageError("These options are for a job at Together: add --trainer together.")
