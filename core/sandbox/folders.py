"""Folders that runs work in: private, fresh, and gone afterwards whatever was left in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.errors import SandboxError

_PREFIX = "gemel-"
_RUN = "run-"


def make_root() -> Path:
    """A new private folder for everything one sandbox writes."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()


@contextmanager
def run_folder(root: Path, number: int, files: Sequence[tuple[str, str]]) -> Iterator[Path]:
    """Folder `number` of a root: new, holding `files` and nothing else, removed at the end."""
    folder = root / f"{_RUN}{number}"
    folder.mkdir(0o700)
    try:
        for path, text in files:
            _write(folder, path, text)
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Delete a tree that hostile code may have shaped: closed folders, endless nesting."""
    try:
        if not _remove_empty(folder):
            shutil.rmtree(folder)
    except (OSError, RecursionError):
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run(
                [*command, "--", str(folder)],
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )


def _remove_empty(folder: Path) -> bool:
    """Most runs leave nothing behind: one call then does it."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _write(folder: Path, path: str, text: str) -> None:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.name:
        raise SandboxError(f"{path} is no path inside a task; no test was run")
    place = folder / parts
    place.parent.mkdir(parents=True, exist_ok=True)
    # Text that is no valid Unicode must fail in the run, as a file that cannot be read.
    with open(os.fspath(place), "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(text)
