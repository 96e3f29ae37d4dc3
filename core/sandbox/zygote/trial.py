"""Tries a confinement out in a fork of its own: what must be impossible, and what must work."""

from __future__ import annotations

import _thread
import os
import socket
from collections.abc import Callable
from typing import NamedTuple

Enter = Callable[[bool], None]


class Place(NamedTuple):
    """Where a server and its runs are."""

    home: str
    """Holds the folder of the run under way; runs may read it."""
    scratch: str
    """The folder that runs which ask for it may write to."""
    canary: str
    """A file that no run may read or write."""


def find_leak(enter: Enter, place: Place, *, holds_files: bool) -> str:
    """What a fork under the confinement could do, or could not, against the promise."""
    reader, writer = os.pipe()
    server_pid, pid = os.getpid(), os.fork()
    if pid == 0:
        said = "it could not be entered"
        try:
            said = _try_all(enter, place, server_pid, holds_files)
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read().decode()
    _, status = os.waitpid(pid, 0)
    return said or ("" if status == 0 else f"a process under it ended with status {status}")


def _try_all(enter: Enter, place: Place, server_pid: int, holds_files: bool) -> str:
    enter(False)
    impossible = _on_others(server_pid) | (_on_files(place) if holds_files else {})
    for name, act in impossible.items():
        if _succeeds(act):
            return f"a run could {name}"
    for name, act in _needed(place).items():
        if not _succeeds(act):
            return f"a run could not {name}"
    return ""


def _succeeds(act: Callable[[], object]) -> bool:
    try:
        act()
    except (OSError, RuntimeError):
        return False
    return True


def _on_others(server_pid: int) -> dict[str, Callable[[], object]]:
    return {
        "signal its server": lambda: os.kill(server_pid, 0),
        "open a socket": lambda: socket.socket(socket.AF_INET).close(),
        "start a process": _start_process,
        "run a program": lambda: os.execv("/bin/sh", ["sh", "-c", "exit 3"]),
    }


def _on_files(place: Place) -> dict[str, Callable[[], object]]:
    return {
        "read a file outside": lambda: os.open(place.canary, os.O_RDONLY),
        "write a file outside": lambda: os.open(place.canary, os.O_WRONLY),
        "read a file of the system": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write into its folder": lambda: os.open(f"{place.home}/x", os.O_WRONLY | os.O_CREAT),
        "write into the scratch folder": lambda: os.mkdir(f"{place.scratch}/x"),
    }


def _needed(place: Place) -> dict[str, Callable[[], object]]:
    return {
        "read the standard library": lambda: os.open(os.__file__, os.O_RDONLY),
        "list its folder": lambda: os.listdir(place.home),
        "start a thread": lambda: _thread.start_new_thread(int, ()),
        "open the null device": lambda: os.open(os.devnull, os.O_RDWR),
    }


def _start_process() -> None:
    if os.fork() == 0:
        os._exit(0)
