"""The files of a job on their way to the service: uploaded, validated, and sent anew when lost.

All of it may be done twice, since the service knows a file by its content. A file that came
there and was never validated is handed to validation again; one that is gone, or whose
validation breaks again, is uploaded anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from core.errors import RefusedError, ServiceError
from core.text import plural
from core.together.files import RemoteFiles
from core.together.patience import patiently
from core.together.tuning_records import FileState, RemoteFile
from core.training.remote.reached import LocalFile, Reached, Role, Uploaded
from core.training.remote.shelf import Shelf

_N_LOOKS = 360
"""At a file before it is left to another time."""
_N_BETWEEN = 12
"""Looks at a file without a state before its validation is begun once more."""


@dataclass(slots=True)
class Delivery:
    """One job's files."""

    files: RemoteFiles
    shelf: Shelf
    reached: Reached
    pause_s: float
    """Between two looks."""
    reach: Callable[[Uploaded], Awaitable[None]]
    say: Callable[[str], None]
    _renewed: set[Role] = field(default_factory=set)

    async def upload(self, file: LocalFile) -> None:
        """Have the file there, under an id that is stored."""
        path = self.shelf.find(file)
        there = await patiently(lambda: self.files.upload(path), self.pause_s)
        await self.reach(Uploaded(file.role, there.file_id, file.sha))
        rows = plural(file.n_rows, "row")
        self.say(f"uploaded {rows} for {file.role} as {there.file_id}")

    async def validated(self, file: LocalFile) -> RemoteFile:
        """The file as the service describes it, once it has taken it."""
        n_stateless = n_failed = 0
        for _ in range(_N_LOOKS):
            there = await self._look(file)
            match there.state:
                case FileState.ACCEPTED:
                    return there
                case FileState.REJECTED:
                    why = there.why or there.status
                    raise RefusedError(f"The service rejects the {file.role} file: {why}")
                case FileState.STATELESS:
                    if n_stateless % _N_BETWEEN == 0:
                        await self._begin(file)
                    n_stateless += 1
                case FileState.FAILED:
                    n_failed += 1
                    await (self._begin(file) if n_failed == 1 else self._renew(file))
                case FileState.GONE:
                    await self._renew(file)
            await asyncio.sleep(self.pause_s)
        raise ServiceError(
            f"The service has still not validated {self._id(file)}; it stays there. "
            "`gemel train resume` goes on.",
            is_busy=True,
        )

    async def _look(self, file: LocalFile) -> RemoteFile:
        return await patiently(lambda: self.files.look(self._id(file)), self.pause_s)

    async def _begin(self, file: LocalFile) -> None:
        """Ask for validation, perhaps once more; a file that is refused it is of no use."""
        try:
            await patiently(lambda: self.files.validate(self._id(file)), self.pause_s)
        except ServiceError as error:
            if error.is_busy or error.may_be_done:
                raise
            await self._renew(file)

    async def _renew(self, file: LocalFile) -> None:
        """Delete what is there of it, and upload it anew; once."""
        before = self._id(file)
        if file.role in self._renewed:
            raise ServiceError(
                f"The service could not validate {before}, although it was uploaded anew; that "
                "says nothing of the file. `gemel train resume` tries it again later.",
                is_busy=True,
            )
        self._renewed.add(file.role)
        await patiently(lambda: self.files.delete(before), self.pause_s)
        self.say(f"the service could not validate {before}: it is deleted there and sent anew")
        await self.upload(file)

    def _id(self, file: LocalFile) -> str:
        return self.reached.file_id(file.role)
