"""Landlock: which files a run may touch, whatever its user may.

A ruleset is made once, in the server; entering it in a fork is one call. Versions of the
kernel differ in what they can hold back; everything this one knows is held back, and a
rule gives parts of it to one file or folder.
"""

from __future__ import annotations

import ctypes
import os
import struct
from enum import IntFlag

from . import linux

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
_QUIET = 1
_NO_TCP = 0b11
_NO_FOREIGN_SOCKETS_AND_SIGNALS = 0b11
_VERSION_TCP, _VERSION_SCOPE, _VERSION_QUIET = 4, 6, 7


class Right(IntFlag):
    """What can be held back."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Right.READ_FILE | Right.READ_DIR
USE_DEVICE = Right.READ_FILE | Right.WRITE_FILE | Right.TRUNCATE
WRITE = USE_DEVICE | READ | Right.REMOVE_DIR | Right.REMOVE_FILE | Right.REFER
WRITE |= Right.MAKE_DIR | Right.MAKE_REG | Right.MAKE_SYM

_FOR_FILES = USE_DEVICE | Right.EXECUTE | Right.IOCTL_DEV
_SINCE = {Right.REFER: 2, Right.TRUNCATE: 3, Right.IOCTL_DEV: 5}


def version() -> int:
    """The kernel's version of Landlock; 0 when it has none."""
    try:
        return linux.call(_CREATE, None, 0, _GET_VERSION)
    except (OSError, AttributeError):
        return 0


def known_rights(version: int) -> Right:
    """What a version can hold back."""
    return Right(sum(right for right in Right if _SINCE.get(right, 1) <= version))


def describe(version: int) -> bytes:
    """The `landlock_ruleset_attr` of a version: files; then TCP; then sockets and signals."""
    words = [int(known_rights(version))]
    if version >= _VERSION_TCP:
        words.append(_NO_TCP)
    if version >= _VERSION_SCOPE:
        words.append(_NO_FOREIGN_SOCKETS_AND_SIGNALS)
    return struct.pack(f"={len(words)}Q", *words)


class Ruleset:
    """What stays allowed to those who enter; at first nothing. Raises OSError throughout."""

    def __init__(self) -> None:
        self._version = version()
        self._known = known_rights(self._version)
        attributes = describe(self._version)
        self._fd = linux.call(_CREATE, ctypes.c_char_p(attributes), len(attributes), 0)

    def allow(self, path: str, rights: Right) -> None:
        """Give rights to a file or to everything beneath a folder; a missing one is skipped."""
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            rights &= self._known if os.path.isdir(path) else self._known & _FOR_FILES
            rule = struct.pack("=Qi", rights, fd)
            linux.call(_ADD, self._fd, _PATH_BENEATH, ctypes.c_char_p(rule), 0)
        finally:
            os.close(fd)

    def enter(self) -> None:
        """Put this process, which must have given up privileges, under the rules."""
        linux.call(_RESTRICT, self._fd, _QUIET if self._version >= _VERSION_QUIET else 0)
