"""Locks itself in and becomes another program: `launch.py WRITABLE [READABLE ...] -- COMMAND`.

For programs that a fork server cannot run, such as a Java virtual machine. Landlock holds the
files; a filter refuses sockets, signals to others and what else reaches out of the process. It
is a script of its own, started with an empty environment; it ends with `UNHELD` when it cannot
hold the program.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UNHELD = 97
_ZYGOTE = Path(__file__).with_name("zygote")
_SYSTEM = (
    *("/bin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/lib", "/usr/lib64"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/usr/share/zoneinfo"),
    *("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/cgroups"),
    *("/sys/fs/cgroup", "/sys/devices/system", "/sys/kernel/mm"),
    *("/dev/random", "/dev/urandom", "/dev/zero"),
)


def main(words: Sequence[str]) -> None:
    """Confine and exec; returns only by an exception or `UNHELD`."""
    end = words.index("--")
    places, command = words[:end], words[end + 1 :]
    try:
        _confine(places[0], places[1:])
    except (OSError, AttributeError) as error:
        sys.stderr.write(f"cannot be confined: {error}\n")
        sys.exit(UNHELD)
    os.execv(command[0], list(command))


def _confine(writable: str, readable: Sequence[str]) -> None:
    landlock, linux = _part("landlock"), _part("linux")
    if not landlock.version():
        raise OSError("this kernel offers no Landlock")
    rules = landlock.Ruleset()
    for path in (*_SYSTEM, *map(str, Path("/etc").glob("java*")), *readable):
        rules.allow(path, landlock.READ | landlock.Right.EXECUTE)
    rules.allow(os.devnull, landlock.USE_DEVICE)
    rules.allow(writable, landlock.WRITE)
    seccomp, code = _part("seccomp"), _filter()
    linux.gain_nothing()
    rules.enter()
    seccomp.install(code)


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
