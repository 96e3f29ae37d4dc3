"""What can be done with jobs at Together: plan, begin, agree, watch, take over, cancel."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from core.context import Context
from core.errors import CeilingError, GemelError, RefusedError, UsageError
from core.store.jobs import (
    JobInputRow,
    JobRow,
    JobStateRow,
    JobSummary,
    find_input,
    list_jobs,
)
from core.store.remote_jobs import list_steps
from core.text import plural
from core.together.client import Connection, connect
from core.together.fine_tuning import FineTuning
from core.together.message_rules import Kind
from core.training.journal import EventKind, JobJournal
from core.training.remote.given import RemoteGiven
from core.training.remote.launch import Launch
from core.training.remote.monitor import Monitor
from core.training.remote.origins import TRAINER
from core.training.remote.planning import Plan, RemotePreflight, ask, plan
from core.training.remote.reached import Reached, Role, Validated, fold, load_reached, step_rows
from core.training.remote.settings import JobSettings, JobWish
from core.training.remote.shelf import Shelf
from core.training.remote.views import ENDS
from core.training.remote.watching import follow


@asynccontextmanager
async def connected() -> AsyncIterator[Connection]:
    """The user's account for as long as the block lasts."""
    here = await connect()
    try:
        yield here
    finally:
        await here.close()


async def preflight(context: Context, given: RemoteGiven, wish: JobWish) -> RemotePreflight:
    """What a job would send and come to, or why it would be refused; nothing is sent."""
    return (await _planned(context, given, wish, "gemel-preflight")).preflight


async def begin(context: Context, given: RemoteGiven, wish: JobWish) -> str:
    """Store a job whose rows keep all rules; its id. Refuses what a preflight would."""
    context.workspace.refuse_full_disk()
    job_id = context.new_id("job")
    suffix = f"gemel-{job_id.removeprefix('job-')}-{secrets.token_hex(3)}"
    planned = await _planned(context, given, wish, suffix)
    if planned.preflight.refusals:
        said = " ".join(planned.preflight.refusals)
        raise RefusedError(f"{said} Nothing was uploaded and nothing was bought.")
    shelf = Shelf.of(context.workspace.directory)
    parts = [(Role.TRAINING, planned.contents.training)]
    if planned.contents.validation is not None:
        parts.append((Role.VALIDATION, planned.contents.validation))
    files = tuple(shelf.keep(role, content) for role, content in parts)
    found = planned.preflight
    await _store(context, job_id, given, found, Validated(files, found.sizes, found.price))
    journal = JobJournal(context, job_id)
    journal.note(EventKind.STEP, _introduction(given, found))
    return job_id


async def resume(context: Context, job_id: str) -> JobSummary:
    """Go on with a job from the step it reached; nothing is bought that was not agreed to."""
    job = await get_job(context, job_id)
    reached = await load_reached(context, job.job_id)
    if reached.created is not None and job.status not in ENDS:
        context.live.ask_to_watch(job.job_id)
        return job
    if reached.confirmed is not None and job.status not in ENDS:
        return await confirm(context, job.job_id, reached.confirmed.amount_microusd)
    if reached.estimated is not None and job.status == "waiting":
        return job
    return await go_on(context, job.job_id)


async def go_on(context: Context, job_id: str) -> JobSummary:
    """Prepare a job until it waits for an amount to be agreed to; costs nothing."""
    job = await get_job(context, job_id)
    with context.live.training(job.job_id):
        launch, journal = await _launch(context, job), JobJournal(context, job.job_id)
        await journal.begin()
        async with _kept_waiting(launch), connected() as launch.here:
            await launch.prepare()
        await journal.wait("priced: waits for the amount to be agreed to")
    return await get_job(context, job.job_id)


async def confirm(context: Context, job_id: str, amount_microusd: int) -> JobSummary:
    """Agree to an amount and have the service make the job; to do it twice buys it once."""
    job = await get_job(context, job_id)
    with context.live.training(job.job_id):
        launch, journal = await _launch(context, job), JobJournal(context, job.job_id)
        if launch.reached.estimated is None:
            raise UsageError(f"{job.job_id} is not priced yet: `gemel train resume` goes on.")
        await journal.begin()
        async with _kept_waiting(launch), connected() as launch.here:
            await launch.buy(amount_microusd)
    context.live.ask_to_watch(job.job_id)
    return await get_job(context, job.job_id)


