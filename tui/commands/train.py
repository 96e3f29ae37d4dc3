"""`gemel train`: look before a job, start it, follow it, and see how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.errors import EngineLost, StoppedError
from core.store.jobs import JobEventRow
from core.training.alarms import Alarm
from core.training.dpo_options import DpoOptions
from core.training.given import Preflight
from core.training.metric_names import grouped
from core.training.operations import JobView, TrainOptions, TrainReport
from tui.commands import training_file
from tui.commands.host import Answer, Common, run, write_json
from tui.commands.show import counts, decisions, number, percent, say, say_next, table
from tui.forecast_words import preflight_words

train = App(name="train", help="Training jobs: preflight, start, list, show, watch, cancel, check.")
training_file.hang_on(train)

_DPO = DpoOptions()
_Flag = Annotated[bool, Parameter(negative="")]
_PAUSE_S = 0.5
_EXIT_CODES = {"finished": 0}


@train.command
def preflight(
    *,
    build: str = "latest",
    parent: str = "builtin",
    epochs: int = _DPO.n_epochs,
    batch_size: int = _DPO.batch_size,
    include_flagged: _Flag = False,
    common: Common = Common(),
) -> int:
    """Say what a job would train on and come to; exit code 3 when it would be refused.

    Parameters
    ----------
    build
        Id of the pair build or its beginning.
    parent
        The policy to start from: `builtin`, or `builtin:ARTIFACT`.
    epochs
        Passes over the pairs.
    batch_size
        Pairs per step.
    include_flagged
        Take flagged pairs as they are, instead of refusing.
    """
    options = TrainOptions(DpoOptions(n_epochs=epochs, batch_size=batch_size), parent)

    async def work(engine: Engine) -> Answer:
        found = await engine.preflight(build, options, include_flagged=include_flagged)
        code = 3 if found.refusals else 0
        return Answer(found, lambda out: _show_preflight(out, found), code)

    return run(common, work)


@train.command
def start(
    *,
    build: str = "latest",
    parent: str = "builtin",
    beta: float = _DPO.beta,
    epochs: int = _DPO.n_epochs,
    batch_size: int = _DPO.batch_size,
    learning_rate: float = _DPO.learning_rate,
    rpo_alpha: float = _DPO.rpo_alpha,
    seed: int = 0,
    exchange: _Flag = False,
    include_flagged: _Flag = False,
    common: Common = Common(),
) -> int:
    """Train the built-in policy with DPO.

    Parameters
    ----------
    build
        Id of the pair build or its beginning.
    parent
        The policy to start from, and to stay near: `builtin`, or `builtin:ARTIFACT`.
    beta
        How strongly the policy is held to its parent.
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
    exchange
        Exchange chosen and rejected, to see an evaluation notice the sabotage.
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
    options = TrainOptions(dpo, parent, exchange)

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
        rows = await engine.list_jobs()
        heads = ("job", "trainer", "state", "policy", "reason")
        cells = [
            (r.job_id, r.trainer, r.status, _policy(r.trainer, r.artifact_id), r.reason)
            for r in rows
        ]
        empty = "No job yet: `gemel train start` trains on the newest pairs."
        return Answer(rows, lambda out: table(out, heads, cells, empty=empty))

    return run(common, work)


@train.command(name="show")
def show_job(job_id: str = "latest", /, *, events: _Flag = False, common: Common = Common()) -> int:
    """Show a job: what it was given, first and newest value of its series, alarms.

    Parameters
    ----------
    job_id
        The job, the beginning of its id, or `latest`.
    events
        Show what happened to it, oldest first.
    """

    async def work(engine: Engine) -> Answer:
        view = await engine.show_job(job_id)
        return Answer(view, lambda out: _show_job(out, view, with_events=events))

    return run(common, work)


@train.command
def watch(job_id: str = "latest", /, *, common: Common = Common()) -> int:
    """Print a job's events as they come, until it ends; with --json one object per line.

    Exit code 0: finished. 1: failed or cancelled.

    Parameters
    ----------
    job_id
        The job, the beginning of its id, or `latest`.
    """
    follower = _Follower(job_id, common)
    while True:
        try:
            hint = "The job goes on; `gemel train watch` follows it again."
            return run(common, follower.follow, hint=hint)
        except _EngineWent:
            continue  # it was part of the command that trained; the next one knows how that ended


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


class _EngineWent(Exception):
    """The engine that was asked is no more."""


@dataclass(slots=True)
class _Follower:
    """Prints a job's events, each once, from whatever engine has the workspace."""

    job_id: str
    common: Common
    n_seen: int = 0

    async def follow(self, engine: Engine) -> Answer:
        """Until the job has ended."""
        try:
            view = await self._look(engine)
            while view.job.status == "running":
                await asyncio.sleep(_PAUSE_S)
                view = await self._look(engine)
        except (EngineLost, StoppedError) as error:
            raise _EngineWent from error
        job = view.job
        code = _EXIT_CODES.get(job.status, 1)
        return Answer(job, lambda out: say(out, f"{job.job_id}: {job.status}"), code)

    async def _look(self, engine: Engine) -> JobView:
        view = await engine.show_job(self.job_id)
        self.job_id = view.job.job_id
        out = Console(soft_wrap=True)
        for event in view.events[self.n_seen :]:
            write_json(event) if self.common.json else say(out, _line(event))
        self.n_seen = len(view.events)
        return view


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
    _show_alarms(out, report.alarms)


def _show_preflight(out: Console, found: Preflight) -> None:
    for line in preflight_words(found):
        say(out, line)
    _show_alarms(out, found.alarms)
    for refusal in found.refusals:
        say(out, f"refused: {refusal}")
    if not found.refusals:
        say_next(out, "train start")


def _show_job(out: Console, view: JobView, *, with_events: bool) -> None:
    job, given = view.job, view.given
    say(out, f"{job.job_id}: {job.status} {job.reason}".rstrip())
    if given is not None:
        decided = {"kept": given.n_kept, "undecided": given.n_undecided, "swapped": given.n_swapped}
        say(
            out,
            f"  {given.n_pairs} pairs of {given.n_tasks} tasks from the build {given.build_id}: "
            f"{counts(decided)}",
        )
    heads = ("series", "steps", "first", "newest")
    cells = [
        (name, points[-1].step, number(points[0].value), number(points[-1].value))
        for group in grouped(view.series).values()
        for name in group
        if (points := view.series[name])
    ]
    table(out, heads, cells, empty="It has not measured anything yet.")
    _show_alarms(out, view.alarms)
    if with_events:
        for event in view.events:
            say(out, _line(event))


def _show_alarms(out: Console, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        say(out, f"  ! {alarm.saw}\n    {alarm.means}\n    {alarm.advice}")


def _line(event: JobEventRow) -> str:
    step = f"step {event.step}: " if event.step is not None else ""
    mark = "" if event.level == "info" else f"{event.level}: "
    return f"{event.happened_at:%H:%M:%S} {event.kind:<9} {step}{mark}{event.text}"


def _policy(trainer: str, artifact_id: str) -> str:
    return f"{trainer}:{artifact_id[:12]}" if artifact_id else ""
