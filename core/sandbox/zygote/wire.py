"""What client and fork server say to each other: JSON behind a length, and its words.

The client imports this module too, so both sides share one definition. The server
reads and writes plain file descriptors; the client puts deadlines around a socket.
"""

from __future__ import annotations

import json
import os
import struct
from enum import StrEnum
from typing import Any, TypedDict

HEADER = struct.Struct(">I")
WALLED = "walled"
"""Tells a server that it was started inside namespaces of its own."""
LOADING = -1
"""The case number of the record that says the program did not load."""


class ServerKind(StrEnum):
    """Which programs a server is warm for."""

    CASES = "cases"
    PYTEST = "pytest"


class Level(StrEnum):
    """What holds a run, as screens name it and rollouts keep it."""

    LANDLOCK = "landlock+seccomp"
    BWRAP = "bwrap+seccomp"
    SEATBELT = "seatbelt"
    SECCOMP = "unconfined (seccomp only)"
    """No network and no other process, but every file that the user may read."""
    RLIMITS = "unconfined (rlimits only)"

    @property
    def is_confined(self) -> bool:
        """Whether a run can reach neither files, network nor processes of others."""
        return self in (Level.LANDLOCK, Level.BWRAP, Level.SEATBELT)


class End(StrEnum):
    """What ended a run, as the server saw it."""

    EXIT = "exit"
    """The process ended by itself, or by a signal that the server did not send."""
    WALL = "wall"
    STDOUT = "stdout"
    REPORT = "report"
    FILES = "files"
    MEMORY = "memory"


class Request(TypedDict):
    """One run, as sent to a server."""

    folder: str
    """Existing folder the run works in."""
    cpu_s: float
    wall_s: float
    memory_bytes: int
    stdout_bytes: int
    report_bytes: int
    scratch_bytes: int
    """What the run may write into the scratch folder; 0: nothing anywhere."""
    traces: bool
    job: dict[str, Any]
    """What to run, in the words of the server's kind."""


def write(fd: int, message: object) -> None:
    """Send one message."""
    payload = json.dumps(message).encode()
    data = memoryview(HEADER.pack(len(payload)) + payload)
    while data:
        data = data[os.write(fd, data) :]


def read(fd: int) -> Any:
    """The next message, or None when the other side is gone."""
    header = _read_exactly(fd, HEADER.size)
    if header is None:
        return None
    payload = _read_exactly(fd, HEADER.unpack(header)[0])
    return None if payload is None else json.loads(payload)


def _read_exactly(fd: int, n_bytes: int) -> bytes | None:
    parts = []
    while n_bytes:
        part = os.read(fd, min(n_bytes, 1 << 20))
        if not part:
            return None
        parts.append(part)
        n_bytes -= len(part)
    return b"".join(parts)
