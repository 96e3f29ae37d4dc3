"""`python -m core.leases.watcher FOLDER LEASE`: outlives app and engine, and ends one lease.

It does so at the deadline, should its engine not have done it, and when the engine is gone for
longer than the grace time. It knows a small file and the service, never the store; the key
comes from the environment or the user's own file.
"""

from __future__ import annotations

import os
import sys

# Before anything is loaded: the first process ends at once, so that nobody is its parent.
if __name__ == "__main__" and "--detach" in sys.argv and os.fork():
    os._exit(0)

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from core.errors import GemelError
from core.leases.files import LeaseFiles, Lock, Note, Post
from core.leases.teardown import tear_down
from core.together.client import connect
from core.together.endpoints import Site

WATCHES = b"watches\n"
"""What it says when it does, and then no more."""
_LONGEST_PAUSE_S = 60.0


def main() -> int:
    """Watch over one lease; returns when it has ended."""
    folder, lease_id = [word for word in sys.argv[1:] if not word.startswith("--")]
    files = LeaseFiles(Path(folder), lease_id)
    lock = files.hold("watch")
    if lock is None:
        return 0  # another one does
    os.truncate(lock.descriptor, 0)
    os.write(lock.descriptor, str(os.getpid()).encode())
    os.write(1, WATCHES)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    return asyncio.run(watch(files))


async def watch(files: LeaseFiles, now: Callable[[], float] = time.time) -> int:
    """Wait until the lease must be ended, and end it; at once when somebody else has."""
    gone_at: float | None = None
    while (post := files.read()) is not None:
        owner = files.hold("lock")
        if now() >= post.deadline + post.slack_s:
            return await _end(files, post, owner, "its deadline has passed", now)
        if owner is None:
            gone_at = None
        else:
            gone_at = now() if gone_at is None else gone_at
            if now() - gone_at >= post.grace_s:
                why = f"its engine has been gone for {now() - gone_at:.0f} s"
                return await _end(files, post, owner, why, now)
            owner.close()
        await asyncio.sleep(post.watch_s)
    return 0


async def _end(
    files: LeaseFiles, post: Post, owner: Lock | None, why: str, now: Callable[[], float]
) -> int:
    """Try until nothing is left; `owner` keeps engines from taking the lease up again."""

    def tell(text: str) -> None:
        files.note(Note(now(), text))

    tell(f"the watcher ends it: {why}")
    pause_s = post.poll_s
    while files.read() is not None:
        try:
            here = await connect()
            try:
                site = Site(here, post.project, asyncio.sleep)
                await tear_down(site, post.endpoint, tell, post.poll_s)
            finally:
                await here.close()
        except GemelError as error:
            tell(f"not yet ended: {error}")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            continue
        files.note(Note(now(), f"ended by the watcher: {why}", has_ended=True))
        break
    if owner is not None:
        owner.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
