"""Starts the watcher of a lease as a process that nobody's end takes with it."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from core.errors import RefusedError
from core.leases.files import LeaseFiles
from core.leases.watcher import WATCHES

_START_S = 60.0


async def start_watcher(files: LeaseFiles) -> None:
    """Return when it watches; raises `RefusedError` when it does not, for then nobody would."""
    if files.is_held("watch"):
        return
    said = await asyncio.to_thread(_spawn, files)
    if said != WATCHES and not files.is_held("watch"):
        raise RefusedError(
            "The process that ends a lease when its engine is gone did not start, so nothing is "
            "rented. `gemel doctor` says what this machine can do."
        )


def _spawn(files: LeaseFiles) -> bytes:
    words = [sys.executable, "-P", "-m", "core.leases.watcher", "--detach"]
    try:
        done = subprocess.run(
            [*words, str(files.folder), files.lease_id],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=files.folder,
            start_new_session=True,
            timeout=_START_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout
