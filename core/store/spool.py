"""What was handed in and is not committed yet, in two files: it survives the program.

A write that may wait is appended here at once, which takes microseconds, and committed later
with others. Each commit says in the same transaction how far it came; so what a killed program
left is written when the store is opened again, and only once; a commit that failed for want of
space may come back so. The system takes the files to the disk when it likes: a power cut may cost
what was not committed.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import msgspec

from core.errors import StoreError
from core.store.tables import Row, Table, insert

_NAMES = ("store.pending-0", "store.pending-1")
_FULL = 4 << 20
"""Bytes of a file; then the other takes its turn, and this one is emptied once it is done."""
_HEAD = struct.Struct("<II")
"""Length and checksum of what follows."""
_REFUSED = (
    duckdb.ConstraintException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    TypeError,
    ValueError,
)
"""Of rows, however often they are tried."""
_MARK = "INSERT INTO store.main.spooled VALUES (?)"


@dataclass(slots=True)
class _File:
    path: Path
    handle: int = -1
    size: int = 0
    last: int = 0
    """The newest write in it."""

    def append(self, data: bytes, n: int) -> None:
        if self.handle < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self.handle = os.open(self.path, flags, 0o600)
        if os.write(self.handle, data) < len(data):
            os.ftruncate(self.handle, self.size)
            raise OSError("the disk is full")
        self.size, self.last = self.size + len(data), n

    def empty(self) -> None:
        os.ftruncate(self.handle, 0)
        self.size = 0


@dataclass(slots=True)
class Spool:
    """Of one open store; numbers go up from what was committed last."""

    directory: Path | None
    """None where nothing may be kept."""
    newest: int
    """The number of the write that was added last."""
    _files: list[_File] = field(init=False)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _has_marked: bool = False

    def __post_init__(self) -> None:
        folder = self.directory
        self._files = [_File(folder / name) for name in _NAMES] if folder else []

    def add(self, table: Table, rows: Sequence[Row]) -> int:
        """Append rows; returns their number, or 0 when they could not be kept."""
        with self._turn:
            if not self._files:
                return 0
            n = self.newest + 1
            try:
                body = msgspec.msgpack.encode((n, table.name, rows))
                data = _HEAD.pack(len(body), zlib.crc32(body)) + body
                if self._files[0].size > _FULL and not self._files[1].size:
                    self._files.reverse()
                self._files[0].append(data, n)
            except (OSError, TypeError, ValueError):
                return 0  # the commit, which follows at once, says what is wrong
            self.newest = n
            return n

    def mark(self, cursor: duckdb.DuckDBPyConnection, n: int) -> None:
        """Say, in the transaction of a commit, that it holds all writes up to this one."""
        if not self._has_marked:
            cursor.execute("DELETE FROM store.main.spooled")
        cursor.execute(_MARK, [n])

    def drop(self, n: int) -> None:
        """Forget the writes up to this one, which are committed."""
        with self._turn:
            self._has_marked = True
            for file in self._files:
                if file.size and file.last <= n:
                    file.empty()

    def close(self) -> None:
        """Keep nothing any more; files that hold nothing go."""
        with self._turn:
            files, self._files = self._files, []
        for file in files:
            with suppress(OSError):
                if file.handle >= 0:
                    os.close(file.handle)
                if not file.size:
                    file.path.unlink(missing_ok=True)


def is_left(directory: Path) -> bool:
    """Whether a program was killed before it had committed all."""
    return any((directory / name).exists() for name in _NAMES)


def replay(root: duckdb.DuckDBPyConnection, directory: Path, tables: Mapping[str, Table]) -> None:
    """Write what a killed program left; what the store refuses, it had refused then, too.

    Raises the error of DuckDB, and keeps all, where it cannot be written now.
    """
    paths = [directory / name for name in _NAMES if (directory / name).exists()]
    try:
        left = sorted(each for path in paths for each in _read(path.read_bytes()))
    except OSError as error:
        raise StoreError(f"What the last run left in {directory} cannot be read: {error}") from None
    if left:
        committed = newest(root, tables)
        todo = [(n, tables[name], rows) for n, name, rows in left if n > committed]
        if not _write(root, todo):
            for each in todo:
                _write(root, [each])
    for path in paths:
        path.unlink(missing_ok=True)


def newest(root: duckdb.DuckDBPyConnection, tables: Mapping[str, Table]) -> int:
    """The number of the last write that was committed; 0 where none was, or none is kept."""
    if "spooled" not in tables:
        return 0
    ((n,),) = root.execute("SELECT coalesce(max(n), 0) FROM store.main.spooled").fetchall()
    return int(n)


def _write(root: duckdb.DuckDBPyConnection, todo: list[tuple[int, Table, list[Row]]]) -> bool:
    if not todo:
        return True
    root.execute("BEGIN")
    try:
        for _, table, rows in todo:
            insert(root, table, rows)
        root.execute(_MARK, [todo[-1][0]])
        root.execute("COMMIT")
    except _REFUSED:
        root.execute("ROLLBACK")
        return False
    except duckdb.Error:
        with suppress(duckdb.Error):  # a failed COMMIT has ended it already
            root.execute("ROLLBACK")
        raise
    return True


def _read(data: bytes) -> Iterator[tuple[int, str, list[Row]]]:
    """All writes of a file that are whole; the last may have been cut off."""
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + length]
        if not body or len(body) < length or zlib.crc32(body) != checksum:
            return
        try:
            yield msgspec.msgpack.decode(body, type=tuple[int, str, list[Row]])
        except msgspec.MsgspecError:
            return
        at += _HEAD.size + length
