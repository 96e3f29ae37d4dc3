"""Opens the app on a terminal: the one place that reads the process's surroundings."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from core.config import load_settings, user_directory
from core.errors import GemelError, UsageError
from core.text import clean
from core.workspace import Workspace, find_workspace
from tui.app import GemelApp
from tui.widgets.cells import choose_glyphs


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
    glyphs = choose_glyphs(
        os.environ, locale.nl_langinfo(locale.CODESET), is_c_locale=_is_c_locale(os.environ)
    )
    app = GemelApp(found, user_directory(), environ=_with_theme(found), glyphs=glyphs)
    app.run()
    return app.return_code or 0


def _with_theme(workspace: Workspace) -> Mapping[str, str]:
    """The environment, with the theme that is set where it names none."""
    try:
        theme = load_settings(workspace.directory).theme
    except GemelError as error:
        complaint = Text(f"gemel: {clean(str(error))}")
        Console(stderr=True, soft_wrap=True).print(complaint)
        theme = ""
    return {"GEMEL_THEME": theme, **os.environ}


def _is_c_locale(environ: Mapping[str, str]) -> bool:
    # In a C locale Python turns on its UTF-8 mode by itself, and then says UTF-8 everywhere.
    return bool(sys.flags.utf8_mode) and "PYTHONUTF8" not in environ