async def watch(context: Context, job_id: str) -> JobSummary:
    """Follow a job to its end; one that is watched already is waited for."""
    job = await get_job(context, job_id)
    if context.live.is_training(job.job_id):
        await context.live.wait_for(job.job_id)
        return await get_job(context, job.job_id)
    if job.trainer != TRAINER or job.status in ENDS:
        return job
    with context.live.training(job.job_id):
        reached = await load_reached(context, job.job_id)
        settings = msgspec.json.decode(job.body, type=JobSettings)
        async with connected() as here:
            if reached.created is None and not await _found_lost(context, job, reached, here):
                raise RefusedError(
                    f"{job.job_id} does not exist at the service yet; `gemel train resume "
                    f"{job.job_id}` goes on with it."
                )
            given = await find_input(context.store, job.job_id)
            n_tasks = given.n_tasks if given is not None else 0
            monitor = Monitor(context, job.job_id, settings, reached, here, n_tasks)
            await follow(monitor, job.dataset_id)
    return await get_job(context, job.job_id)


async def cancel(context: Context, job_id: str) -> JobSummary:
    """End a job; one that runs there is asked to, and watched until it has."""
    job = await get_job(context, job_id)
    if job.status in ENDS:
        raise UsageError(f"{job.job_id} is {job.status}: there is nothing to cancel.")
    reached = await load_reached(context, job.job_id)
    journal = JobJournal(context, job.job_id)
    if reached.confirmed is None and reached.created is None:
        if context.live.is_training(job.job_id):
            await context.live.stop_job(job.job_id)
        await journal.end(EventKind.CANCELLED, "cancelled before anything was bought")
        return await get_job(context, job.job_id)
    async with connected() as here:
        if reached.created is None:
            with context.live.training(job.job_id):
                is_there = await _found_lost(context, job, reached, here)
                if not is_there:
                    await _write_off(context, journal)
            if not is_there:
                return await get_job(context, job.job_id)
        answer = await FineTuning(here).cancel(reached.remote_id)
        journal.note(EventKind.STATUS, f"asked to end; {answer.remote_id} is {answer.status}")
    context.live.ask_to_watch(job.job_id)
    return await get_job(context, job.job_id)


async def unwatched(context: Context) -> list[str]:
    """Jobs that exist there, or may, and are followed by nobody."""
    steps = await list_steps(context.store)
    found = []
    for job in await list_jobs(context.store):
        reached = fold(steps.get(job.job_id, ()))
        may_exist = reached.created is not None or reached.confirmed is not None
        is_open = job.status not in ENDS and job.trainer == TRAINER
        if is_open and may_exist and not context.live.is_training(job.job_id):
            found.append(job.job_id)
    return found


async def settle_lost(context: Context) -> None:
    """Say of jobs whose engine ended on the way that they wait; what runs there goes on."""
    steps = await list_steps(context.store)
    for job in await list_jobs(context.store):
        if job.trainer != TRAINER or job.status != "running" or job.job_id not in steps:
            continue
        is_here = context.live.is_training(job.job_id)
        if fold(steps[job.job_id]).created is None and not is_here:
            reason = "its engine ended on the way; it can be gone on with"
            await JobJournal(context, job.job_id).wait(reason)


async def get_job(context: Context, job_id: str) -> JobSummary:
    """One job, by its id or the beginning of it; `latest` is the newest."""
    rows = await list_jobs(context.store)
    found = (
        rows[:1] if job_id == "latest" else [row for row in rows if row.job_id.startswith(job_id)]
    )
    if len(found) != 1:
        what = "More than one job begins with" if found else "There is no job"
        raise UsageError(f"{what} {job_id}: `gemel train list` shows them.")
    return found[0]


