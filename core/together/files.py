"""Files of an account: uploaded once, validated there, told in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.together.client import Connection
from core.together.failures import checked, service
from core.together.fields import claim, text, whole
from core.together.quiet import quiet
from core.together.tuning_records import FileState, RemoteFile

_INVALID, _FAILED, _DONE = "INVALID_FORMAT", "FAILED", "COMPLETED"


@dataclass(slots=True)
class RemoteFiles:
    """The files of the account behind a connection."""

    here: Connection

    async def upload(self, file: Path) -> RemoteFile:
        """Upload a training file; one with the same content is found, not stored again."""
        what = f"{file.name} could not be uploaded"
        with quiet(), service(self.here.library, what):
            return _file(checked(what, await self.here.write.files.upload(file, check=False)))

    async def look(self, file_id: str) -> RemoteFile:
        """How far the service is with it."""
        what = f"{file_id} could not be looked at"
        with service(self.here.library, what):
            return _file(checked(what, await self.here.read.files.retrieve(file_id)))


def _file(raw: Any) -> RemoteFile:
    status = text(raw, "processing_status").upper()
    report = getattr(raw, "validation_report", None)
    is_valid = claim(report, "valid")
    state = FileState.WAITING
    if status == _INVALID or is_valid is False:
        state = FileState.REJECTED
    elif status == _FAILED:
        state = FileState.FAILED
    elif status == _DONE:
        state = FileState.ACCEPTED
    return RemoteFile(
        file_id=text(raw, "id"),
        state=state,
        status=status or "unknown",
        n_bytes=whole(raw, "bytes"),
        n_rows=whole(report, "nlines"),
        why=text(report, "error"),
    )
