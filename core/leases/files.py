"""The few small files by which an engine and the watcher of a lease know of each other.

`LEASE.json` says what is to be ended and when; who holds `LEASE.lock` sees to it, and the
kernel lets go of it when that process dies, however it dies. The watcher holds `LEASE.watch`,
and writes what it did to `LEASE.log` for the next engine. No key is in any of them.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.errors import StoreError

_FOLDER = "leases"
_LONGEST_LOG = 1 << 20


@dataclass(frozen=True, slots=True)
class Post:
    """What a watcher must know; times are seconds since the epoch."""

    lease_id: str
    endpoint: str
    project: str
    deadline: float
    grace_s: float
    slack_s: float
    poll_s: float
    watch_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a watcher did."""

    at: float
    text: str
    has_ended: bool = False
    """Whether nothing of the lease is left."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A file that this process holds."""

    descriptor: int

    def close(self) -> None:
        """Let go."""
        os.close(self.descriptor)


def posts(workspace: Path) -> list[Post]:
    """What watchers see to in a workspace, without its store."""
    found = (LeaseFiles(path.parent, path.stem).read() for path in _post_files(workspace))
    return [post for post in found if post is not None]


def _post_files(workspace: Path) -> list[Path]:
    return sorted((workspace / _FOLDER).glob("*.json"))


@dataclass(frozen=True, slots=True)
class LeaseFiles:
    """The files of one lease."""

    folder: Path
    lease_id: str

    @classmethod
    def of(cls, workspace: Path, lease_id: str) -> LeaseFiles:
        """In a workspace."""
        return cls(workspace / _FOLDER, lease_id)

    @property
    def post(self) -> Path:
        """What is to be ended and when."""
        return self.folder / f"{self.lease_id}.json"

    def write(self, post: Post) -> None:
        """Put it in place of what was there."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self.folder / f".{self.lease_id}.{os.getpid()}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as out:
                out.write(msgspec.json.encode(post))
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self.post)
        except OSError as error:
            raise StoreError(
                f"{self.post} cannot be written: {error}. Without it nobody could watch over the "
                "lease, so nothing was rented."
            ) from error

    def read(self) -> Post | None:
        """None when there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self.post.read_bytes(), type=Post)
        except (OSError, msgspec.MsgspecError):
            return None

    def hold(self, ending: str) -> Lock | None:
        """Hold `lock` or `watch`; None while another process does, or nothing is there."""
        path = self.folder / f"{self.lease_id}.{ending}"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return Lock(descriptor)

    def is_held(self, ending: str) -> bool:
        """Whether any process holds it; changes nothing."""
        path = self.folder / f"{self.lease_id}.{ending}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def note(self, note: Note) -> None:
        """Add to what the watcher did; never a reason for it to stop."""
        path = self.folder / f"{self.lease_id}.log"
        with suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "ab") as out:
                if out.tell() < _LONGEST_LOG or note.has_ended:
                    out.write(msgspec.json.encode(note) + b"\n")

    def notes(self) -> list[Note]:
        """What the watcher did, oldest first."""
        found = []
        with suppress(OSError):
            for line in (self.folder / f"{self.lease_id}.log").read_bytes().splitlines():
                with suppress(msgspec.MsgspecError):  # the last one may be cut off
                    found.append(msgspec.json.decode(line, type=Note))
        return found

    def remove(self) -> None:
        """The lease has ended: its watcher sees that and ends, too."""
        for ending in ("json", "log", "lock", "watch"):
            with suppress(OSError):
                (self.folder / f"{self.lease_id}.{ending}").unlink()
