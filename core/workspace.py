"""Where a workspace lives and which files it has."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from core.errors import RefusedError, UsageError

MIN_FREE_BYTES = 1 << 30
"""Below this much free disk no new work starts: a full disk stops a store in mid-run."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """One directory that holds everything of one project."""

    directory: Path
    asks_read_only: bool = False
    """Whether it shall not be changed even where it can be."""

    @property
    def store_path(self) -> Path:
        """The database file."""
        return self.directory / "store.duckdb"

    @property
    def exists(self) -> bool:
        """Whether there is a store."""
        return self.store_path.exists()

    def why_read_only(self) -> str:
        """Why nothing may be changed here, as the end of "since ..."; empty when it may."""
        if self.asks_read_only:
            return "--read-only or GEMEL_READ_ONLY asks for that"
        if self.exists:
            for path in (self.directory, self.store_path):
                if not os.access(path, os.W_OK):
                    return f"you may not write to {path}"
        return ""

    def free_bytes(self) -> int:
        """Free disk where the workspace is."""
        stat = os.statvfs(self.directory)
        return stat.f_bavail * stat.f_frsize

    def refuse_full_disk(self) -> None:
        """Raise when new work could fill the disk."""
        free = self.free_bytes()
        if free < MIN_FREE_BYTES:
            raise RefusedError(
                f"Only {free / (1 << 30):.1f} GiB are free where {self.directory} is, "
                f"{MIN_FREE_BYTES >> 30} GiB are wanted before new work starts. "
                "Nothing was changed; free space, then try again."
            )


def find_workspace(given: str | None, *, read_only: bool = False) -> Workspace:
    """`--workspace`, else GEMEL_WORKSPACE, else the user's data directory."""
    chosen = given or os.environ.get("GEMEL_WORKSPACE") or platformdirs.user_data_dir("gemel")
    path = Path(chosen).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise UsageError(f"The workspace {path} is a file, not a directory.")
    asks = read_only or os.environ.get("GEMEL_READ_ONLY", "") not in ("", "0")
    return Workspace(path, asks)
