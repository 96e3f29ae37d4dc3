"""Training files as they are kept in the workspace: what was sent can be looked at afterwards."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError, StoreError
from core.training.remote.given import Content
from core.training.remote.reached import LocalFile, Role

DIRECTORY = "training"


@dataclass(frozen=True, slots=True)
class Shelf:
    """The directory of a workspace's training files."""

    directory: Path

    @classmethod
    def of(cls, workspace: Path) -> Shelf:
        """The one of a workspace."""
        return cls(workspace / DIRECTORY)

    def path(self, file: LocalFile) -> Path:
        """Where a file is."""
        return self.directory / file.name

    def keep(self, role: Role, content: Content) -> LocalFile:
        """Write a file, durably, under its content's name; only the user may read it."""
        lengths, sha = content.report.lengths, content.sha
        name = f"gemel-{role}-{sha[:16]}.jsonl"
        file = LocalFile(role, name, sha, lengths.n_rows, lengths.n_tokens)
        part = self.directory / f".{name}.{os.getpid()}"
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "wb") as out:
                out.write(content.content)
                out.flush()
                os.fsync(out.fileno())
            part.replace(self.path(file))
        except OSError as error:
            part.unlink(missing_ok=True)
            raise StoreError(
                f"{self.path(file)} could not be written ({error}); nothing was uploaded."
            ) from error
        return file

    def find(self, file: LocalFile) -> Path:
        """A file that is still what it was; raises when it is not."""
        path = self.path(file)
        try:
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            sha = ""
        if sha != file.sha:
            raise RefusedError(
                f"{path} is gone or was changed since it was checked; nothing was uploaded. "
                "Cancel the job and start it again."
            )
        return path
