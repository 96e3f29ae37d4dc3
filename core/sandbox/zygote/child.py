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

from . import confine, linux
from .wire import Request

REPORT_FD = 3
_FILE_BYTES = 1 << 20
_N_FILES = 64


def settle(request: Request, server_pid: int, stdout_fd: int, report_fd: int) -> None:
    """Make this process the run's own; afterwards it holds nothing of the server's."""
    os.setsid()
    linux.die_with_parent()
    if os.getppid() != server_pid:
        os._exit(1)
    _take_descriptors(stdout_fd, report_fd)
    os.chdir(request["folder"])
    _limit(request)
    confine.apply(request["folder"])
    os.environ.clear()
    os.environ.update({"LANG": "C.UTF-8", "TMPDIR": request["folder"]})
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
    os.closerange(REPORT_FD + 1, 256)
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
    )
    for kind, value in wanted:
        # Some systems refuse single limits; the wall clock and the caps still hold.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))
