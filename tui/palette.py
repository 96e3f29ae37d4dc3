"""The command palette: every action of the screen that is shown, by its words and its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from textual.app import App, SystemCommand
from textual.command import CommandInput, CommandPalette, SearchIcon
from textual.screen import Screen

from tui.keymap import Key

_WORDS = 24


class Palette(CommandPalette):
    """Textual's palette without its emoji, and with a cursor that stands still."""

    def on_mount(self) -> None:
        """Quiet the parts."""
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(SearchIcon).icon = ":"


def keys_of(screen: Screen[object], keys: Sequence[Key]) -> tuple[Key, ...]:
    """The rows of the table that do something on a screen now."""
    active = {at.binding.id for at in screen.active_bindings.values() if at.enabled}
    return tuple(key for key in keys if key.key_id in active)


def commands(
    app: App[None], screen: Screen[object], keys: Sequence[Key]
) -> Iterable[SystemCommand]:
    """What the keys do, to be done by whoever would answer the key."""
    active = {at.binding.id: at for at in screen.active_bindings.values() if at.enabled}
    for key in keys_of(screen, keys):
        at = active[key.key_id]
        act = partial(app.run_action, at.binding.action, at.node)
        yield SystemCommand(f"{key.description:<{_WORDS}}{key.shown}", "", act)
