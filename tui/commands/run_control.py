"""`gemel rollouts live|pause|continue|drain|stop|at-once|aside|requeue|regrade`: control."""

from __future__ import annotations

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.live import LiveRun, RunStatus
from core.money import spending_text, usd
from core.text import one_line, plural
from tui.commands.forecast_show import cost_text
from tui.commands.host import Answer, Common, run
from tui.commands.regrade import regrade
from tui.commands.show import counts, say, say_next, table

_N_SHOWN = 60
"""Characters of the answer that is coming."""


def hang_on(rollouts: App) -> None:
    """Make them commands of `gemel rollouts`."""
    rollouts.command(live)
    rollouts.command(pause)
    rollouts.command(go_on, name="continue")
    rollouts.command(stop)
    rollouts.command(at_once)
    rollouts.command(aside)
    rollouts.command(drain)
    rollouts.command(requeue)
    rollouts.command(regrade)


def live(*, common: Common = Common()) -> int:
    """Show the runs that are going on, each with its running rollouts."""

    async def work(engine: Engine) -> Answer:
        runs = await engine.live_runs()
        return Answer(runs, lambda out: _show_runs(out, runs))

    return run(common, work)


def pause(run_id: str = "", /, *, common: Common = Common()) -> int:
    """Hold a run: no call is begun any more, rollouts in flight keep their place.

    Parameters
    ----------
    run_id
        The run [default: the one that is going on].
    """

    async def work(engine: Engine) -> Answer:
        held = await engine.pause_run(run_id, "`gemel rollouts pause`")
        return Answer(held, lambda out: _show_held(out, held))

    return run(common, work)


def go_on(run_id: str = "", /, *, common: Common = Common()) -> int:
    """Let a paused run go on; every rollout goes on where it stood.

    Parameters
    ----------
    run_id
        The run [default: the one that is going on].
    """

    async def work(engine: Engine) -> Answer:
        going = await engine.continue_run(run_id, "`gemel rollouts continue`")
        return Answer(going, lambda out: _show_live(out, going))

    return run(common, work)


def stop(run_id: str = "", /, *, common: Common = Common()) -> int:
    """Stop a run, paused or not; what it finished is stored.

    Parameters
    ----------
    run_id
        The run [default: the one that is going on].
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.stop_run(run_id, "`gemel rollouts stop`")

        def show(out: Console) -> None:
            say(out, f"{report.run_id}: {report.status} ({report.reason})")
            say_next(out, f"rollouts resume {report.run_id}")

        return Answer(report, show)

    return run(common, work)


def at_once(n: int, run_id: str = "", /, *, common: Common = Common()) -> int:
    """Let so many rollouts of a run go on at once, from now on.

    Parameters
    ----------
    n
        Rollouts; those that are begun are ended first when it is fewer.
    run_id
        The run [default: the one that is going on].
    """

    async def work(engine: Engine) -> Answer:
        changed = await engine.set_concurrency(n, run_id)
        return Answer(changed, lambda out: _show_live(out, changed))

    return run(common, work)


def aside(rollout_id: str, /, *, common: Common = Common()) -> int:
    """End one running rollout; a resume of its run does it, from where it stood.

    Parameters
    ----------
    rollout_id
        Its id or the beginning of it, as `gemel rollouts live` shows it.
    """

    async def work(engine: Engine) -> Answer:
        left = await engine.put_rollout_aside(rollout_id)
        return Answer(left, lambda out: _show_live(out, left))

    return run(common, work)


def drain(run_id: str = "", /, *, common: Common = Common()) -> int:
    """Let a run finish what is begun and begin nothing new; then it stops.

    Parameters
    ----------
    run_id
        The run [default: the one that is going on].
    """

    async def work(engine: Engine) -> Answer:
        draining = await engine.drain_run(run_id, "`gemel rollouts drain`")

        def show(out: Console) -> None:
            _show_live(out, draining)
            n_left = plural(len(draining.rollouts), "rollout")
            say(out, f"  {n_left} to be finished, nothing new is begun")
            say_next(out, f"rollouts resume {draining.run_id}")

        return Answer(draining, show)

    return run(common, work)


def requeue(rollout_id: str, /, *, common: Common = Common()) -> int:
    """Do one rollout again that was put aside, or that infrastructure ended (`error`).

    Nothing that was answered is asked again. A run that goes on takes it at once.

    Parameters
    ----------
    rollout_id
        Its id or the beginning of it.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.requeue_rollout(rollout_id)

        def show(out: Console) -> None:
            if report.status == RunStatus.RUNNING:
                say(out, f"{report.run_id} does it again")
                return
            say(out, f"{report.run_id}: {report.reason}")
            say_next(out, f"rollouts resume {report.run_id}")

        return Answer(report, show)

    return run(common, work)


def _show_runs(out: Console, runs: tuple[LiveRun, ...]) -> None:
    if not runs:
        say(out, "No run is going on: `gemel rollouts run` starts one.")
    for each in runs:
        _show_live(out, each)
        heads = ("rollout", "task", "seed", "call", "tokens", "cost", "stage", "answer so far")
        rows = [
            (
                r.rollout_id, r.task_id, r.seed, r.n_iterations, r.n_tokens,
                usd(r.cost_microusd), r.stage.value, one_line(r.answer[-_N_SHOWN:], _N_SHOWN),
            )
            for r in each.rollouts
        ]  # fmt: skip
        table(out, heads, rows, empty="No rollout runs at this moment.")


def _show_live(out: Console, each: LiveRun) -> None:
    n_done = sum(each.outcomes.values())
    status = "draining" if each.is_draining else each.status.value
    spent = spending_text(each.cost_microusd, each.unseen_microusd)
    say(
        out,
        f"{each.run_id}: {status}, {n_done:,} of {plural(each.n_planned, 'rollout')} "
        f"done ({counts(each.outcomes)}), {each.n_concurrent} at once, "
        f"{plural(each.n_calls, 'call')}, {spent}",
    )
    if each.cost is not None:
        say(out, f"  {cost_text(each.cost)}")
    if each.rest_s:
        say(out, f"  its model is left alone for {each.rest_s:.0f} s more, as it asked")


def _show_held(out: Console, held: LiveRun) -> None:
    _show_live(out, held)
    if held.rollouts:
        n_kept = plural(len(held.rollouts), "rollout")
        say(out, f"  {n_kept} in flight kept in memory; calls already made still get their answer")
    say_next(out, f"rollouts continue {held.run_id}")
