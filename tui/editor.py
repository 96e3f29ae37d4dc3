"""Shows a copy of a text in the user's editor; nothing comes back from there."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path


def open_in_editor(text: str, environ: Mapping[str, str], file_name: str = "text.txt") -> str:
    """Show the text in the user's editor and wait; returns what to say of it.

    The terminal is the editor's own meanwhile. The text is an argument to nothing: it is
    written to a file that cannot be written to, and the caller's name for it holds none of it.
    """
    try:
        editor = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
    except ValueError as error:
        return f"$EDITOR cannot be used: {error}"
    with tempfile.TemporaryDirectory(prefix="gemel-") as folder:
        file = Path(folder) / file_name
        file.write_text(text, "utf-8")
        file.chmod(0o400)
        # Ctrl-C in the terminal is meant for the editor; a handler is not inherited by it.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            done = subprocess.run([*editor, os.fspath(file)], check=False)
        except OSError as error:
            return f"{editor[0]} cannot be started ({error.strerror}); $EDITOR names another"
        finally:
            signal.signal(signal.SIGINT, before)
    return f"{editor[0]} ended with code {done.returncode}; nothing was changed here"
