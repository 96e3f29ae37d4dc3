"""Reads, writes and closes a workspace's store.

Reads run in threads with a cursor each; a cancelled read interrupts its query.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb

from core.errors import StoreError
from core.store.attach import Attached, attach, attach_read_only, new_cursor
from core.store.migrate import Migration, shipped
from core.store.spool import Spool, newest
from core.store.tables import Row, Table, insert, stored_tables
from core.store.writer import Gone, Statements, Write, Writer
from core.turns import Turns

_N_READERS = 2


class Store:
    """A workspace's store while it is open; made by `Store.open`."""

    def __init__(self, attached: Attached) -> None:
        self._let_go = attached.let_go
        self._root = attached.root
        self._tables = stored_tables(self._root)
        self._spool = Spool(attached.directory, newest(self._root, self._tables))
        self._writer = Writer(new_cursor(self._root), self._spool)
        self._records: dict[tuple[str, type[Any]], Callable[[Any], Row]] = {}
        self._local = threading.local()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self._readers = ThreadPoolExecutor(_N_READERS, "store-reader")
        self._turns = Turns()

    @classmethod
    def open(
        cls,
        directory: Path,
        migrations: tuple[Migration, ...] | None = None,
        *,
        read_only: bool = False,
    ) -> Store:
        """Own the store in `directory`, made when missing; raises a `StoreError` that says why.

        With `read_only` nothing in the directory is made, changed or locked.
        """
        opening = attach_read_only if read_only else attach
        return cls(opening(directory, migrations or shipped()))

    async def insert(self, table: str, records: Sequence[Any]) -> None:
        """Append dataclass records whose fields are the table's columns; durable on return."""
        if records:
            await self.until(self.submit(table, records))

    def submit(
        self,
        table: str,
        records: Sequence[Any],
        gone: Gone | None = None,
        after: Future[None] | None = None,
        may_wait: bool = False,
    ) -> Future[None]:
        """Like `insert` without waiting; the future resolves when the rows are durable.

        Where an earlier write `after` failed, this one fails with it. Rows that `may_wait` survive
        the program at once; they are committed, and seen by a read, within a quarter of a second,
        or as soon as somebody waits for them.
        """
        spec = self._tables[table]
        done: Future[None] = Future()
        rows = tuple(self._row(spec, record) for record in records)
        write = Write(done, spec, rows, gone=gone, after=after)
        if may_wait and rows and gone is None and after is None:
            self._writer.put_later(write)
        else:
            self._writer.put(write)
        if not may_wait:
            self._writer.hurry()
        return done

    async def until(self, done: Future[None]) -> None:
        """Return when a write is durable; of those that one commit wakes, one after the other."""
        if not done.done():
            self._writer.hurry()
        await asyncio.shield(asyncio.wrap_future(done))
        await self._turns.take()

    async def flush(self) -> None:
        """Return when all that was written so far is committed, or was refused."""
        await self.change(lambda cursor: None)

    async def change(self, statements: Statements) -> None:
        """Run statements of their own as one durable transaction."""
        done: Future[None] = Future()
        self._writer.put(Write(done, statements=statements))
        await self.until(done)

    def inserting(self, table: str, records: Sequence[Any]) -> Statements:
        """Statements that append records, as a part of a `change`."""
        spec = self._tables[table]
        rows = [self._row(spec, record) for record in records]
        return lambda cursor: insert(cursor, spec, rows)

    async def cover(self, tables: Sequence[str]) -> None:
        """From now on read and write copies of tables, in memory; what is stored stays."""

        def statements(cursor: duckdb.DuckDBPyConnection) -> None:
            for table in tables:
                copy = f"SELECT * FROM store.main.{table} ORDER BY rowid"
                cursor.execute(f"CREATE OR REPLACE TABLE memory.main.{table} AS {copy}")

        await self.change(statements)

    async def uncover(self, tables: Sequence[str]) -> None:
        """Forget the copies."""

        def statements(cursor: duckdb.DuckDBPyConnection) -> None:
            for table in tables:
                cursor.execute(f"DROP TABLE IF EXISTS memory.main.{table}")

        await self.change(statements)

    async def replace(
        self, table: str, column: str, keys: Sequence[str], records: Sequence[Any]
    ) -> None:
        """Put records in place of all rows whose `column` is one of `keys`, in one transaction."""
        spec = self._tables[table]
        rows = [self._row(spec, record) for record in records]

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
        try:
            self._writer.close()
            self._spool.close()
            self._root.execute("USE memory")
            self._root.execute("DETACH store")
        except duckdb.Error as error:
            raise StoreError(
                f"The store did not close cleanly; its log is kept: {error}"
            ) from error
        finally:
            self._root.close()
            self._let_go()

    def _row(self, table: Table, record: Any) -> Row:
        place = (table.name, type(record))
        if place not in self._records:
            self._records[place] = _reader(table, type(record))
        return self._records[place](record)

    def _fetch(
        self, sql: str, parameters: Sequence[object], running: list[duckdb.DuckDBPyConnection]
    ) -> list[tuple[Any, ...]]:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = new_cursor(self._root)
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


def _reader(table: Table, kind: type[Any]) -> Callable[[Any], Row]:
    """Reads a record's values, once it is known that they are the table's columns."""
    if not is_dataclass(kind):
        raise TypeError(f"{table.name} takes dataclass records, not {kind.__name__}")
    names = tuple(field.name for field in fields(kind))
    if names != tuple(name for name, _ in table.columns):
        raise TypeError(f"{kind.__name__} does not match the columns of {table.name}")
    return attrgetter(*names)
