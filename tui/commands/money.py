"""`gemel cost ceiling|charges|release`: what may be spent, and what costs beside calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.engine import Engine
from core.money import parse_usd, usd
from core.rollouts.spending import Released, SpendingView
from core.store.charges import ChargeRow
from tui.commands.asking import agree
from tui.commands.host import Answer, Common
from tui.commands.host import run as run_command
from tui.commands.show import say, table

_NONE = "none"


def hang_on(cost: App) -> None:
    """Add these commands to `gemel cost`."""
    cost.command(ceiling, name="ceiling")
    cost.command(charges, name="charges")
    cost.command(release, name="release")


def ceiling(amount: str = "", /, *, run_id: str = "", common: Common = Common()) -> int:
    """Show or set the most that may be spent; what is going on obeys it from its next call on.

    Parameters
    ----------
    amount
        Dollars, or `none` to lift the ceiling [default: only show it].
    run_id
        Of one run [default: of the whole workspace].
    """

    async def work(engine: Engine) -> Answer:
        if amount:
            limit = None if amount == _NONE else parse_usd(amount)
            view = await engine.set_ceiling(limit, run_id)
        else:
            view = await engine.spending(run_id)
        return Answer(view, lambda out: _show(out, view))

    return run_command(common, work)


def release(
    run_id: str = "latest",
    /,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """Count no longer what a run's lost calls may have cost, when you know that nobody billed it.

    A call that was cut off, or never answered, counts under the ceilings with its worst case.
    Jobs and endpoints that are not settled go on counting.

    Parameters
    ----------
    run_id
        A run that does not go on, or `latest`.
    yes
        Do not ask.
    """

    async def work(engine: Engine) -> Answer:
        run = await engine.show_run(run_id)
        await agree(
            f"Release up to {usd(run.unseen_microusd)} of {run.run_id}? The service may have "
            "billed its lost calls all the same: the ceilings then let so much more be spent. "
            "Look at the service's bill first.",
            is_agreed=yes,
        )
        done = await engine.release_unseen(run.run_id)
        return Answer(done, lambda out: _show_released(out, done))

    return run_command(common, work)


def charges(owner: str = "", /, *, common: Common = Common()) -> int:
    """Training jobs and endpoints: what each has cost, and may still cost.

    Parameters
    ----------
    owner
        The run, evaluation or job they belong to [default: all].
    """

    async def work(engine: Engine) -> Answer:
        rows = await engine.charges(owner)
        return Answer(rows, lambda out: _show_charges(out, rows))

    return run_command(common, work)


def _show_released(console: Console, done: Released) -> None:
    say(console, f"{usd(done.released_microusd)} of {done.run_id} no longer count")
    _show(console, done.now)


def _show_charges(console: Console, rows: Sequence[ChargeRow]) -> None:
    table(
        console,
        ("charge", "of", "kind", "what", "status", "spent", "at most", "price", "note"),
        (
            (
                row.charge_id,
                row.owner_id,
                row.kind,
                row.what,
                row.status,
                usd(row.spent_microusd),
                usd(row.counted_microusd),
                row.price_note,
                row.note,
            )
            for row in rows
        ),
        empty="No training job and no endpoint has cost anything yet.",
    )


def _show(console: Console, view: SpendingView) -> None:
    limit = "no ceiling" if view.limit is None else f"ceiling {usd(view.limit)}"
    say(console, f"{view.run_id or 'workspace'}: {limit}, {usd(view.spent)} spent")
    if view.unseen:
        say(
            console,
            f"  and at most {usd(view.unseen)} more for calls that never answered and for jobs and "
            "endpoints that are not settled; it counts under the ceiling",
        )
