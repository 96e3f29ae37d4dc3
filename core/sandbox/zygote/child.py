"""Turns a fresh fork into the process that runs code under test.

Order matters: own session, descriptors, folder, limits, confinement, an empty
environment; only then does anything of the run happen.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import random
import resource
import signal
import sys
from typing import NamedTuple

from . import linux
from .trial import Enter
from .wire import Request

REPORT_FD = 3
_FILE_BYTES = 1 << 20
_N_FILES = 64
_MAX_FD = 1 << 10


class Origin(NamedTuple):
    """What a run takes over from its server."""

    server_pid: int
    stdout_fd: int
    report_fd: int
    enter: Enter
    scratch: str


def settle(request: Request, origin: Origin) -> None:
    """Make this process the run's own; afterwards it holds nothing of the server's."""
    os.setsid()
    linux.die_with_parent()
    if os.getppid() != origin.server_pid:
        os._exit(1)
    _take_descriptors(origin.stdout_fd, origin.report_fd)
    os.chdir(request["folder"])
    _limit(request)
    writes = request["scratch_bytes"] > 0
    origin.enter(writes)
    # Only now: the rules that were entered are descriptors, too.
    os.closerange(REPORT_FD + 1, _MAX_FD)
    os.environ.clear()
    temporary = origin.scratch if writes else request["folder"]
    os.environ.update({"LANG": "C.UTF-8", "TZ": "UTC", "TMPDIR": temporary})
    # The standard library reseeds on fork; a verdict must not depend on luck.
    random.seed(0)
    gc.enable()


def start_clock(cpu_s: float) -> None:
    """From here on the run may use `cpu_s` of CPU time, however busy the machine is."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _take_descriptors(stdout_fd: int, report_fd: int) -> None:
    os.dup2(stdout_fd, 1)
    os.dup2(stdout_fd, 2)
    os.dup2(report_fd, REPORT_FD, inheritable=False)
    sys.argv = ["program.py"]


def _limit(request: Request) -> None:
    # A second line behind the timer: code that ignores SIGPROF meets SIGKILL.
    cpu_s = math.ceil(request["cpu_s"]) + 1
    wanted = (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, request["memory_bytes"]),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_NOFILE, _N_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    )
    for kind, value in wanted:
        # Some systems refuse single limits; the wall clock and the caps still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
