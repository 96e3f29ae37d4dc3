"""A pair outside the app: in the user's editor, and pairs in a preference file."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.pairs.formats import PairFormat
from tui.screens.form import Field, FormScreen


@dataclass(frozen=True, slots=True)
class Export:
    """What a person asked to be written."""

    path: Path
    format: PairFormat
    include_flagged: bool


def export_form(n_pairs: int, n_flagged: int) -> FormScreen:
    """Asks for path and format."""
    fields = [
        Field("path", "file", "pairs.jsonl", ""),
        Field("format", "format", PairFormat.TOGETHER, " or ".join(PairFormat)),
    ]
    if n_flagged:
        fields.append(Field("flagged", "flagged", "no", f"yes takes {n_flagged} flagged ones too"))
    return FormScreen(f"Write {n_pairs:,} pairs", fields, read_export)


def read_export(values: Mapping[str, str]) -> Export:
    """The values of the form; raises `UsageError` saying which one cannot be used."""
    if not values["path"]:
        raise UsageError("file: a path is needed")
    if values["format"] not in tuple(PairFormat):
        raise UsageError(f"format: there are {', '.join(PairFormat)}")
    flagged = values.get("flagged", "no")
    if flagged not in ("yes", "no"):
        raise UsageError("flagged: yes or no")
    # The engine has a working directory of its own.
    path = Path(values["path"]).expanduser().absolute()
    return Export(path, PairFormat(values["format"]), flagged == "yes")


def open_in_editor(text: str, environ: Mapping[str, str]) -> str:
    """Show a copy of the text in the user's editor and wait; returns what to say of it.

    The terminal is the editor's own meanwhile. The text is an argument to nothing: it is
    written to a file whose name holds none of it.
    """
    try:
        editor = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
    except ValueError as error:
        return f"$EDITOR cannot be used: {error}"
    with tempfile.TemporaryDirectory(prefix="gemel-") as folder:
        file = Path(folder) / "pair.diff"
        file.write_text(text, "utf-8")
        # Ctrl-C in the terminal is meant for the editor; a handler is not inherited by it.
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            done = subprocess.run([*editor, os.fspath(file)], check=False)
        except OSError as error:
            return f"{editor[0]} cannot be started ({error.strerror}); $EDITOR names another"
        finally:
            signal.signal(signal.SIGINT, before)
    return f"{editor[0]} ended with code {done.returncode}; the pair is as it was"
