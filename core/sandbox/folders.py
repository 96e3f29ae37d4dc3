"""Folders that runs work in: private, fresh, and gone afterwards whatever was left in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import UnfitTaskError

_PREFIX = "gemel-"
_RUN = "run-"


def make_root() -> Path:
    """A new private folder for everything one sandbox writes."""
    return Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one worker. Its runs may read all of `folder`, which holds one at a time."""

    folder: Path
    canary: Path
    """A file that no run may touch, to try its confinement on."""

    @property
    def scratch(self) -> Path:
        """Where a run may write if it may write anywhere; empty between runs."""
        return self.folder / "scratch"

    @property
    def errors(self) -> Path:
        """What the server itself complains about."""
        return self.folder.with_suffix(".err")


def make_home(root: Path, number: int) -> Home:
    """The places of worker `number`."""
    home = Home(root / f"w{number}", root / "canary")
    root.mkdir(0o700, exist_ok=True)
    home.canary.write_text("no run may read this\n")
    home.folder.mkdir(0o700)
    home.scratch.mkdir(0o700)
    return home


@contextmanager
def run_folder(home: Home, number: int, files: Sequence[tuple[str, str]]) -> Iterator[Path]:
    """Folder `number` of a home: new, holding `files` and nothing else, removed at the end."""
    folder = home.folder / f"{_RUN}{number}"
    folder.mkdir(0o700)
    try:
        for path, text in files:
            write(folder, path, text)
        yield folder
    finally:
        remove(folder)
        _empty(home.scratch)


def write(folder: Path, path: str, text: str) -> None:
    """A file of a task, at its path below `folder`."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.name:
        raise UnfitTaskError(f"{path} is no path inside a task; no test was run")
    place = folder / parts
    place.parent.mkdir(parents=True, exist_ok=True)
    # Text that is no valid Unicode must fail in the run, as a file that cannot be read.
    with open(os.fspath(place), "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        file.write(text)


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


def _empty(folder: Path) -> None:
    """Delete what is in a folder that must stay itself, since rules of the kernel name it."""
    with os.scandir(folder) as entries:
        for entry in entries:
            # Never a link itself: the last resort of `remove` would follow it.
            if entry.is_dir(follow_symlinks=False):
                remove(Path(entry.path))
            else:
                os.unlink(entry.path)


def _remove_empty(folder: Path) -> bool:
    """Most runs leave nothing behind: one call then does it."""
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
