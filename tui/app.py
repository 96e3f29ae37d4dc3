"""The app: themes, keys, signals and the frame of screens; what they show is theirs.

It draws before anything heavy is imported, moves nothing on the screen of its own accord,
and gives the terminal back on every way out.
"""

from __future__ import annotations

import locale
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import platformdirs
from rich.console import Console
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandInput, CommandPalette, SearchIcon
from textual.containers import VerticalScroll
from textual.screen import Screen

from core.errors import GemelError, UsageError
from core.events import OperationEnded, RunEnded
from core.text import clean, one_line
from core.workspace import Workspace, find_workspace
from tui.activity import Activity
from tui.keymap import Group, Key, bindings, in_force, load_overrides, shown_key
from tui.leaving import Leaving
from tui.link import Link, LinkView
from tui.messages import Messages
from tui.modes import MODES
from tui.screens.help import HelpScreen
from tui.screens.log import LogScreen
from tui.screens.mode import ModeScreen
from tui.theme import DEFAULT, SIXTEEN_COLOURS, VARIABLES, load_themes
from tui.widgets.cells import ASCII, Glyphs, choose_glyphs
from tui.widgets.frame import MessageLine
from tui.widgets.status import StatusBar

if TYPE_CHECKING:  # importing these for real loads the database
    from core.service.picture import Snapshot, Told

_CHANGES = (RunEnded, OperationEnded)
"""After these, what is stored is another."""
_GOES_ON = "gemel: the engine goes on with its work; `gemel` shows it again."


class Palette(CommandPalette):
    """Textual's palette without its emoji, and with a cursor that stands still."""

    def on_mount(self) -> None:
        """Quiet the parts."""
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(SearchIcon).icon = ":"


