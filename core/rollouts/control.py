"""Control of a run that is going on: stop, drain or hold it, change how much goes on at once."""

from __future__ import annotations

from core.context import Context
from core.errors import RefusedError, UsageError
from core.live import LiveRun, RunStatus
from core.outcome import Outcome
from core.rollouts.operations import get_run
from core.store.runs import RunStateRow, forget_error, load_rollout, unended_runs
from core.text import clean, one_line

LOST = "the engine ended without a word"
_LONGEST_NAME = 80


async def stop(context: Context, run_id: str, by: str) -> str:
    """End it and return its id; what is finished is stored, the rest can be resumed."""
    found = await live_id(context, run_id)
    await context.live.stop(found, asked(by))
    return found


async def pause(context: Context, run_id: str, by: str) -> LiveRun:
    """Hold it: no call is begun any more, rollouts in flight keep their place in memory."""
    run = context.live.driven(await live_id(context, run_id))
    await run.pause(asked(by))
    return run.view()


async def go_on(context: Context, run_id: str, by: str) -> LiveRun:
    """End a pause."""
    run = context.live.driven(await live_id(context, run_id))
    await run.go_on(asked(by))
    return run.view()


async def set_concurrency(context: Context, run_id: str, n_concurrent: int) -> LiveRun:
    """Let so many of its rollouts go on at once."""
    run = context.live.driven(await live_id(context, run_id))
    run.set_concurrency(n_concurrent)
    return run.view()


async def put_aside(context: Context, rollout_id: str) -> LiveRun:
    """End one running rollout; a resume of its run does it."""
    for live in context.live.runs():
        if rollout_id and any(r.rollout_id.startswith(rollout_id) for r in live.rollouts):
            run = context.live.driven(live.run_id)
            await run.put_aside(rollout_id)
            return run.view()
    raise UsageError(f"No running rollout is {rollout_id!r}: `gemel rollouts live` lists them.")


async def drain(context: Context, run_id: str, by: str) -> LiveRun:
    """Let it finish what is begun and begin nothing new; then it stops and can be resumed."""
    run = context.live.driven(await live_id(context, run_id))
    run.drain(asked(by))
    return run.view()


async def requeue(context: Context, rollout_id: str) -> str:
    """Do one rollout again, put aside or ended by infrastructure; returns its run's id.

    A run that goes on takes it at once, another does it when it is resumed.
    """
    for live in context.live.runs():
        found = [name for name in live.aside if rollout_id and name.startswith(rollout_id)]
        if len(found) == 1:
            await context.live.driven(live.run_id).requeue(found[0])
            return live.run_id
    row = await load_rollout(context.store, rollout_id)
    if row is None:
        raise UsageError(f"No single rollout that was finished or put aside is {rollout_id!r}.")
    if row.outcome != Outcome.ERROR:
        raise RefusedError(
            f"{row.rollout_id} ended as {row.outcome}, which is a result and stands. Only what "
            "infrastructure ended (`error`) is done again."
        )
    if any(live.run_id == row.run_id for live in context.live.runs()):
        await context.live.driven(row.run_id).requeue(row.rollout_id)
        return row.run_id
    with context.live.claim(f"The run {row.run_id}"):
        await forget_error(context.store, row.rollout_id)
        said = "1 rollout is to be done again; a resume does what is missing"
        state = RunStateRow(row.run_id, RunStatus.STOPPED, said, context.now())
        await context.store.insert("run_states", [state])
    return row.run_id


async def live_id(context: Context, run_id: str) -> str:
    """The full id of a run; without a name, of the one that is going on."""
    if run_id:
        return (await get_run(context, run_id)).run_id
    live = [run.run_id for run in context.live.runs()]
    if not live:
        raise UsageError("No run is going on: there is nothing to stop or to pause.")
    if len(live) > 1:
        raise UsageError(f"{len(live)} runs are going on, name one: {', '.join(live)}.")
    return live[0]


async def settle_lost_runs(context: Context) -> None:
    """Mark runs that an engine left behind when it was killed; nothing runs at this moment."""
    lost = await unended_runs(context.store)
    now = context.now()
    rows = [RunStateRow(run_id, RunStatus.STOPPED, LOST, now) for run_id in lost]
    await context.store.insert("run_states", rows)


def asked(by: str) -> str:
    """The reason that a client's wish is."""
    return f"asked for by {one_line(clean(by), _LONGEST_NAME) or 'a client'}"
