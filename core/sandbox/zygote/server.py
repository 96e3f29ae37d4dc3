"""The serving loop: one request, one fork, one reply, until the client hangs up."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys

from . import confine, linux, supervise, wire
from .supervise import Runner
from .trial import Place

_PRELOADED = (
    "abc bisect cmath collections collections.abc copy dataclasses datetime decimal enum "
    "fractions functools heapq io itertools json math numbers operator random re statistics "
    "string struct textwrap time types typing"
)
"""What programs commonly import: paid once here instead of once per run."""


def serve(name: str, home: str, scratch: str, canary: str, *marks: str) -> None:
    """Answer requests on descriptor 0, a socket, until its other end is closed."""
    fd = _take_wire()
    linux.die_with_parent()
    linux.adopt_orphans()
    linux.hide_memory()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    sys.stdout.reconfigure(  # type: ignore[union-attr]
        encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
    kind = wire.ServerKind(name)
    runner = _runner(kind)
    place = Place(home, scratch, canary)
    confinement = confine.prepare(kind, place, is_walled=wire.WALLED in marks)
    gc.collect()
    # A frozen heap keeps its pages shared: a collection in the fork would copy them all.
    gc.freeze()
    gc.disable()
    wire.write(fd, {"level": confinement.level, "lacks": confinement.lacks})
    service = supervise.Service(runner, confinement.enter, scratch)
    while (request := wire.read(fd)) is not None:
        wire.write(fd, service.run(request))


def _take_wire() -> int:
    """Move the socket away from the descriptors that every run replaces."""
    fd = os.dup(0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return fd


def _runner(kind: wire.ServerKind) -> Runner:
    for name in _PRELOADED.split():
        importlib.import_module(name)
    module = "cases" if kind is wire.ServerKind.CASES else "pytests"
    runner: Runner = importlib.import_module(f"{__package__}.{module}").run
    return runner
