"""Runs a program of its own kind, such as a compiler or a test runner, and watches it from outside.

For what the fork servers cannot do. The program gets an empty environment but for what is
given, a session of its own and limits; at its end the whole session's group is killed.
"""

from __future__ import annotations

import math
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SandboxError

_POLL_S = 0.05
_KEPT_BYTES = 1 << 20
_MAX_FILE_BLOCKS = 1 << 18
"""Of 512 bytes: 128 MB a file."""
_LIMITED = 'ulimit -c 0; ulimit -f "$2"; ulimit -t "$1"; shift 2; exec "$@"'


@dataclass(frozen=True, slots=True)
class Command:
    """One program to run."""

    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    """At most what a pipe takes without a reader."""
    cpu_s: float | None = 60.0
    """Of any one of its processes, in whole seconds; None for a program that is trusted, which
    may write files of any size as well."""
    wall_s: float = 120.0
    output_bytes: int = 8 << 20
    """Of both its outputs; more ends it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How it ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    stdout: str
    stderr: str
    is_late: bool
    """Whether the wall clock ended it."""
    is_flood: bool
    """Whether it wrote too much."""
    wall_s: float
    cpu_s: float


def run(command: Command, is_over: Callable[[], bool] = lambda: False) -> Finished:
    """Run to the end, in this thread; `is_over` is asked again and again and ends it early."""
    began = time.monotonic()
    process = _start(command)
    outputs = [bytearray(), bytearray()]
    assert process.stdout is not None
    assert process.stderr is not None
    n_bytes, result = 0, None
    is_late = False
    with process.stdout, process.stderr, selectors.DefaultSelector() as selector:
        for stream, output in zip((process.stdout, process.stderr), outputs, strict=True):
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, output)
        while result is None:
            n_bytes += _read(selector, _POLL_S)
            is_late = time.monotonic() > began + command.wall_s
            if is_late or n_bytes > command.output_bytes or is_over():
                break
            result = _reap(process.pid, os.WNOHANG)
        _kill(process.pid)
        result = result or _reap(process.pid, 0)
        n_bytes += _read(selector, 0.0)
    assert result is not None
    process.returncode, cpu_s = result
    return Finished(
        exit_code=process.returncode,
        stdout=outputs[0].decode("utf-8", "replace"),
        stderr=outputs[1].decode("utf-8", "replace"),
        is_late=is_late,
        is_flood=n_bytes > command.output_bytes,
        wall_s=time.monotonic() - began,
        cpu_s=cpu_s,
    )


def _start(command: Command) -> subprocess.Popen[bytes]:
    limits = ["unlimited", "unlimited"]
    if command.cpu_s is not None:
        limits = [str(math.ceil(command.cpu_s)), str(_MAX_FILE_BLOCKS)]
    argv = ["/bin/sh", "-c", _LIMITED, "sh", *limits, *command.argv]
    try:
        process = subprocess.Popen(
            argv,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"{command.argv[0]} did not start: {error}") from error
    assert process.stdin is not None
    try:
        process.stdin.write(command.stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended before it read
    return process


def _read(selector: selectors.BaseSelector, wait_s: float) -> int:
    """Take what is there, keep the beginning; how many bytes there were."""
    n_bytes = 0
    for key, _ in selector.select(wait_s):
        try:
            part = os.read(key.fd, 1 << 16)
        except BlockingIOError:
            continue
        if not part:
            selector.unregister(key.fileobj)
        n_bytes += len(part)
        key.data.extend(part[: max(0, _KEPT_BYTES - len(key.data))])
    return n_bytes


def _reap(pid: int, options: int) -> tuple[int, float] | None:
    found, status, usage = os.wait4(pid, options)
    if not found:
        return None
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def _kill(pid: int) -> None:
    """End the group; its leader may have ended already, and then others may be left."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
