"""Forks one run, watches it from outside, and leaves nothing of it alive.

The watching half never trusts the run: it reads with caps, ends the run at its
wall-clock deadline, and kills whatever is left of it before the reply goes out.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from . import child, linux
from .report import NONCE_BYTES, Report, split
from .trial import Enter
from .usage import Usage
from .wire import End, Request

_KEPT_STDOUT_BYTES = 64 << 10
_POLL_MS = 5
Runner = Callable[[dict[str, Any], bool, Report], int]


class _Drain:
    """The reading end of one pipe: counts everything, keeps the beginning."""

    def __init__(self, end: End, limit: int, n_kept: int) -> None:
        self.end = end
        self.fd, self.write_fd = os.pipe()
        os.set_blocking(self.fd, False)
        self.kept = bytearray()
        self._left, self._n_kept = limit, n_kept

    def read(self) -> bool:
        """Take what is there; False when there is nothing more to wait for."""
        try:
            part = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return False
        self._left -= len(part)
        self.kept += part[: max(0, self._n_kept - len(self.kept))]
        return bool(part)

    @property
    def is_over(self) -> bool:
        return self._left < 0

    def close(self) -> None:
        os.close(self.fd)


class _Child:
    """The forked process: whether it ended, how, and what it used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exit_fd = linux.exit_fd(pid)
        self._result: tuple[int, float] | None = None

    def has_ended(self) -> bool:
        """Ask without waiting, where there is no descriptor to wait on."""
        return self._wait(os.WNOHANG) is not None

    def finish(self) -> tuple[int, float]:
        """Kill the process group, then the exit code (negative: signal) and CPU seconds."""
        # Until it is waited for, its number cannot belong to anybody else.
        for kill in (os.killpg, os.kill) if self._result is None else (os.killpg,):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)
        result = self._wait(0)
        if self.exit_fd >= 0:
            os.close(self.exit_fd)
        assert result is not None
        return result

    def _wait(self, options: int) -> tuple[int, float] | None:
        if self._result is None:
            pid, status, usage = os.wait4(self.pid, options)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self._result = code, usage.ru_utime + usage.ru_stime
        return self._result


class Service(NamedTuple):
    """What all runs of a server share."""

    runner: Runner
    enter: Enter
    scratch: str

    def run(self, request: Request) -> dict[str, Any]:
        """Do one run in a fork and describe what became of it."""
        nonce = os.urandom(NONCE_BYTES)
        stdout = _Drain(End.STDOUT, request["stdout_bytes"], _KEPT_STDOUT_BYTES)
        report = _Drain(End.REPORT, request["report_bytes"], request["report_bytes"])
        began = time.monotonic()
        server_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            pipes = stdout.write_fd, report.write_fd
            origin = child.Origin(server_pid, *pipes, self.enter, self.scratch)
            _be_the_run(request, self.runner, nonce, origin)
        os.close(stdout.write_fd)
        os.close(report.write_fd)
        process = _Child(pid)
        usage = Usage(pid, request["memory_bytes"], self.scratch, request["scratch_bytes"])
        end = _watch(process, (stdout, report), usage, began + request["wall_s"])
        exit_code, cpu_s = process.finish()
        wall_s = time.monotonic() - began
        linux.kill_strays()
        end = _read_rest((stdout, report), usage, end)
        records, is_clean = split(bytes(report.kept), nonce)
        return {
            "end": end,
            "exit_code": exit_code,
            "records": records,
            "is_clean": is_clean,
            "stdout": stdout.kept.decode("utf-8", "replace"),
            "wall_s": wall_s,
            "cpu_s": cpu_s,
        }


def _be_the_run(request: Request, runner: Runner, nonce: bytes, origin: child.Origin) -> None:
    leave = os._exit
    try:
        child.settle(request, origin)
        child.start_clock(request["cpu_s"])
        status = runner(request["job"], request["traces"], Report(child.REPORT_FD, nonce))
    except BaseException:  # noqa: BLE001 - a fork must never return into its server
        leave(70)
    leave(status)


def _watch(process: _Child, drains: tuple[_Drain, _Drain], usage: Usage, deadline: float) -> End:
    poller = select.poll()
    readers = {drain.fd: drain for drain in drains}
    for fd in (*readers, process.exit_fd):
        if fd >= 0:
            poller.register(fd, select.POLLIN)
    polls = usage.is_polled or process.exit_fd < 0
    while (left_s := deadline - time.monotonic()) > 0:
        left_ms = left_s * 1000 + 1
        ready = [fd for fd, _ in poller.poll(min(left_ms, _POLL_MS) if polls else left_ms)]
        for fd in ready:
            if fd in readers and not readers[fd].read():
                poller.unregister(fd)
        for excess in (*drains, usage):
            if excess.is_over:
                return excess.end
        if process.exit_fd in ready or (process.exit_fd < 0 and process.has_ended()):
            return End.EXIT
    return End.WALL


def _read_rest(drains: tuple[_Drain, _Drain], usage: Usage, end: End) -> End:
    """Empty the pipes, whose writers are dead, and close them."""
    for drain in drains:
        while not drain.is_over and drain.read():
            pass
        drain.close()
        if drain.is_over and end is End.EXIT:
            end = drain.end
    return usage.end if end is End.EXIT and usage.has_too_many_files else end
