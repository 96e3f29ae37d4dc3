"""`gemel cost ceiling` and `gemel cost charges`: what may be spent, and what costs beside calls."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.money import parse_usd, usd
from core.rollouts.spending import SpendingView
from core.store.charges import ChargeRow
from tui.commands.host import Answer, Common, run
from tui.commands.show import say, table

_NONE = "none"


def hang_on(cost: App) -> None:
    """Add these commands to `gemel cost`."""
    cost.command(ceiling, name="ceiling")
    cost.command(charges, name="charges")


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

    return run(common, work)


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

    return run(common, work)


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
