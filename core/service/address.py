"""Where the engine of a workspace is found: a socket that only its user can open."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.errors import EngineError
from core.workspace import Workspace

_MAX_PATH_BYTES = 107 if sys.platform == "linux" else 103
_FALLBACK = Path("/tmp")  # not $TMPDIR: two logins may have two of them, and logout removes some


def socket_path(workspace: Workspace) -> Path:
    """In the workspace; where that path is too long for a socket, in a short private directory.

    There, too, when the workspace may not be changed.
    """
    # The real path, so that a symlinked and a plain name of a workspace lead to one socket.
    real = Path(os.path.realpath(workspace.directory))
    path, is_read_only = real / "engine.sock", bool(workspace.why_read_only())
    if len(os.fsencode(path)) <= _MAX_PATH_BYTES and not is_read_only:
        return path
    name = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    suffix = "-ro" if is_read_only else ""
    return _FALLBACK / f"{_fallback_prefix()}{name}{suffix}" / "engine.sock"


def socket_paths(workspace: Workspace) -> list[Path]:
    """Where an engine may answer, the one to prefer first.

    Nobody can read a store beside an engine that may change it, so that one is asked first.
    """
    changing = replace(workspace, asks_read_only=False)
    return list(dict.fromkeys((socket_path(changing), socket_path(workspace))))


def log_path(workspace: Workspace) -> Path:
    """Where an engine without a terminal writes."""
    place = socket_path(workspace).parent if workspace.why_read_only() else workspace.directory
    return place / "engine.log"


def make_place(path: Path) -> None:
    """Make the directory of a socket, when it is one that is made for it."""
    if _is_fallback(path):
        path.parent.mkdir(mode=0o700, exist_ok=True)
    refuse_foreign(path)


def bind(path: Path) -> socket.socket:
    """Listen at `path` in place of whatever an earlier engine left there.

    Only the owner of the workspace may call this: then what is there is stale.
    """
    make_place(path)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o600)  # before it listens: until then nobody can connect
        listener.listen()
    except OSError as error:
        listener.close()
        raise EngineError(f"The engine's socket {path} cannot be made: {error}") from error
    return listener


def unbind(path: Path) -> None:
    """Take the socket away, and the directory that was made for it."""
    path.unlink(missing_ok=True)
    if _is_fallback(path):
        with suppress(OSError):
            path.parent.rmdir()


def refuse_foreign(path: Path) -> None:
    """Raise when somebody else could have put the socket there."""
    if not _is_fallback(path):
        return
    try:
        found = path.parent.lstat()
    except FileNotFoundError:
        return
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not is_private or found.st_uid != os.getuid():
        raise EngineError(
            f"{path.parent} is not a private directory of yours; an engine there is not "
            "trusted. Remove it, or choose a workspace with a shorter path."
        )


def _fallback_prefix() -> str:
    return f"gemel-{os.getuid()}-"


def _is_fallback(path: Path) -> bool:
    """Whether the directory was made for the socket; a workspace may stand in /tmp as well."""
    return path.parent.parent == _FALLBACK and path.parent.name.startswith(_fallback_prefix())
