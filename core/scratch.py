"""Temporary folders that go with their process, even when it is killed.

Each holds a file that its process keeps locked for as long as it lives: the kernel gives
the lock back at its end, whatever the end was, and no other process can be taken for it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "gemel-"
_OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder of this process."""

    folder: Path
    _fd: int

    def remove(self, remove: Callable[[Path], None] = shutil.rmtree) -> None:
        """Delete it with what is in it."""
        remove(self.folder)
        os.close(self._fd)


def make_scratch() -> Scratch:
    """A new private folder."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    unnamed = folder / f"{_OWNER}.new"
    fd = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.write(fd, f"{os.getpid()}\n".encode())
    unnamed.rename(folder / _OWNER)  # locked before anybody can look for its owner
    return Scratch(folder, fd)


def sweep(remove: Callable[[Path], None] = shutil.rmtree) -> int:
    """Delete what processes of this user left behind that are gone; returns how many."""
    n_swept = 0
    with suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                n_swept += _sweep(Path(entry.path), remove)
    return n_swept


def _sweep(folder: Path, remove: Callable[[Path], None]) -> bool:
    with _taken_over(folder) as is_left:
        if is_left:
            with suppress(OSError):  # another sweeper was quicker
                remove(folder)
        return is_left


@contextmanager
def _taken_over(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours to delete: this user's, and its process is gone."""
    try:
        fd = os.open(folder / _OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield False  # no folder of this kind, somebody else's, or not finished yet
        return
    try:
        if os.fstat(fd).st_uid != os.getuid():
            yield False
            return
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(fd)
