"""Runs the real program as a process of its own, as a user's shell does."""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = [sys.executable, "-m", "tui.cli"]
_FORKS = Path(__file__).with_name("forks.py")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


def gemel(
    workspace: Path, *words: str, timeout_s: float = 120.0, uid: int | None = None
) -> Outcome:
    """Run a command to its end; for root also as another user."""
    request = {
        "words": [*words, "--workspace", str(workspace)],
        "environ": dict(os.environ),
        "cwd": str(Path.cwd()),
        "uid": uid,
    }
    asking = _forks()
    asking.settimeout(timeout_s)
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        text = json.dumps(request).encode() + b"\n"
        socket.send_fds(asking, [text], [out.fileno(), err.fileno()])
        try:
            code = int(asking.recv(64))
        except TimeoutError:
            _forks.cache_clear()  # that one is still busy
            raise
        out.seek(0)
        err.seek(0)
        return Outcome(code, out.read(), err.read())


def start_gemel(workspace: Path, *words: str) -> subprocess.Popen[str]:
    """Start a command that a test will end."""
    return subprocess.Popen(
        [*_PROGRAM, *words, "--workspace", str(workspace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@functools.cache
def _forks() -> socket.socket:
    """The process that commands are forked from, as the socket to it; it ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(_FORKS)], stdin=theirs.fileno(), env=_environ()
        )
    atexit.register(_end, process, ours)
    return ours


def _environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(_FORKS.parents[2])}


def _end(process: subprocess.Popen[bytes], ours: socket.socket) -> None:
    ours.close()
    process.kill()
    process.wait()
