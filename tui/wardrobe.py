"""Which theme the app wears: the user's wish, else what the terminal can show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import App

from tui.theme import DEFAULT, SIXTEEN_COLOURS, load_themes


class Wardrobe:
    """The themes of one app, in the order of the key."""

    def __init__(self, app: App[None], config_directory: Path, warn: Callable[[str], None]) -> None:
        self._app = app
        self._warn = warn
        themes = load_themes(config_directory)
        for problem in themes.problems:
            warn(problem)
        for theme in themes.by_name.values():
            app.register_theme(theme)
        self._names = list(themes.by_name)

    def wear(self, wish: str) -> None:
        """Wear the theme that is wished for, if there is one."""
        if wish and wish not in self._names:
            known = ", ".join(self._names)
            self._warn(f"there is no theme {wish}; GEMEL_THEME may be {known}")
        is_poor = self._app.console.color_system == "standard"
        fallback = SIXTEEN_COLOURS if is_poor else DEFAULT
        self._app.theme = wish if wish in self._names else fallback

    def wear_next(self) -> str:
        """Go round; returns the name."""
        names, worn = self._names, self._app.theme
        at = names.index(worn) if worn in names else -1
        self._app.theme = names[(at + 1) % len(names)]
        return self._app.theme
