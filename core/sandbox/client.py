"""One fork server and the talk with it, under deadlines that do not depend on it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from core.errors import SandboxError
from core.sandbox.folders import Home
from core.sandbox.run import Limits
from core.sandbox.walls import walled
from core.sandbox.zygote.wire import HEADER, End, Level, Request, ServerKind

_PROGRAM = Path(__file__).with_name("zygote")
_ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"}
_START_S = 60.0
_GRACE_S = 3.0
# -I would ignore the hash seed. Cases get the standard library alone: no site-packages,
# so no file of the engine is a module to them.
_FLAGS = {ServerKind.CASES: ("-S", "-s", "-P", "-B"), ServerKind.PYTEST: ("-s", "-P", "-B")}


@dataclass(frozen=True, slots=True)
class Errand:
    """One run to be made."""

    kind: ServerKind
    job: Mapping[str, object]
    """What to run, in the words of the server's kind."""
    limits: Limits
    traces: bool
    files: tuple[tuple[str, str], ...] = ()
    """Path and text of what the run's folder holds."""


class WorkerLost(Exception):
    """The server died, froze or spoke nonsense; the run it had says nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server saw of one run."""

    end: End
    exit_code: int
    """Negative: the signal that ended the process."""
    records: tuple[str, ...]
    """JSON, written by the run itself: hostile."""
    is_clean: bool
    """Whether the report pipe carried nothing but records with the nonce."""
    stdout: str
    wall_s: float
    cpu_s: float


class Hello(msgspec.Struct, frozen=True):
    """What a server says once it is warm."""

    level: Level
    lacks: tuple[str, ...] = ()
    """Why it is not a better level."""


class Worker:
    """A fork server of one kind; asked by one thread at a time, killed by any."""

    def __init__(self, kind: ServerKind, home: Home, *, is_walled: bool = False) -> None:
        """Starts the process; raises SandboxError when there is no program to start."""
        self.home = home
        self.hello = Hello(Level.RLIMITS)
        """What it said of itself, known after `greet`."""
        self.is_up = False
        """Whether it has said it."""
        self._socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = self._spawn(_command(kind, home, is_walled), theirs)
            except OSError as error:
                self._socket.close()
                raise SandboxError(f"the test server did not start: {error}") from error

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def greet(self) -> None:
        """Wait until the server is warm; raises SandboxError when it does not come up."""
        try:
            said = self._receive(time.monotonic() + _START_S)
            self.hello, self.is_up = msgspec.json.decode(said, type=Hello), True
        except (WorkerLost, msgspec.DecodeError) as error:
            reason = self.home.errors.read_text(errors="replace").strip().rpartition("\n")[2]
            raise SandboxError(f"the test server did not start: {reason or error}") from error

    def ask(self, request: Request) -> Reply:
        """Have one run made; raises WorkerLost, after which the worker must be closed."""
        deadline = time.monotonic() + request["wall_s"] + _GRACE_S
        payload = json.dumps(request).encode()
        try:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.sendall(HEADER.pack(len(payload)) + payload)
            reply: Reply = msgspec.json.decode(self._receive(deadline), type=Reply)
            return _without_place(reply, request["folder"])
        except (OSError, msgspec.DecodeError) as error:
            raise WorkerLost(str(error)) from error

    def kill(self) -> None:
        """End the process at once; whoever waits for its answer is told."""
        self._process.kill()

    def close(self) -> None:
        """End the process, wait for it and give its descriptors back."""
        self._process.kill()
        self._process.wait()
        self._socket.close()

    def _spawn(self, command: list[str], theirs: socket.socket) -> subprocess.Popen[bytes]:
        with self.home.errors.open("ab") as errors:
            return subprocess.Popen(
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=self.home.folder,
                env=_ENVIRONMENT,
                start_new_session=True,
            )

    def _receive(self, deadline: float) -> bytes:
        n_bytes: int = HEADER.unpack(self._receive_exactly(HEADER.size, deadline))[0]
        return self._receive_exactly(n_bytes, deadline)

    def _receive_exactly(self, n_bytes: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while n_bytes:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise WorkerLost("no answer in time")
            self._socket.settimeout(left_s)
            try:
                part = self._socket.recv(min(n_bytes, 1 << 20))
            except OSError as error:
                raise WorkerLost(str(error)) from error
            if not part:
                raise WorkerLost("the server is gone")
            parts.append(part)
            n_bytes -= len(part)
        return b"".join(parts)


def _without_place(reply: Reply, folder: str) -> Reply:
    """The reply with the run's folder taken out of every path: equal runs then read equal."""
    place = json.dumps(folder)[1:-1]
    return replace(
        reply,
        stdout=reply.stdout.replace(f"{folder}/", "").replace(folder, "."),
        records=tuple(
            record.replace(f"{place}/", "").replace(place, ".") for record in reply.records
        ),
    )


def _command(kind: ServerKind, home: Home, is_walled: bool) -> list[str]:
    places = [os.fspath(place) for place in (home.folder, home.scratch, home.canary)]
    command = [sys.executable, *_FLAGS[kind], os.fspath(_PROGRAM), kind.value, *places]
    return (walled(command, kind, home.folder) if is_walled else None) or command


def make_request(folder: Path, errand: Errand) -> Request:
    """A run in the words of the wire."""
    limits = errand.limits
    return Request(
        folder=os.fspath(folder),
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        memory_bytes=limits.memory_bytes,
        stdout_bytes=limits.stdout_bytes,
        report_bytes=limits.report_bytes,
        scratch_bytes=limits.scratch_bytes,
        traces=errand.traces,
        job=dict(errand.job),
    )