async def _planned(context: Context, given: RemoteGiven, wish: JobWish, suffix: str) -> Plan:
    """Without a key everything is said but what the service alone knows."""
    try:
        here = await connect()
    except UsageError as error:
        return await plan(context, given, wish, await ask(context, wish, None, str(error)), suffix)
    try:
        known = await ask(context, wish, FineTuning(here), "")
    finally:
        await here.close()
    return await plan(context, given, wish, known, suffix)


async def _store(
    context: Context, job_id: str, given: RemoteGiven, found: RemotePreflight, step: Validated
) -> None:
    """The job and its first step, in one transaction."""
    decided, now = given.decisions, context.now()
    body = msgspec.json.encode(found.settings).decode()
    row = JobInputRow(
        job_id=job_id,
        build_id=given.source_id,
        dataset_id=given.dataset_id,
        n_pairs=len(given.rows),
        n_tasks=given.n_tasks,
        n_trained=found.sizes.n_rows,
        n_steps=found.sizes.n_steps,
        n_kept=decided.n_kept,
        n_dropped=decided.n_dropped,
        n_flagged=decided.n_flagged,
        n_undecided=decided.n_undecided,
        n_swapped=decided.n_swapped,
    )
    store = context.store
    parts = [
        store.inserting("jobs", [JobRow(job_id, TRAINER, given.dataset_id, body, now)]),
        store.inserting("job_states", [JobStateRow(job_id, "running", "", "", now)]),
        store.inserting("job_inputs", [row]),
        store.inserting("remote_steps", step_rows(context, job_id, [step])),
    ]
    await store.change(lambda cursor: [part(cursor) for part in parts])


def _introduction(given: RemoteGiven, found: RemotePreflight) -> str:
    what = "pairs" if given.kind is Kind.DPO else "demonstrations"
    held = found.sizes.n_validation_rows
    return (
        f"dataset {given.dataset_id[:12]}: {found.sizes.n_rows:,} {what} of "
        f"{plural(found.n_tasks, 'task')} for training, {held:,} of "
        f"{plural(found.n_validation_tasks, 'task')} to measure on"
    )


async def _launch(context: Context, job: JobSummary) -> Launch:
    if job.trainer != TRAINER:
        raise UsageError(f"{job.job_id} is not a job at Together.")
    if job.status in ENDS:
        raise UsageError(f"{job.job_id} is {job.status}; start a new one instead.")
    reached = await load_reached(context, job.job_id)
    if reached.validated is None:
        raise UsageError(f"{job.job_id} was not started from here; it can only be watched.")
    settings = msgspec.json.decode(job.body, type=JobSettings)
    return Launch(context, job.job_id, settings, reached)


@asynccontextmanager
async def _kept_waiting(launch: Launch) -> AsyncIterator[None]:
    """Whatever ends the block early leaves a job that can be gone on with, or is over."""
    journal = launch.journal
    try:
        yield
    except GemelError as error:
        is_final = launch.reached.ended is not None or (
            isinstance(error, RefusedError)
            and not isinstance(error, CeilingError)
            and launch.reached.accepted is None
        )
        if is_final:
            await journal.end(EventKind.FAILED, str(error))
        elif launch.reached.created is None:
            await journal.wait(str(error))
        raise
    except BaseException:
        if launch.reached.created is None:
            await journal.wait("stopped on the way, and can be gone on with")
        raise


async def _write_off(context: Context, journal: JobJournal) -> None:
    """A job that was agreed to, and that the service does not have."""
    note = "no job there carries its suffix"
    await context.spending.settle_charge(context.store, journal.job_id, 0, context.now(), note)
    await journal.end(EventKind.CANCELLED, "cancelled: no job was made of it")


async def _found_lost(
    context: Context, job: JobSummary, reached: Reached, here: Connection
) -> bool:
    """Whether a job that was agreed to exists behind an answer that was lost."""
    settings = msgspec.json.decode(job.body, type=JobSettings)
    launch = Launch(context, job.job_id, settings, reached, here)
    if reached.confirmed is None or not await launch.keep_found():
        return False
    await launch.journal.begin()
    return True
