"""Opens, reads, writes and closes a workspace's store.

The database is attached, with small row groups, to an in-memory root on every open:
with the default row groups one checkpoint of transcripts stalls commits for seconds.
Reads run in threads with a cursor each; a cancelled read interrupts its query.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb

from core.errors import StoreError
from core.store.lock import StoreLock
from core.store.migrate import Migration, migrate, shipped
from core.store.writer import Row, Statements, Table, Write, Writer, insert

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
    "threads": "2",
}
_N_READERS = 2


class Store:
    """A workspace's store while it is open; made by `Store.open`."""

    def __init__(self, lock: StoreLock, root: duckdb.DuckDBPyConnection) -> None:
        self._lock = lock
        self._root = root
        self._tables = _tables(root)
        self._writer = Writer(_cursor(root))
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._readers = ThreadPoolExecutor(_N_READERS, "store-reader")

    @classmethod
    def open(cls, directory: Path, migrations: tuple[Migration, ...] | None = None) -> Store:
        """Own the store in `directory`, made when missing; raises a `StoreError` that says why."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = StoreLock(directory / "store.lock")
        except OSError as error:
            raise StoreError(f"The workspace {directory} cannot be used: {error}") from error
        try:
            root = _attach(directory / "store.duckdb", migrations or shipped())
        except BaseException:
            lock.release()
            raise
        return cls(lock, root)

    async def insert(self, table: str, records: Sequence[Any]) -> None:
        """Append dataclass records whose fields are the table's columns; durable on return."""
        if records:
            await asyncio.shield(asyncio.wrap_future(self.submit(table, records)))

    def submit(self, table: str, records: Sequence[Any]) -> Future[None]:
        """Like `insert` without waiting; the future resolves when the rows are durable."""
        spec = self._tables[table]
        done: Future[None] = Future()
        self._writer.put(Write(done, spec, tuple(_row(spec, record) for record in records)))
        return done

    async def change(self, statements: Statements) -> None:
        """Run statements of their own as one durable transaction."""
        done: Future[None] = Future()
        self._writer.put(Write(done, statements=statements))
        await asyncio.shield(asyncio.wrap_future(done))

    async def replace(
        self, table: str, column: str, keys: Sequence[str], records: Sequence[Any]
    ) -> None:
        """Put records in place of all rows whose `column` is one of `keys`, in one transaction."""
        spec = self._tables[table]
        rows = [_row(spec, record) for record in records]

        def statements(cursor: duckdb.DuckDBPyConnection) -> None:
            gone = f"DELETE FROM {table} WHERE {column} IN (SELECT unnest(?::VARCHAR[]))"
            cursor.execute(gone, [list(keys)])
            insert(cursor, spec, rows)

        await self.change(statements)

    async def fetch(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; cancelling interrupts it."""
        running: list[duckdb.DuckDBPyConnection] = []
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._readers, self._fetch, sql, parameters, running)
        work.add_done_callback(_seen)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            for cursor in running:
                cursor.interrupt()
            await asyncio.wait([work])
            raise

    async def load(
        self, record: type[Any], table: str, tail: str, *parameters: object
    ) -> list[Any]:
        """Rows of a table as records: `tail` is what follows FROM table."""
        names = ", ".join(field.name for field in fields(record))
        rows = await self.fetch(f"SELECT {names} FROM {table} {tail}", parameters)
        return [record(*row) for row in rows]

    def close(self) -> None:
        """Finish queued writes, end readers and writer, detach, let the next owner in."""
        for cursor in self._cursors:
            cursor.interrupt()
        self._readers.shutdown(wait=True, cancel_futures=True)
        for cursor in self._cursors:
            cursor.close()
        self._writer.close()
        try:
            self._root.execute("USE memory")
            self._root.execute("DETACH store")
        except duckdb.Error as error:
            raise StoreError(
                f"The store did not close cleanly; its log is kept: {error}"
            ) from error
        finally:
            self._root.close()
            self._lock.release()

    def _fetch(
        self, sql: str, parameters: Sequence[object], running: list[duckdb.DuckDBPyConnection]
    ) -> list[tuple[Any, ...]]:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = _cursor(self._root)
            self._cursors.append(cursor)
        running.append(cursor)
        try:
            rows: list[tuple[Any, ...]] = cursor.execute(sql, list(parameters)).fetchall()
        except duckdb.Error as error:
            raise StoreError(f"A read failed: {error}") from error
        finally:
            running.clear()
        return rows


def _seen(work: asyncio.Future[Any]) -> None:
    """An interrupted read has nobody left to tell."""
    if not work.cancelled():
        work.exception()


def _cursor(root: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    cursor = root.cursor()
    cursor.execute("USE store")
    return cursor


def _attach(path: Path, migrations: tuple[Migration, ...]) -> duckdb.DuckDBPyConnection:
    root = duckdb.connect(":memory:", config=_CONFIG)
    try:
        root.execute(
            f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS store (ROW_GROUP_SIZE 2048)"
        )
        root.execute("USE store")
        root.execute("SET wal_autocheckpoint_entries = 5000")
        if migrate(root, migrations):
            root.execute("CHECKPOINT store")
    except duckdb.Error as error:
        root.close()
        raise StoreError(_why_not(path, error)) from error
    except BaseException:
        root.close()
        raise
    return root


def _why_not(path: Path, error: duckdb.Error) -> str:
    text = str(error).splitlines()[0]
    if "No space left" in text:
        return f"The disk is full; the store {path} is unchanged. Free space, then try again."
    if "Corrupt" in text or "checksum" in text:
        return (
            f"The store {path} is damaged ({text}). Copy it and its .wal aside before any repair."
        )
    return f"The store {path} cannot be opened: {text}"


def _tables(root: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    rows = root.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'store' ORDER BY table_name, column_index"
    ).fetchall()
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        columns.setdefault(table, []).append((column, kind))
    return {name: Table(name, tuple(parts)) for name, parts in columns.items()}


def _row(table: Table, record: Any) -> Row:
    if not is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{table.name} takes dataclass records, not {type(record).__name__}")
    names = tuple(field.name for field in fields(record))
    if names != tuple(name for name, _ in table.columns):
        raise TypeError(f"{type(record).__name__} does not match the columns of {table.name}")
    values: Row = attrgetter(*names)(record)
    return values
