"""Copies by terminal and by file, since tmux and SSH may swallow the one."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from textual.app import App

from core.text import clean


def copy(app: App[None], text: str, name: str = "") -> str:
    """Copy a text; returns what to say of it."""
    app.copy_to_clipboard(text)
    file = Path(platformdirs.user_state_dir("gemel")) / "copied.txt"
    what = f"{name}: " if name else ""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", "utf-8")
    except OSError as error:
        return clean(f"{what}sent to the clipboard; no file: {error}")
    return clean(f"{what}sent to the clipboard, and written to {home(str(file))}")


def home(path: str) -> str:
    """The path with `~` for the user's home."""
    here = str(Path.home())
    return "~" + path[len(here) :] if path.startswith(here + "/") else path
