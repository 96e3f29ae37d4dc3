"""Seatbelt, the sandbox of macOS: a profile in its own language, entered by a fork for good.

Its C function is marked deprecated and has stayed for years. Memory has no limit there, so
the supervisor asks how much a run holds.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Iterable
from typing import Any

_RUSAGE_V2 = 2
_RUSAGE_BYTES = 512
_RESIDENT = struct.Struct("=Q")
_RESIDENT_AT = 16 + 6 * 8

IS_MACOS = sys.platform == "darwin"


def profile(readable: Iterable[str], listed: Iterable[str], writable: str) -> str:
    """All is refused but reading, listing and, beneath `writable`, writing."""
    lines = [
        *("(version 1)", "(deny default)", "(allow sysctl-read)", "(allow file-read-metadata)"),
        *("(allow signal (target self))", "(allow process-info* (target self))"),
        '(allow file-read* file-write-data (literal "/dev/null"))',
        *(f"(allow file-read* (subpath {_quote(path)}))" for path in readable),
        *(f"(allow file-read* (literal {_quote(path)}))" for path in listed),
    ]
    if writable:
        lines.append(f"(allow file-read* file-write* (subpath {_quote(writable)}))")
    return "\n".join(lines)


def enter(text: str) -> None:
    """Put this process under a profile; raises OSError."""
    error = ctypes.c_char_p()
    if _library().sandbox_init(text.encode(), ctypes.c_uint64(0), ctypes.byref(error)) != 0:
        raise OSError((error.value or b"sandbox_init failed").decode(errors="replace"))


def resident_bytes(pid: int) -> int:
    """The memory that a process holds; 0 where it cannot be told."""
    if not IS_MACOS:
        return 0
    usage = ctypes.create_string_buffer(_RUSAGE_BYTES)
    if _library().proc_pid_rusage(pid, _RUSAGE_V2, usage) != 0:
        return 0
    return int(_RESIDENT.unpack_from(usage, _RESIDENT_AT)[0])


def _library() -> Any:
    return ctypes.CDLL("/usr/lib/libSystem.dylib")


def _quote(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
