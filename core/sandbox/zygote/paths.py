"""What a run may read beside its own folder: the interpreter and its libraries.

Packages that are installed beside gemel are readable where tests may import them; gemel's
own never are, since they hold right answers. Rules give whole trees and cannot take parts
of them back, so folders that packages may live in are given entry by entry.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator

from .wire import ServerKind

OWN = ("core", "tui", "themes")
SYSTEM = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32")
PACKAGES = ("site-packages", "dist-packages")
_FILES = (
    *("/usr/share/zoneinfo", "/etc/ld.so.cache", "/dev/random", "/dev/urandom", "/dev/zero"),
    *("/System/Library", "/Library/Frameworks", "/private/var/db/dyld"),
)


def readable(kind: ServerKind) -> list[str]:
    """Files, and folders with all that is in them."""
    found = set(system())
    for folder in standard_library():
        found.update(_entries(folder, PACKAGES))
    if kind is ServerKind.PYTEST:
        for folder in packages():
            found.update(_entries(folder, OWN, "gemel"))
    return outermost(path for path in found if os.path.exists(path))


def system() -> Iterator[str]:
    """Of those, what any program needs: shared libraries and a few files beside them."""
    yield from _FILES
    yield from _libraries()


def outermost(paths: Iterable[str]) -> list[str]:
    """Sorted, without what lies beneath another of them."""
    kept: list[str] = []
    for path in sorted(paths, key=lambda path: path.split("/")):
        if not (kept and path.startswith(f"{kept[-1]}/")):
            kept.append(path)
    return kept


def listed(kind: ServerKind) -> list[str]:
    """Folders whose names may be listed, as an import does; the files need more."""
    folders = {*standard_library(), *(packages() if kind is ServerKind.PYTEST else ())}
    return sorted(filter(os.path.isdir, folders))


def standard_library() -> set[str]:
    """Where the modules of the interpreter are."""
    return {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}


def packages() -> set[str]:
    """Where further packages are installed."""
    return {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}


def mapped() -> Iterable[str]:
    """The libraries that this process has loaded, and what loaded them."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return ()
    return {line[line.index("/") :] for line in lines if ".so" in line and "/" in line}


def _libraries() -> Iterator[str]:
    """Shared libraries beside those that are loaded, wherever a system keeps them."""
    beside = {os.path.join(sys.base_exec_prefix, "lib"), *map(os.path.dirname, mapped())}
    for folder in {*SYSTEM, *beside}:
        for path in _entries(folder):
            if any(mark in os.path.basename(path) for mark in (".so", "-linux-")):
                yield path


def _entries(folder: str, unwanted: Iterable[str] = (), prefix: str = "\0") -> Iterator[str]:
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name not in unwanted and not name.startswith(prefix):
            yield os.path.join(folder, name)
