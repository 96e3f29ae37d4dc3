"""What is asked when the app is left while a machine is rented."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.app import App

from core.errors import GemelError
from core.money import usd
from core.text import clean
from tui.link import Link
from tui.screens.choice import ChoiceScreen
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.leases.lease import LeaseView

_STOP, _KEEP = "stop", "keep"
_BEGUN_S = 1.0
"""So long the engine gets to begin what it is asked for on the way out."""


async def leave_or_ask(
    app: App[None], link: Link, glyphs: Glyphs, leave: Callable[[], None]
) -> None:
    """Leave at once when a person has rented nothing, else ask what shall become of it."""
    rented = await _rented(link.engine)
    if not rented:
        leave()
        return
    per_hour = sum(lease.per_hour_microusd for lease in rented if lease.is_billed)
    named = ", ".join(clean(lease.model) for lease in rented)
    last = max(lease.deadline_at for lease in rented)
    rows = [
        Row(_STOP, (f"stop {len(rented)} and leave", "ended in the background")),
        Row(_KEEP, ("leave", f"the engine keeps it until {last:%H:%M} UTC at the latest")),
    ]
    columns = (Column("", 24), Column("", 0))
    heading = f"{named}: {usd(per_hour)} per hour"

    def take(chosen: str | None) -> None:
        if chosen == _KEEP:
            leave()
        elif chosen == _STOP:
            link.begin(_stop(link, rented, leave))

    app.push_screen(ChoiceScreen(heading, columns, rows, glyphs), take)


async def _rented(engine: Engine | None) -> list[LeaseView]:
    if engine is None:
        return []
    with suppress(GemelError):  # then nothing can be asked or stopped here
        return [lease for lease in await engine.list_leases(open_only=True) if not lease.owner_id]
    return []


async def _stop(link: Link, rented: list[LeaseView], leave: Callable[[], None]) -> None:
    """Ask for the end of all; the engine goes on with that by itself."""
    engine = link.engine
    if engine is not None:
        asked = [link.begin(_end(engine, lease.lease_id)) for lease in rented]
        await asyncio.wait(asked, timeout=_BEGUN_S)
    leave()


async def _end(engine: Engine, lease_id: str) -> None:
    with suppress(GemelError):  # the engine stores why
        await engine.stop_lease(lease_id, "the app, on leaving")
