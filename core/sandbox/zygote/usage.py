"""What a run holds that no kernel limit covers: the supervisor looks at it now and then."""

from __future__ import annotations

import os

from . import macos
from .wire import End

_ENTRY_BYTES = 4096


class Usage:
    """The memory of a run where memory has no limit, and its files where it may write."""

    def __init__(self, pid: int, memory_bytes: int, scratch: str, scratch_bytes: int) -> None:
        self.end = End.FILES
        self._pid, self._memory_bytes = pid, memory_bytes
        self._scratch, self._scratch_bytes = scratch, scratch_bytes

    @property
    def is_polled(self) -> bool:
        """Whether there is anything to look at."""
        return self._scratch_bytes > 0 or macos.IS_MACOS

    @property
    def is_over(self) -> bool:
        """Whether the run must end; then `end` says why."""
        if macos.resident_bytes(self._pid) > self._memory_bytes:
            self.end = End.MEMORY
            return True
        return self.has_too_many_files

    @property
    def has_too_many_files(self) -> bool:
        """Whether the scratch folder holds more than the run may write."""
        return self._scratch_bytes > 0 and exceeds(self._scratch, self._scratch_bytes)


def exceeds(folder: str, left_bytes: int) -> bool:
    """Whether a folder holds more than that, or hides from this process what it holds."""
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    left_bytes -= _ENTRY_BYTES + _size(entry)
                    if left_bytes < 0:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone meanwhile
        except OSError:
            return True  # closed to this process, or too deep to follow
    return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
