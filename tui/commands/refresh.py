"""`gemel cost prices --refresh`: today's prices, written to the user's own file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from rich.console import Console

from core.costs.book import load_book
from core.costs.refresh import Refreshed, refresh
from core.errors import GemelError
from core.money import usd
from core.together.catalogue import read_catalogue
from core.together.client import connect
from tui.commands.host import Answer, Common, complain, present
from tui.commands.show import say, table


def refresh_prices(common: Common, models: tuple[str, ...]) -> int:
    """Ask the service and write what differs; returns the exit code."""
    try:
        return present(common, asyncio.run(_refresh(models)))
    except GemelError as error:
        complain(str(error))
        return error.exit_code


async def _refresh(models: tuple[str, ...]) -> Answer:
    here = await connect()
    try:
        catalogue = await read_catalogue(here)
    finally:
        await here.close()
    names = dict.fromkeys([*load_book().chat, *models])
    found = refresh(catalogue, names, datetime.now(UTC).date())
    return Answer(found, lambda out: _show(out, found))


def _show(out: Console, found: Refreshed) -> None:
    if not found.prices:
        say(out, "Every price of the book is today's: nothing was written.")
        return
    heads = ("price of", "today", "before")
    cells = [(price.name, _words(price.values), _words(price.before)) for price in found.prices]
    table(out, heads, cells, empty="")
    say(out, f"written to {found.file}, as of {found.as_of}")


def _words(values: dict[str, int]) -> str:
    named = (f"{name.replace('_', ' ')} {usd(value)}" for name, value in values.items())
    return ", ".join(named) or "unknown"
