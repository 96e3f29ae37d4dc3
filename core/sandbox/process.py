"""Runs a program of its own kind, such as a compiler or a test runner, and watches it from outside.

For what the fork servers cannot do. The program gets an empty environment but for what is
given, and a session of its own; at its end the whole session's group is killed. Code that is
not trusted is started by way of `launch`, which holds it.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import SandboxError
from core.sandbox.zygote.usage import exceeds

_POLL_S = 0.05
_GRACE_POLL_S = 0.005
_KEPT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """One program to run."""

    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    """At most what a pipe takes without a reader."""
    wall_s: float = 120.0
    output_bytes: int = 8 << 20
    """Of both its outputs; more ends it."""
    written: Path | None = None
    """A folder that it may write into, and which is looked at until its end."""
    written_bytes: int = 0
    """Of all that folder holds; more ends it."""
    grace_s: float = 0.0
    """How long it may take to end when it is asked to, before it is killed."""


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
    """Whether it said too much."""
    is_full: bool
    """Whether it wrote too much into its folder."""
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
    is_late = is_full = False
    with process.stdout, process.stderr, selectors.DefaultSelector() as selector:
        for stream, output in zip((process.stdout, process.stderr), outputs, strict=True):
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ, output)
        while result is None:
            n_bytes += _read(selector, _POLL_S)
            is_late = time.monotonic() > began + command.wall_s
            is_full = _is_full(command)
            if is_late or is_full or n_bytes > command.output_bytes or is_over():
                result = _ask_to_end(process.pid, command.grace_s)
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
        is_full=is_full or _is_full(command),
        wall_s=time.monotonic() - began,
        cpu_s=cpu_s,
    )


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        process = subprocess.Popen(
            command.argv,
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


def _is_full(command: Command) -> bool:
    folder = command.written
    return folder is not None and exceeds(os.fspath(folder), command.written_bytes)


def _ask_to_end(pid: int, grace_s: float) -> tuple[int, float] | None:
    """None when it does not end in time."""
    deadline = time.monotonic() + grace_s
    if grace_s > 0:
        os.kill(pid, signal.SIGTERM)
    result = None
    while result is None and time.monotonic() < deadline:
        time.sleep(_GRACE_POLL_S)
        result = _reap(pid, os.WNOHANG)
    return result


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
