"""One owner per workspace: an flock on a file of its own, naming the owner's pid.

DuckDB's own lock is a POSIX record lock and vanishes when the holder merely opens
and closes the database file; this one does not.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from core.errors import StoreLockedError


class StoreLock:
    """The workspace's lock while held; `release()` gives it back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise StoreLockedError(
                f"The workspace {path.parent} is in use by process {owner}. Nothing was changed. "
                "Wait for it, stop it, or choose another workspace with --workspace."
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next owner in; the file stays, so that no two owners lock two files."""
        os.close(self._fd)
