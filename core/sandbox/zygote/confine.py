"""The place of confinement: what holds a run is made ready here once, and entered per fork.

Forks enter after their folder, descriptors and limits are set and before any code under
test runs. A level is only claimed when a fork of the server that entered it tried what
must be impossible, and failed.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from typing import NamedTuple

from . import landlock, linux, macos, paths, seccomp
from .syscalls import MACHINES
from .trial import Enter, Place, find_leak
from .wire import Level, ServerKind


class Confinement(NamedTuple):
    """What is in force for every run of a server."""

    level: Level
    enter: Enter
    """Lock this process in; True leaves it the scratch folder to write to."""
    lacks: tuple[str, ...] = ()
    """Why it is not a better level."""


def prepare(kind: ServerKind, place: Place, *, is_walled: bool) -> Confinement:
    """The best level that this machine can truly give.

    A walled server stands in namespaces that hide all files which its runs may not read.
    """
    lacks: list[str] = []
    for level, make in _ladder(is_walled):
        try:
            enter = make(kind, place)
            leak = find_leak(enter, place, holds_files=level is not Level.SECCOMP)
        except (OSError, AttributeError) as error:
            leak = str(error)
        if not leak:
            return Confinement(level, enter, tuple(lacks))
        lacks.append(f"{level}: {leak}")
    return Confinement(Level.RLIMITS, _nothing, tuple(lacks))


def _ladder(is_walled: bool) -> list[tuple[Level, Callable[[ServerKind, Place], Enter]]]:
    if macos.IS_MACOS:
        return [(Level.SEATBELT, _seatbelt)]
    filtered = Level.BWRAP if is_walled else Level.SECCOMP
    return [(Level.LANDLOCK, _landlock_and_seccomp), (filtered, _seccomp)]


def _landlock_and_seccomp(kind: ServerKind, place: Place) -> Enter:
    if not landlock.version():
        raise OSError("this kernel offers no Landlock")
    rules = _rules(kind, place)
    filters = _filters()

    def enter(writes: bool) -> None:
        linux.gain_nothing()
        # Few runs write: theirs are made when they are needed.
        (_rules(kind, place, place.scratch) if writes else rules).enter()
        seccomp.install(filters[writes].bound_to(os.getpid()))

    return enter


def _seccomp(kind: ServerKind, place: Place) -> Enter:
    del kind, place
    filters = _filters()

    def enter(writes: bool) -> None:
        linux.gain_nothing()
        seccomp.install(filters[writes].bound_to(os.getpid()))

    return enter


def _seatbelt(kind: ServerKind, place: Place) -> Enter:
    readable, listed = [*paths.readable(kind), place.home], paths.listed(kind)
    texts = {
        writes: macos.profile(readable, listed, place.scratch if writes else "")
        for writes in (False, True)
    }
    return lambda writes: macos.enter(texts[writes])


def _nothing(writes: bool) -> None:
    del writes


def _rules(kind: ServerKind, place: Place, writable: str = "") -> landlock.Ruleset:
    rules = landlock.Ruleset()
    for path in paths.readable(kind):
        rules.allow(path, landlock.READ)
    for path in paths.listed(kind):
        rules.allow(path, landlock.Right.READ_DIR)
    rules.allow(place.home, landlock.READ)
    rules.allow(os.devnull, landlock.USE_DEVICE)
    if writable:
        rules.allow(writable, landlock.WRITE)
    return rules


def _filters() -> dict[bool, seccomp.Filter]:
    name = os.uname().machine
    if struct.calcsize("P") != 8 or name not in MACHINES:
        raise OSError(f"no table of system calls for {name}")
    return {writes: seccomp.build(MACHINES[name], writes=writes) for writes in (False, True)}
