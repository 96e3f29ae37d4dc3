"""Starts another program under bounds and looks after it: `launch.py BOUNDS COMMAND...`.

For programs that a fork server cannot run, such as a Java virtual machine. The process splits:
one half locks itself in and becomes the program, the other adopts whatever it leaves behind and
ends it. It is a script of its own, started with an empty environment; `BOUNDS` is JSON. It ends
as the program did, as a shell tells it, or with `UNHELD` when it could not hold it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypedDict

UNHELD = 97
_ZYGOTE = Path(__file__).with_name("zygote")
_OF_MACHINE = (
    *("/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/sys/devices/system/cpu"),
    "/usr/lib/locale",
)
"""What a virtual machine asks to size itself, and how text is written."""
_N_FILES = 256


class Bounds(TypedDict):
    """What a program may use."""

    level: str
    """In the words of `wire.Level`: with Landlock, with the filter of system calls alone, or
    with limits alone."""
    programs: list[str]
    """Files that may be executed, the program itself among them."""
    readable: list[str]
    """Files, and folders with all that is in them, beside the libraries of the system."""
    writable: str
    """A folder."""
    cpu_s: int
    memory_bytes: int
    """Of data, whoever asks for it: heap, stacks of threads, buffers. Not what is mapped."""
    file_bytes: int
    """Of any one file."""


def main(words: Sequence[str]) -> NoReturn:
    """Start the program, wait for its end, end what is left of it."""
    bounds: Bounds = json.loads(words[0])
    linux = _part("linux")
    linux.die_with_parent()
    linux.adopt_orphans()
    pid = os.fork()
    if pid == 0:
        _become(bounds, words[1:])
    _kill_when_asked(pid)
    _, status = os.waitpid(pid, 0)
    linux.kill_strays()
    code = os.waitstatus_to_exitcode(status)
    sys.exit(code if code >= 0 else 128 - code)


def _kill_when_asked(pid: int) -> None:
    def kill(number: int, frame: FrameType | None) -> None:
        del number, frame
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGTERM, kill)


def _become(bounds: Bounds, command: Sequence[str]) -> NoReturn:
    try:
        _part("linux").die_with_parent()
        os.setsid()
        _limit(bounds)
        _confine(bounds)
        os.execv(command[0], list(command))
    except (OSError, AttributeError, ValueError) as error:
        sys.stderr.write(f"{command[0]}: {error}\n")
        sys.stderr.flush()
    finally:
        os._exit(UNHELD)


def _limit(bounds: Bounds) -> None:
    limits = (
        (resource.RLIMIT_CPU, bounds["cpu_s"]),
        (resource.RLIMIT_DATA, bounds["memory_bytes"]),
        (resource.RLIMIT_FSIZE, bounds["file_bytes"]),
        (resource.RLIMIT_NOFILE, _N_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in limits:
        # Some systems refuse single limits; the wall clock still holds.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _confine(bounds: Bounds) -> None:
    level = _part("wire").Level
    if bounds["level"] == level.RLIMITS:
        return
    code, linux = _filter(), _part("linux")
    if bounds["level"] == level.LANDLOCK:
        rules = _rules(bounds)
        linux.gain_nothing()
        rules.enter()
    else:
        linux.gain_nothing()
    _part("seccomp").install(code)


def _rules(bounds: Bounds) -> Any:
    landlock, paths = _part("landlock"), _part("paths")
    if not landlock.version():
        raise OSError("this kernel offers no Landlock")
    rules = landlock.Ruleset()
    for path in (*paths.system(), *_OF_MACHINE, *map(str, _settings()), *bounds["readable"]):
        rules.allow(path, landlock.READ)
    for path in (*bounds["programs"], *filter(_is_loader, paths.mapped())):
        rules.allow(path, landlock.READ | landlock.Right.EXECUTE)
    rules.allow(bounds["writable"], landlock.WRITE)
    rules.allow(os.devnull, landlock.USE_DEVICE)
    return rules


def _settings() -> Iterator[Path]:
    """Where systems keep the settings of a virtual machine outside its own folder."""
    return Path("/etc").glob("java*")


def _is_loader(path: str) -> bool:
    """The kernel starts a program by way of it."""
    return os.path.basename(path).startswith("ld-")


def _filter() -> bytes:
    syscalls, seccomp = _part("syscalls"), _part("seccomp")
    machine = syscalls.MACHINES.get(os.uname().machine)
    if machine is None:
        raise OSError(f"no table of system calls for {os.uname().machine}")
    # The number stays when another program takes this process over.
    code: bytes = seccomp.build_for_programs(machine).bound_to(os.getpid())
    return code


def _part(name: str) -> Any:
    """A module of the fork server's package, which the engine's own path must not lead to."""
    package = "gemel_zygote"
    if package not in sys.modules:
        found = importlib.util.spec_from_file_location(
            package, _ZYGOTE / "__init__.py", submodule_search_locations=[str(_ZYGOTE)]
        )
        assert found is not None
        sys.modules[package] = importlib.util.module_from_spec(found)
    return importlib.import_module(f"{package}.{name}")


if __name__ == "__main__":
    main(sys.argv[1:])
