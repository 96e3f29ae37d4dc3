"""`gemel train` at Together: look before, agree to an amount, go on, take over, compare."""

from __future__ import annotations

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.errors import RefusedError
from core.money import usd
from core.together.message_rules import Kind
from core.training.operations import JobView
from core.training.remote.settings import Pace
from tui.commands.asking import agree
from tui.commands.following import follow_job
from tui.commands.host import Answer, Common, run
from tui.commands.models_show import show_models
from tui.commands.show import say_next
from tui.commands.train_options import Flag, Looks, RemoteOptions, Shared
from tui.commands.train_show import show_comparison, show_job, show_remote_preflight


def hang_on(train: App) -> None:
    """Add these commands to `gemel train`."""
    train.command(resume, name="resume")
    train.command(attach, name="attach")
    train.command(compare, name="compare")


def preflight_remote(
    build: str,
    shared: Shared,
    options: RemoteOptions,
    looks: Looks,
    *,
    flagged: bool,
    common: Common,
) -> int:
    """What a job at Together would come to; exit code 3 when it would be refused."""
    wish = options.wish(shared)

    async def work(engine: Engine) -> Answer:
        source = _source(build, options)
        found = await engine.preflight_job(wish, source, include_flagged=flagged)
        wanted = await engine.stages_of_job(found.settings.model, found.source_id)
        ask = engine.record_preflight if looks.record else engine.model_preflight
        models = await ask(wanted, tries_chat=looks.chat)
        refusals = [*found.refusals, *models.refusals]

        def show(out: Console) -> None:
            show_remote_preflight(out, found)
            show_models(out, models)
            if not refusals:
                say_next(out, "train start --trainer together ...")

        return Answer({"job": found, "models": models}, show, 3 if refusals else 0)

    return run(common, work)


def start_remote(
    build: str,
    shared: Shared,
    options: RemoteOptions,
    *,
    flagged: bool,
    yes: bool,
    wait: bool,
    common: Common,
) -> int:
    """Upload, have the job priced, agree to the amount, and have it made."""
    wish = options.wish(shared)
    started: list[str] = []

    async def work(engine: Engine) -> Answer:
        source = _source(build, options)
        found = await engine.preflight_job(wish, source, include_flagged=flagged)
        show_remote_preflight(Console(stderr=True, soft_wrap=True), found)
        if found.refusals:
            said = " ".join(found.refusals)
            raise RefusedError(f"{said} Nothing was uploaded and nothing was bought.")
        priced = await engine.start_job(wish, source, include_flagged=flagged)
        started.append(priced.job.job_id)
        return _answer(await _agree(engine, priced, yes=yes))

    hint = "What is uploaded stays; `gemel train resume` goes on."
    code = run(common, work, hint=hint, outlives=True)
    return follow_job(started[0], common) if wait and code == 0 else code


def resume(
    job_id: str = "latest", /, *, yes: Flag = False, wait: Flag = False, common: Common = Common()
) -> int:
    """Go on with a job at Together from the step it reached; asks before anything is bought.

    Parameters
    ----------
    job_id
        The job, the beginning of its id, or `latest`.
    yes
        Agree to the price without being asked.
    wait
        Follow the job to its end.
    """

    async def work(engine: Engine) -> Answer:
        view = await engine.resume_job(job_id)
        return _answer(await _agree(engine, view, yes=yes))

    code = run(common, work, outlives=True)
    return follow_job(job_id, common) if wait and code == 0 else code


def attach(
    remote_id: str,
    /,
    *,
    poll: float = 20.0,
    poll_queued: float = 60.0,
    wait: Flag = False,
    common: Common = Common(),
) -> int:
    """Take over a job that was started elsewhere: from now on it is watched and copied here.

    Parameters
    ----------
    remote_id
        Its id at Together: ft-...
    poll
        Seconds between looks at it while it runs.
    poll_queued
        Seconds between looks while it is queued.
    wait
        Follow the job to its end.
    """
    attached: list[str] = []

    async def work(engine: Engine) -> Answer:
        pace = Pace(poll, poll_queued, min(5.0, poll))
        view = await engine.attach_job(remote_id, pace)
        attached.append(view.job.job_id)
        return _answer(view)

    code = run(common, work, outlives=True)
    return follow_job(attached[0], common) if wait and code == 0 else code


def compare(*job_ids: str, common: Common = Common()) -> int:
    """Set jobs beside each other: only the settings in which they differ, with their results.

    Parameters
    ----------
    job_ids
        Two jobs or more: their ids or the beginning of them.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.compare_jobs(job_ids)
        return Answer(found, lambda out: show_comparison(out, found))

    return run(common, work)


def _source(build: str, options: RemoteOptions) -> str:
    return options.run_id if options.method is Kind.SFT else build


async def _agree(engine: Engine, view: JobView, *, yes: bool) -> JobView:
    """Ask for the amount of a priced job; without a yes it goes on waiting."""
    remote = view.remote
    if view.job.status != "waiting" or remote is None or remote.price.worst is None:
        return view
    worst = remote.price.worst
    await agree(
        f"{view.job.job_id} may cost est. {usd(worst)}; what is uploaded stays either way, and "
        f"`gemel train resume {view.job.job_id}` goes on. Buy it?",
        is_agreed=yes,
    )
    return await engine.confirm_job(view.job.job_id, worst)


def _answer(view: JobView) -> Answer:
    def show(out: Console) -> None:
        show_job(out, view, with_events=False)
        verb = "resume" if view.job.status == "waiting" else "watch"
        say_next(out, f"train {verb} {view.job.job_id}")

    return Answer(view, show)