class GemelApp(App[None], inherit_bindings=False):
    """One workspace on one terminal."""

    TITLE = "gemel"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = Group.PLAN
    COMMAND_PALETTE_BINDING = "colon"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.EVERYWHERE)]

    def __init__(
        self,
        workspace: Workspace,
        config_directory: Path,
        *,
        environ: Mapping[str, str],
        glyphs: Glyphs,
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self.workspace = workspace
        self.glyphs = glyphs
        self.messages = Messages(datetime.now)
        self.link = Link(workspace, self)
        self._activity = Activity(time.monotonic)
        self._leaving = Leaving(lambda code: self.exit(return_code=code))
        self._keys_file = config_directory / "keys.toml"
        self._keys = self._load_keys()
        self._themes = self._load_themes(config_directory, environ.get("GEMEL_THEME", ""))
        self.set_class(glyphs is ASCII, "-ascii")
        for group, make in MODES.items():
            self.add_mode(group, make)

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

    def link_changed(self, view: LinkView) -> None:
        """The engine came or went."""
        self.show_frame()

    def engine_found(self, snapshot: Snapshot) -> None:
        """Show how things stand."""
        labels = {view.operation_id: view.label for view in snapshot.operations}
        progress = (each.made for each in snapshot.progress)
        self._activity.begin(labels, [*progress, *snapshot.steps, *snapshot.calls])
        self._reload()

    def events_came(self, told: Sequence[Told]) -> None:
        """Pass a batch on to the screen that is shown."""
        events = [each.event for each in told]
        self._activity.take(events)
        for each in told:
            self._announce(each)
        self.show_frame()
        screen = self._mode_screen()
        if screen is not None:
            screen.take(events)
        if any(isinstance(event, _CHANGES) for event in events):
            self._reload()

    def engine_failed(self, message: str) -> None:
        """Say so; what is known stays on the screen."""
        self.say(message, is_warning=True)
        self._ring("the engine is gone")

    def show_frame(self) -> None:
        """Repaint what changed of status and message."""
        parts = self._activity.parts(self.link.view)
        newest = self.messages.all[-1] if self.messages.all else None
        for screen in self.screen_stack:
            for status in screen.query(StatusBar):
                status.show(parts)
            for line in screen.query(MessageLine):
                if newest is not None:
                    line.say(newest.text, is_warning=newest.is_warning)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Stand-ins for our variables until a theme of ours is chosen."""
        return dict.fromkeys(VARIABLES, "ansi_default")

    def get_key_display(self, binding: Binding) -> str:
        """Keys are spelt alike in footer and help."""
        return shown_key(binding.key)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys do."""
        for key in self._keys_of(screen):
            owner = "app" if key.group is Group.EVERYWHERE else "screen"
            act = partial(self.run_action, f"{owner}.{key.action}")
            yield SystemCommand(f"{key.description:<22}{key.shown}", "", act)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show one message and keep it in the log."""
        self.messages.add(text, is_warning=is_warning)
        self.show_frame()
        if isinstance(self.screen, LogScreen):
            self.screen.show_messages()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only modes that exist can be shown."""
        return action != "mode" or parameters[0] in MODES

    def action_mode(self, name: str) -> None:
        """Show one of the screens."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(name)

    def action_reload(self) -> None:
        """Fetch again what is shown, or look for the engine again."""
        if self.link.engine is None:
            self.link.hurry()
        else:
            self._reload()

    async def action_log(self) -> None:
        """Show what was said, or go back from it."""
        if isinstance(self.screen, LogScreen):
            self.pop_screen()
        else:
            await self.push_screen(LogScreen(self.messages, self.glyphs))
            self.show_frame()

    def action_next_theme(self) -> None:
        """Go round the themes."""
        at = self._themes.index(self.theme) if self.theme in self._themes else -1
        self.theme = self._themes[(at + 1) % len(self._themes)]
        self.say(f"theme {self.theme}; GEMEL_THEME={self.theme} keeps it")

    async def action_help(self) -> None:
        """Show the keys of this screen, or go back from them."""
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            keys = self._keys_of(self.screen)
            await self.push_screen(HelpScreen(keys, clean(str(self._keys_file)), self.glyphs))
            self.show_frame()

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(placeholder="what to do"))

    def action_back_or_quit(self) -> None:
        """Leave this screen; from a mode, the app, which ends nothing that goes on."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif self.is_busy:
            self.exit(message=Text(_GOES_ON))
        else:
            self.exit()

    def action_help_quit(self) -> None:
        """Say how to leave, since ctrl+c may have been meant for something else."""
        keys = next(key.shown for key in self._keys if key.key_id == "back")
        self.say(f"{keys} leaves gemel")

    def action_scroll(self, n_lines: int) -> None:
        """Scroll the body of the screen."""
        for body in self.screen.query(VerticalScroll):
            body.scroll_relative(y=n_lines, animate=False)

    def action_scroll_page(self, n_pages: int) -> None:
        """Scroll by what is shown at once."""
        for body in self.screen.query(VerticalScroll):
            body.scroll_relative(y=n_pages * body.size.height, animate=False)

    def action_scroll_edge(self, direction: int) -> None:
        """Go to the first line or the last."""
        for body in self.screen.query(VerticalScroll):
            body.scroll_to(y=0 if direction < 0 else body.max_scroll_y, animate=False)

    def _mode_screen(self) -> ModeScreen | None:
        """The mode that is shown, perhaps below help, log or a question."""
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, ModeScreen) else None

    def _reload(self) -> None:
        self.link.begin(self._read_spent())
        screen = self._mode_screen()
        if screen is not None:
            screen.reload()

    async def _read_spent(self) -> None:
        if self.link.engine is not None:
            with suppress(GemelError):  # whoever reads next says it
                overview = await self.link.engine.overview()
                self._activity.settle(overview.cost_microusd)
                self.show_frame()

    def _announce(self, told: Told) -> None:
        match told.event:
            case RunEnded(run_id, status):
                self.say(f"run {run_id}: {status}", is_warning=status != "finished")
                self._ring(f"run {run_id}: {status}")
            case OperationEnded(_, label, failure) if failure:
                if not self.link.owns(told.operation_id):  # who asked is told anyway
                    self.say(f"{label}: {failure}", is_warning=True)
                self._ring(f"{label}: failed")
            case _:
                pass

    def _ring(self, text: str) -> None:
        """Bell and desktop notification, where the terminal passes them on."""
        self.bell()
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]9;gemel: {one_line(clean(text), 100)}\x07")

    def _keys_of(self, screen: Screen[object]) -> tuple[Key, ...]:
        active = {at.binding.id for at in screen.active_bindings.values() if at.enabled}
        return tuple(key for key in self._keys if key.key_id in active)

    def _load_keys(self) -> tuple[Key, ...]:
        try:
            overrides = load_overrides(self._keys_file)
        except UsageError as error:
            self.messages.add(str(error), is_warning=True)
            overrides = {}
        self.set_keymap(overrides)
        return in_force(overrides)

    def _load_themes(self, config_directory: Path, wish: str) -> list[str]:
        """Register the themes and wear one; returns their names in the order of the key."""
        themes = load_themes(config_directory)
        for problem in themes.problems:
            self.messages.add(problem, is_warning=True)
        for theme in themes.by_name.values():
            self.register_theme(theme)
        is_poor = self.console.color_system == "standard"
        if wish and wish not in themes.by_name:
            known = ", ".join(themes.by_name)
            problem = f"there is no theme {wish}; GEMEL_THEME may be {known}"
            self.messages.add(problem, is_warning=True)
        fallback = SIXTEEN_COLOURS if is_poor else DEFAULT
        self.theme = wish if wish in themes.by_name else fallback
        return list(themes.by_name)


def run_app(workspace: str | None) -> int:
    """Open the app; returns the exit code."""
    try:
        # Textual reads the one and draws on the other.
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError("the app needs a terminal; `gemel --help` lists the commands.")
        found = find_workspace(workspace)
    except GemelError as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"gemel: {clean(str(error))}"))
        return error.exit_code
    config = Path(platformdirs.user_config_dir("gemel"))
    glyphs = choose_glyphs(
        os.environ, locale.nl_langinfo(locale.CODESET), is_c_locale=_is_c_locale(os.environ)
    )
    app = GemelApp(found, config, environ=os.environ, glyphs=glyphs)
    app.run()
    return app.return_code or 0


def _is_c_locale(environ: Mapping[str, str]) -> bool:
    # In a C locale Python turns on its UTF-8 mode by itself, and then says UTF-8 everywhere.
    return bool(sys.flags.utf8_mode) and "PYTHONUTF8" not in environ
