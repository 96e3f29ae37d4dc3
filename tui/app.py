"""The app: themes, keys, signals and the frame of screens; what they show is theirs.

It draws before anything heavy is imported, moves nothing on the screen of its own accord,
and gives the terminal back on every way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.screen import Screen
from textual.timer import Timer

from core.clock import SystemClock
from core.errors import UsageError
from core.text import clean, one_line
from core.workspace import Workspace
from tui.activity import Activity
from tui.guarded import GuardedApp
from tui.keymap import Group, Key, bindings, in_force, load_overrides, shown_key
from tui.last_resort import LastResort
from tui.lease_leaving import leave_or_ask
from tui.leaving import Leaving
from tui.link import Link
from tui.messages import Messages
from tui.news import News
from tui.palette import Palette, commands, keys_of
from tui.screens.help import HelpScreen
from tui.screens.log import LogScreen
from tui.screens.mode import ModeScreen
from tui.scrolling import scroll
from tui.taking import copy_offer, edit_offer, maximise
from tui.theme import VARIABLES
from tui.wardrobe import Wardrobe
from tui.widgets.cells import ASCII, Glyphs
from tui.widgets.frame import MessageLine
from tui.widgets.status import StatusBar

_GOES_ON = "gemel: the engine goes on with its work; `gemel` shows it again."


class GemelApp(GuardedApp, inherit_bindings=False):
    """One workspace on one terminal."""

    TITLE = "gemel"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = Group.PLAN
    COMMAND_PALETTE_BINDING = "colon"
    ALLOW_IN_MAXIMIZED_VIEW = "TitleBar, StatusBar, MessageLine, Footer"
    ESCAPE_TO_MINIMIZE = False
    """The key that leaves does that, whatever it is."""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.EVERYWHERE)]

    def __init__(
        self,
        workspace: Workspace,
        config_directory: Path,
        *,
        environ: Mapping[str, str],
        glyphs: Glyphs,
        survives: bool = True,
    ) -> None:
        """Without `survives`, an unexpected error ends the app with its traceback."""
        clock = SystemClock()
        super().__init__(LastResort(clock) if survives else None)
        self.animation_level = "none"
        self.workspace = workspace
        self.glyphs = glyphs
        self.messages = Messages(datetime.now)
        self._activity = Activity(clock.monotonic)
        self._news = News(self, self._activity, self.fail)
        self.link = Link(workspace, self._news)
        self._leaving = Leaving(lambda code: self.exit(return_code=code))
        self._minutes: Timer | None = None
        self._keys_file = config_directory / "keys.toml"
        self._keys = self._load_keys()
        self._wardrobe = Wardrobe(self, config_directory, self._warn)
        self._wardrobe.wear(environ.get("GEMEL_THEME", ""))
        self.set_class(glyphs is ASCII, "-ascii")

    @property
    def is_busy(self) -> bool:
        """Whether the engine works on something that takes its time."""
        return self._activity.is_busy

    def on_mount(self) -> None:
        """Leave when told to from outside, and draw again after `fg`."""
        self._leaving.watch()
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    def on_ready(self) -> None:
        """The first frame stands: now the engine may be looked for."""
        self.show_frame()
        self.call_after_refresh(self.link.start)

    async def on_unmount(self) -> None:
        """Leave the engine to its work."""
        await self.link.close()
        self._leaving.unwatch()

    def mode_screens(self) -> list[ModeScreen]:
        """The mode that is shown, and screens of its kind above it."""
        return [screen for screen in self.screen_stack if isinstance(screen, ModeScreen)]

    def count_minutes(self, is_wanted: bool) -> None:
        """Look once a minute at what rented machines cost; without any, nothing ticks."""
        if is_wanted and self._minutes is None:
            self._minutes = self.set_interval(60.0, self._news.look_at_leases)
        elif not is_wanted and self._minutes is not None:
            self._minutes.stop()
            self._minutes = None

    def show_frame(self) -> None:
        """Repaint what changed of status and message."""
        parts = self._activity.parts(self.link.view)
        newest = self.messages.newest
        for screen in self.screen_stack:
            for status in screen.query(StatusBar):
                status.show(parts)
            for line in screen.query(MessageLine):
                if newest is not None:
                    line.say(newest.text, is_warning=newest.is_warning)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message and keep it in the log."""
        self.messages.add(text, is_warning=is_warning)
        self.show_frame()
        if isinstance(self.screen, LogScreen):
            self.screen.show_messages()

    def notice(self, text: str) -> None:
        """Bell and desktop notification, where the terminal passes them on."""
        self.bell()
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]9;gemel: {one_line(clean(text), 100)}\x07")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Stand-ins for our variables until a theme of ours is chosen."""
        return dict.fromkeys(VARIABLES, "ansi_default")

    def get_key_display(self, binding: Binding) -> str:
        """Keys are spelt alike in footer and help."""
        return shown_key(binding.key)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys do."""
        return commands(self, screen, self._keys)

    def action_mode(self, name: str) -> None:
        """Show one of the screens."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(name)

    def action_reload(self) -> None:
        """Fetch again what is shown, or look for the engine again."""
        if self.link.engine is None:
            self.link.hurry()
        elif not self.retry_broken():
            self._news.reload()

    async def action_log(self) -> None:
        """Show what was said, or go back from it."""
        if isinstance(self.screen, LogScreen):
            self.pop_screen()
        else:
            await self.push_screen(LogScreen(self.messages, self.glyphs))
            self.show_frame()

    def action_next_theme(self) -> None:
        """Go round the themes."""
        name = self._wardrobe.wear_next()
        self.say(f"theme {name}; `gemel config set theme {name}` keeps it")

    async def action_help(self) -> None:
        """Show the keys of this screen, or go back from them."""
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            keys = keys_of(self.screen, self._keys)
            await self.push_screen(HelpScreen(keys, clean(str(self._keys_file)), self.glyphs))
            self.show_frame()

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(placeholder="what to do"))

    async def action_copy(self) -> None:
        """Copy what is under the cursor."""
        await copy_offer(self)

    async def action_editor(self) -> None:
        """Open what is under the cursor in the user's editor."""
        await edit_offer(self)

    def action_maximise(self) -> None:
        """The pane with the focus alone, and back."""
        if not maximise(self.screen):
            self.say("there is no pane here to show alone")

    def action_back_or_quit(self) -> None:
        """Leave this screen; from a mode, the app, which ends nothing that goes on."""
        if self.screen.maximized is not None:
            maximise(self.screen)
        elif len(self.screen_stack) > 1:
            self.pop_screen()
        elif self._activity.n_leases:
            self.run_worker(leave_or_ask(self, self.link, self.glyphs, self._quit), exclusive=True)
        else:
            self._quit()

    async def action_leases(self) -> None:
        """Show the machines that are rented, or go back from them."""
        from tui.screens.leases import LeasesScreen

        if isinstance(self.screen, LeasesScreen):
            self.pop_screen()
        else:
            await self.push_screen(LeasesScreen())
            self.show_frame()

    def _quit(self) -> None:
        self.exit(message=Text(_GOES_ON) if self.is_busy else None)

    def action_help_quit(self) -> None:
        """Say how to leave, since ctrl+c may have been meant for something else."""
        keys = next(key.shown for key in self._keys if key.key_id == "back")
        self.say(f"{keys} leaves gemel")

    def action_scroll(self, unit: str, n: int) -> None:
        """Scroll the body of the screen."""
        scroll(self.screen, unit, n)

    def _load_keys(self) -> tuple[Key, ...]:
        try:
            overrides = load_overrides(self._keys_file)
        except UsageError as error:
            self._warn(str(error))
            overrides = {}
        self.set_keymap(overrides)
        return in_force(overrides)

    def _warn(self, text: str) -> None:
        """Keep a message from before the first frame."""
        self.messages.add(text, is_warning=True)
