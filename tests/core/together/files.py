"""The file half of the loopback service: upload in three requests, validation, content.

Ids count up (`file-1`, `file-2`), so that a test can name the path of a fault beforehand.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from tests.core.together.http import Answer, Asked
from tests.core.together.server_rules import validation_report
from tests.core.together.service import Call, Routes, error

UPLOADS = "/uploads/"
"""Addresses that carry their own permission: no key is asked for below them."""
CREATED = 1_764_000_000


@dataclass(slots=True)
class StoredFile:
    """One file of the account."""

    file_id: str
    name: str
    purpose: str
    checksum: str
    content: bytes | None = None
    """None until it was put there."""
    status: str = ""
    n_looks: int = 0
    """Before its validation is over."""
    report: dict[str, Any] | None = None

    @property
    def is_there(self) -> bool:
        """Whether it counts as uploaded; it may never have been validated."""
        return self.content is not None

    def body(self, *, with_report: bool = True) -> dict[str, Any]:
        """As the service describes it."""
        body: dict[str, Any] = {
            "id": self.file_id,
            "object": "file",
            "bytes": len(self.content or b""),
            "created_at": CREATED,
            "filename": self.name,
            "FileType": "jsonl",
            "purpose": self.purpose,
        }
        if self.status:
            body["processing_status"] = self.status
        if with_report and self.report is not None:
            body["validation_report"] = self.report
        return body


@dataclass(slots=True)
class Files(Routes):
    """All files of one account."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    n_looks: int = 1
    """So often a new file is looked at before its validation is over."""
    n_begun: int = 0
    """Uploads so far; ids are never given twice."""
    n_hops: int = 0
    """So often the next upload is sent on to another address."""
    n_failures: int = 0
    """So many validations end with a failure that says nothing of the file."""

    def __post_init__(self) -> None:
        self.add("POST", "/v1/files", self._begin)
        self.add("PUT", UPLOADS + "{file}", self._put)
        self.add("POST", "/v1/files/{file}/preprocess", self._preprocess)
        self.add("GET", "/v1/files", self._list)
        self.add("GET", "/v1/files/{file}", self._show)
        self.add("GET", "/v1/files/{file}/content", self._content)
        self.add("DELETE", "/v1/files/{file}", self._delete)

    @property
    def uploaded(self) -> list[StoredFile]:
        """What is on the account."""
        return [file for file in self.stored.values() if file.is_there]

    def validated(self, file_id: str) -> StoredFile | None:
        """A file that a job may be made of."""
        file = self.stored.get(file_id)
        return file if file is not None and file.status == "COMPLETED" else None

    async def _begin(self, call: Call) -> Answer:
        given = _fields(call.asked)
        for file in self.uploaded:
            if file.checksum == given["checksum"]:
                said = {"message": "File already exists", "type": "conflict"}
                return Answer.of_json({"error": said, "file_id": file.file_id}, 409)
        self.n_begun += 1
        file_id = f"file-{self.n_begun}"
        self.stored[file_id] = StoredFile(
            file_id, given["file_name"], given["purpose"], given["checksum"], n_looks=self.n_looks
        )
        place = f"http://{call.asked.headers['host']}{UPLOADS}{file_id}?signature=s3cr3t"
        return Answer(302, b"", {"location": place, "x-together-file-id": file_id})

    async def _put(self, call: Call) -> Answer:
        if self.n_hops:
            self.n_hops -= 1
            place = f"{UPLOADS}{call.names['file']}?signature=hop{self.n_hops}"
            return Answer(307, b"", {"location": place})
        file = self.stored[call.names["file"]]
        if hashlib.sha256(call.asked.body).hexdigest() != file.checksum:
            return Answer(400, b"<Error>BadDigest</Error>", {"content-type": "application/xml"})
        file.content = call.asked.body
        return Answer(200)

    async def _preprocess(self, call: Call) -> Answer:
        file = self.stored.get(call.names["file"])
        if file is None or file.content is None:
            return error(404, "file not found")
        file.status = "PENDING"
        return Answer.of_json(file.body(with_report=False))

    async def _show(self, call: Call) -> Answer:
        file = self.stored.get(call.names["file"])
        if file is None or not file.is_there:
            return error(404, "file not found")
        self._go_on(file)
        return Answer.of_json(file.body())

    def _go_on(self, file: StoredFile) -> None:
        if file.status not in ("PENDING", "QUEUED", "RUNNING"):
            return
        file.n_looks -= 1
        if file.n_looks > 0:
            file.status = "RUNNING"
            return
        assert file.content is not None
        file.report = validation_report(file.content)
        file.status = "COMPLETED" if file.report["valid"] else "INVALID_FORMAT"
        if self.n_failures:
            self.n_failures -= 1
            file.status, file.report = "FAILED", None

    async def _list(self, call: Call) -> Answer:
        return Answer.of_json({"data": [file.body() for file in self.uploaded]})

    async def _content(self, call: Call) -> Answer:
        file = self.stored.get(call.names["file"])
        if file is None or file.content is None:
            return error(404, "file not found")
        return Answer(200, file.content, {"content-type": "application/binary"})

    async def _delete(self, call: Call) -> Answer:
        if self.stored.pop(call.names["file"], None) is None:
            return error(404, "file not found")
        return Answer.of_json({"id": call.names["file"], "deleted": True})


def _fields(asked: Asked) -> dict[str, str]:
    """The text parts of a form; there is no other kind."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    form = message_from_bytes(head + asked.body)
    parts = {}
    for part in form.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        parts[str(name)] = str(part.get_payload()).strip()
    assert set(parts) == {"purpose", "file_name", "file_type", "checksum"}, parts
    return parts
