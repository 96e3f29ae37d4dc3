"""Files of an account: uploaded once, validated there, told in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import ServiceError
from core.together.client import Connection
from core.together.failures import checked, service
from core.together.fields import claim, text, whole
from core.together.quiet import quiet
from core.together.tuning_records import FileState, RemoteFile

_GOES_ON = frozenset({"PENDING", "QUEUED", "RUNNING"})
_ENDS = {
    "COMPLETED": FileState.ACCEPTED,
    "INVALID_FORMAT": FileState.REJECTED,
    "FAILED": FileState.FAILED,
    "": FileState.STATELESS,
}
_MISSING = frozenset({404, 410})


@dataclass(slots=True)
class RemoteFiles:
    """The files of the account behind a connection."""

    here: Connection

    async def upload(self, file: Path) -> RemoteFile:
        """Upload a training file; one with the same content is found, not stored again."""
        what = f"{file.name} could not be uploaded"
        with quiet(), service(self.here.library, what):
            answer = await self.here.write.files.upload(file, check=False)
            return _file(checked(what, answer, "id"))

    async def validate(self, file_id: str) -> None:
        """Have a file validated that was uploaded and is not, or whose validation broke."""
        what = f"the validation of {file_id} could not be begun"
        path = f"/v1/files/{quote(file_id, safe='')}/preprocess"
        with service(self.here.library, what):
            checked(what, await self.here.write.post(path, cast_to=object))

    async def look(self, file_id: str) -> RemoteFile:
        """How far the service is with it."""
        what = f"{file_id} could not be looked at"
        try:
            with service(self.here.library, what):
                return _file(checked(what, await self.here.read.files.retrieve(file_id), "id"))
        except ServiceError as error:
            if error.status in _MISSING:
                return RemoteFile(file_id, FileState.GONE, "gone")
            raise

    async def delete(self, file_id: str) -> None:
        """Delete a file; one that is gone already is fine."""
        what = f"{file_id} could not be deleted"
        try:
            with service(self.here.library, what):
                checked(what, await self.here.write.files.delete(file_id))
        except ServiceError as error:
            if error.status not in _MISSING:
                raise


def _file(raw: Any) -> RemoteFile:
    status = text(raw, "processing_status").upper()
    report = getattr(raw, "validation_report", None)
    is_valid = claim(report, "valid")
    state = _ENDS.get(status, FileState.WAITING)
    if is_valid is False:
        state = FileState.REJECTED
    elif is_valid and status not in (*_GOES_ON, "FAILED"):
        state = FileState.ACCEPTED
    return RemoteFile(
        file_id=text(raw, "id"),
        state=state,
        status=status or "unknown",
        n_bytes=whole(raw, "bytes"),
        n_rows=whole(report, "nlines"),
        why=text(report, "error"),
    )
