"""`gemel cost ceiling`: what may be spent."""

from __future__ import annotations

from cyclopts import App
from rich.console import Console

from core.engine import Engine
from core.money import parse_usd, usd
from core.rollouts.operations import SpendingView
from tui.commands.host import Answer, Common, run
from tui.commands.show import say

_NONE = "none"


def hang_on(cost: App) -> None:
    """Add these commands to `gemel cost`."""
    cost.command(ceiling, name="ceiling")


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


def _show(console: Console, view: SpendingView) -> None:
    limit = "no ceiling" if view.limit is None else f"ceiling {usd(view.limit)}"
    say(console, f"{view.run_id or 'workspace'}: {limit}, {usd(view.spent)} spent")
    if view.unseen:
        say(
            console,
            f"  and at most {usd(view.unseen)} more for calls that never answered and may have "
            "been billed; it counts under the ceiling",
        )
