"""The app: themes, keys, signals and the frame of screens; what they show is theirs.

It draws before anything heavy is imported, moves nothing on the screen of its own accord,
and gives the terminal back on every way out.
"""

from __future__ import annotations

import asyncio
import locale
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

import platformdirs
from rich.console import Console
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandInput, CommandPalette, SearchIcon
from textual.containers import VerticalScroll
from textual.screen import Screen

from core.errors import GemelError, UsageError
from core.text import clean
from core.workspace import Workspace, find_workspace
from tui.keymap import Group, Key, bindings, in_force, load_overrides, shown_key
from tui.screens.help import HelpScreen
from tui.screens.pipeline import PipelineScreen
from tui.theme import DEFAULT, SIXTEEN_COLOURS, VARIABLES, load_themes
from tui.widgets.cells import ASCII, Glyphs, choose_glyphs
from tui.widgets.frame import StatusLine


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
    DEFAULT_MODE = Group.PIPELINE
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
        self._workspace = workspace
        self._keys_file = config_directory / "keys.toml"
        self._glyphs = glyphs
        self._problems: list[str] = []
        self._keys = self._load_keys()
        self._themes = self._load_themes(config_directory, environ.get("GEMEL_THEME", ""))
        self.set_class(glyphs is ASCII, "-ascii")
        self.add_mode(Group.PIPELINE, self._pipeline)

    def on_mount(self) -> None:
        """Leave in order when told to from outside, and draw again after `fg`."""
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    def on_ready(self) -> None:
        """The first frame stands: now the first screen may load what it needs."""
        if isinstance(self.screen, PipelineScreen):
            self.screen.start()

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
        """Show one message on the screen's status line."""
        for line in self.screen.query(StatusLine):
            line.say(clean(text), is_warning=is_warning)

    def action_next_theme(self) -> None:
        """Go round the themes."""
        at = self._themes.index(self.theme) if self.theme in self._themes else -1
        self.theme = self._themes[(at + 1) % len(self._themes)]
        self.say(f"theme {self.theme}; GEMEL_THEME={self.theme} keeps it")

    def action_help(self) -> None:
        """Show the keys of this screen, or go back from them."""
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        else:
            keys = self._keys_of(self.screen)
            self.push_screen(HelpScreen(keys, clean(str(self._keys_file)), self._glyphs))

    def action_command_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(placeholder="what to do"))

    def action_back_or_quit(self) -> None:
        """Leave this screen; from the first one, the app."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
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

    def _pipeline(self) -> PipelineScreen:
        return PipelineScreen(self._workspace, self._glyphs, self._problems)

    def _keys_of(self, screen: Screen[object]) -> tuple[Key, ...]:
        active = {at.binding.id for at in screen.active_bindings.values() if at.enabled}
        return tuple(key for key in self._keys if key.key_id in active)

    def _load_keys(self) -> tuple[Key, ...]:
        try:
            overrides = load_overrides(self._keys_file)
        except UsageError as error:
            self._problems.append(str(error))
            overrides = {}
        self.set_keymap(overrides)
        return in_force(overrides)

    def _load_themes(self, config_directory: Path, wish: str) -> list[str]:
        """Register the themes and wear one; returns their names in the order of the key."""
        themes = load_themes(config_directory)
        self._problems += themes.problems
        for theme in themes.by_name.values():
            self.register_theme(theme)
        is_poor = self.console.color_system == "standard"
        if wish and wish not in themes.by_name:
            known = ", ".join(themes.by_name)
            self._problems.append(f"there is no theme {wish}; GEMEL_THEME may be {known}")
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
