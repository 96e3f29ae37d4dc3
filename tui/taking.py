"""Takes what is under the cursor out of the app, and gives a pane the whole screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported
from textual.screen import Screen

from core.errors import GemelError
from core.text import clean, one_line
from tui.clipboard import copy
from tui.editor import open_in_editor
from tui.finding import find_offer, pane_of
from tui.offer import Whole

if TYPE_CHECKING:
    from tui.app import GemelApp

_LONGEST = 60
_NOTHING = "there is nothing here to take yet"


async def copy_offer(app: GemelApp) -> None:
    """Copy what the cursor stands on, by terminal and by file."""
    offer = find_offer(app.screen)
    text = await _text(app, offer.text) if offer is not None else ""
    if offer is None or not text:
        app.say(_NOTHING, is_warning=True)
    else:
        app.say(copy(app, text, one_line(clean(offer.name), _LONGEST)))


async def edit_offer(app: GemelApp) -> None:
    """Show a copy of what the cursor stands on in the user's editor."""
    offer = find_offer(app.screen)
    text = await _text(app, offer.whole or offer.text) if offer is not None else ""
    if offer is None or not text:
        app.say(_NOTHING, is_warning=True)
        return
    try:
        with app.suspend():
            said = open_in_editor(text, os.environ, offer.file_name)
    except SuspendNotSupported:
        said = "this terminal cannot be left for an editor; y copies instead"
    app.say(f"{one_line(clean(offer.name), _LONGEST)}: {said}")


def maximise(screen: Screen[object]) -> bool:
    """Show one pane alone, or all again; False when there is none to show alone."""
    pane = None if screen.maximized is not None else pane_of(screen)
    is_done = pane is not None or screen.maximized is not None
    screen.maximized = pane
    screen.refresh_bindings()
    return is_done


async def _text(app: GemelApp, whole: Whole) -> str:
    """The text, cleaned; asked of the engine where it must be."""
    if isinstance(whole, str):
        return clean(whole)
    engine = app.link.engine
    if engine is None:
        return ""
    try:
        return clean(await whole(engine))
    except GemelError as error:
        app.say(str(error), is_warning=True)
        return ""
