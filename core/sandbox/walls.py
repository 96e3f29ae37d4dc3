"""bubblewrap around a fork server: namespaces in which other files do not exist.

For kernels without Landlock. It needs user namespaces, which some systems refuse to plain
users; then the server does not come up and the sandbox is as it would be without.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.sandbox.zygote import paths
from core.sandbox.zygote.wire import WALLED, ServerKind

_PROGRAM = "bwrap"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def walled(command: list[str], kind: ServerKind, home: Path) -> list[str] | None:
    """The command of a server inside walls of its own; None where they cannot be had."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return None
    fixed = ["--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc"]
    devices = [word for path in _DEVICES for word in ("--dev-bind", path, path)]
    server = {str(Path(sys.prefix) / "pyvenv.cfg"), *map(str, _links(Path(sys.executable)))}
    server |= {word for word in command if Path(word).is_dir()}
    scratch = str(home / "scratch")
    places = ["--ro-bind", str(home), str(home), "--bind", scratch, scratch]
    words = [*devices, *_bound(server), *_python(kind), *places, "--chdir", str(home)]
    return [program, *fixed, *words, *command, WALLED]


def _python(kind: ServerKind) -> list[str]:
    """The readable files in few mounts, each of which is dear: whole folders, then covers."""
    library, packages = sorted(paths.standard_library()), sorted(paths.packages())
    folders = [*library, *packages, *_DEVICES]
    others = [path for path in paths.readable(kind) if not path.startswith(tuple(folders))]
    words = _bound([*others, *library])
    words += _covered(f"{folder}/{name}" for folder in library for name in paths.PACKAGES)
    if kind is ServerKind.PYTEST:
        words += _bound(packages)
        words += _covered(f"{folder}/{name}" for folder in packages for name in paths.OWN)
    return words


def _bound(places: Iterable[str]) -> list[str]:
    outermost = paths.outermost(places)
    return [word for path in outermost for word in ("--ro-bind-try", path, path)]


def _covered(folders: Iterable[str]) -> list[str]:
    return [word for path in folders if Path(path).is_dir() for word in ("--tmpfs", path)]


def _links(path: Path) -> Iterator[Path]:
    """A file and all that stands between its name and itself."""
    yield path
    while path.is_symlink():
        path = path.parent / path.readlink()
        yield path
