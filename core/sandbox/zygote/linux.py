"""The few kernel calls that Python has no name for; those that tune do nothing elsewhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_HEADER = (ctypes.c_uint32 * 2)(0x20080522, 0)
_NO_CAPABILITIES = (ctypes.c_uint32 * 6)()

IS_LINUX = sys.platform.startswith("linux")


def _find_libc() -> Any:
    if not IS_LINUX:
        return None
    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None


_libc = _find_libc()


def call(number: int, *arguments: object) -> int:
    """A system call by number; raises OSError."""
    words = [
        ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments
    ]
    return _checked(_libc.syscall(ctypes.c_long(number), *words))


def control(option: int, *values: int) -> None:
    """The call `prctl`; raises OSError."""
    padded = (*values, 0, 0, 0, 0)[:4]
    _checked(_libc.prctl(option, *map(ctypes.c_ulong, padded)))


def die_with_parent() -> None:
    """End this process when the thread that started it ends."""
    if _libc:
        control(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    if _libc:
        control(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep other processes of this user from reading or tracing this one."""
    if _libc:
        control(_PR_SET_DUMPABLE, 0)


def gain_nothing() -> None:
    """Give up every privilege for good: the capabilities of root, and what programs give."""
    control(_PR_SET_NO_NEW_PRIVS, 1)
    _checked(_libc.capset(_CAPABILITY_HEADER, _NO_CAPABILITIES))


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


def kill_strays() -> None:
    """End every child and what it leaves behind: for a process that adopts orphans."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            strays = children() if pid == 0 else []
            if pid == 0 and not strays:
                return
            for stray in strays:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(stray, signal.SIGKILL)
            if strays:
                os.waitpid(-1, 0)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
