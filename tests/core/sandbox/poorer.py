"""Machines that can do less: threads whose servers find parts of the kernel missing.

A filter is put on the thread alone; whatever it starts inherits it, and sees a kernel
without Landlock, or one that takes no filters.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

from core.sandbox.zygote import linux, seccomp

_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_PRCTL = {"x86_64": 157, "aarch64": 167}
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_LANDLOCK = (444, 445, 446)
_MISSING = 0x00050000 | errno.ENOSYS


def without(*, landlock: bool = False, filters: bool = False) -> Callable[[int], Executor]:
    """An executor factory whose threads lack the named parts."""
    steps = [(_LOAD, 0, 0, 0)]
    for number in _LANDLOCK if landlock else ():
        steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _MISSING)]
    if filters:
        steps += [(_IF_EQUAL, 0, 4, _PRCTL[platform.machine()]), (_LOAD, 0, 0, 16)]
        steps += [(_IF_EQUAL, 0, 1, _PR_SET_SECCOMP), (_RETURN, 0, 0, _MISSING)]
        steps += [(_RETURN, 0, 0, seccomp.ALLOW)]
    steps += [(_RETURN, 0, 0, seccomp.ALLOW)]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)

    def begin() -> None:
        linux.control(_PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(code)

    return lambda n: ThreadPoolExecutor(n, initializer=begin)
