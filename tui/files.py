"""Writes a text to a file of the user's, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import StoreError, UsageError


def write_text(path: Path, text: str, *, overwrite: bool) -> Path:
    """Write and return the full path; an existing file stays unless `overwrite` is set."""
    path = path.expanduser().absolute()
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; nothing was written. --force replaces it.")
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path} could not be written: {error}") from error
    return path
