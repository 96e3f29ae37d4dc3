"""The few kernel calls that Python has no name for; every one does nothing elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _find_prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None


_prctl = _find_prctl()


def _call(option: int, value: int) -> None:
    if _prctl is not None:
        _prctl(option, ctypes.c_ulong(value), *([ctypes.c_ulong(0)] * 3))


def die_with_parent() -> None:
    """End this process when the thread that started it ends."""
    _call(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _call(_PR_SET_CHILD_SUBREAPER, 1)


def exit_fd(pid: int) -> int:
    """A descriptor that becomes readable when the child ends; -1 where there is none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def children() -> list[int]:
    """The pids of this process's children; empty where the kernel does not tell."""
    pid = os.getpid()
    try:
        with open(f"/proc/self/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
