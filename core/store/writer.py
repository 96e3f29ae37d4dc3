"""The one writer: a thread that turns waiting writes into few, wide, durable commits.

A write is acknowledged after its COMMIT, so an acknowledged row survives `kill -9`.
An error inside a transaction spoils all of it; then the batch is undone and each
write runs alone, so that only the bad one fails.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum

import duckdb

from core.errors import StoreError
from core.store.spool import Spool
from core.store.tables import Row, Table, insert

_MAX_BATCH = 512
_LAZY_S = 0.25
"""How long a write waits at most for others, while nobody waits for it."""
_LINGER_S = 0.01
"""And once somebody does, where many write at once."""
_CROWD = 4
"""Writes of one commit that let the next one wait for more."""


class _Hurry(Enum):
    NOW = 0


Statements = Callable[[duckdb.DuckDBPyConnection], object]


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows of a table that go, by the values of one column."""

    table: str
    column: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """Rows for one table and rows of another that go with them, or statements of their own."""

    done: Future[None]
    table: Table | None = None
    rows: tuple[Row, ...] = ()
    statements: Statements | None = None
    gone: Gone | None = None
    spooled: int = 0
    """Its number, where it is kept in a file until it is committed."""
    after: Future[None] | None = None
    """An earlier write without which this one is not written."""

    @property
    def spoiled(self) -> BaseException | None:
        """Why it is not written."""
        is_known = self.after is not None and self.after.done()
        return self.after.exception() if self.after and is_known else None


class Writer:
    """Owns the writing cursor; `put` never blocks, the future resolves after COMMIT."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, spool: Spool) -> None:
        self._cursor, self._spool = cursor, spool
        # Not a SimpleQueue: its timed get can wait for ever once the time is over (CPython 3.11).
        self._queue: queue.Queue[Write | _Hurry | None] = queue.Queue()
        self._is_hurried = False
        """Whether everything that was put is to be committed now."""
        self._is_closed = False
        self._dead: StoreError | None = None
        self._n_last = 0
        """Writes of the last commit."""
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, write: Write) -> None:
        """Queue a write; from here on its future cannot be cancelled."""
        write.done.set_running_or_notify_cancel()
        if self._is_closed:
            _fail(write, StoreError("The store is closed; nothing was written."))
            return
        self._queue.put(write)
        self._is_hurried = False

    def hurry(self) -> None:
        """Commit what is queued now: somebody waits for it."""
        if not self._is_hurried:
            self._is_hurried = True
            self._queue.put(_Hurry.NOW)

    def put_later(self, write: Write) -> None:
        """Queue rows that may wait; they survive the program from here on."""
        assert write.table is not None
        n = self._spool.add(write.table, write.rows)
        self.put(replace(write, spooled=n))
        if not n:
            self.hurry()

    def close(self) -> None:
        """Commit what is queued, then end the thread and its cursor."""
        self._is_closed = True
        self._queue.put(None)
        self._thread.join()
        self._cursor.close()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            if isinstance(first, _Hurry):
                continue
            batch, is_last = self._drain(first)
            self._commit(batch)
            if is_last:
                return

    def _drain(self, first: Write) -> tuple[list[Write], bool]:
        """What has come meanwhile shares the commit: most of its cost is fixed.

        More may come until somebody waits for one of them, and a little longer where many do.
        """
        batch = [first]
        end = time.monotonic() + _LAZY_S
        while len(batch) < _MAX_BATCH:
            try:
                write = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            if write is None:
                return batch, True
            if isinstance(write, _Hurry):
                linger_s = _LINGER_S if self._n_last > _CROWD else 0.0
                end = min(end, time.monotonic() + linger_s)
            else:
                batch.append(write)
        self._n_last = len(batch)
        return batch, False

    def _commit(self, batch: list[Write]) -> None:
        if self._dead is not None:
            for write in batch:
                _fail(write, self._dead)
            return
        for write in batch:
            if spoiled := write.spoiled:
                _fail(write, spoiled)
        batch = [write for write in batch if not write.done.done()]
        if not batch:
            return
        error = self._transaction(batch)
        if error is None:
            for write in batch:
                write.done.set_result(None)
        elif len(batch) > 1 and self._dead is None:
            for write in batch:
                self._commit([write])
        else:
            for write in batch:
                _fail(write, _named(error))

    def _transaction(self, batch: list[Write]) -> Exception | None:
        try:
            self._cursor.execute("BEGIN")
            _run_all(self._cursor, batch)
            if spooled := max(write.spooled for write in batch):
                self._spool.mark(self._cursor, spooled)
            self._cursor.execute("COMMIT")
        except duckdb.FatalException as error:
            self._dead = _named(error)
            return error
        except Exception as error:  # noqa: BLE001 - handed to the waiting caller, whatever it is
            self._undo()
            return error
        if spooled:
            with suppress(OSError):  # the mark says the same
                self._spool.drop(spooled)
        return None

    def _undo(self) -> None:
        try:
            self._cursor.execute("ROLLBACK")
        except duckdb.FatalException as error:
            self._dead = _named(error)
        except duckdb.Error:
            return  # a failed COMMIT has already ended the transaction


def _fail(write: Write, error: BaseException) -> None:
    write.done.set_exception(error)


def _named(error: Exception) -> StoreError:
    if isinstance(error, duckdb.FatalException):
        return StoreError(
            f"The store stopped and must be opened again; every acknowledged row is kept: {error}"
        )
    if "No space left" in str(error):
        return StoreError(
            "The disk is full. Every acknowledged row is kept; free space, then resume."
        )
    if "attached in read-only mode" in str(error):
        return StoreError("The workspace is open read-only; nothing was changed.")
    return StoreError(f"A write failed and was undone: {error}")


@dataclass(slots=True)
class _Batch:
    """What lies between two writes with statements of their own, one statement for each table."""

    rows: dict[str, tuple[Table, list[Row]]] = field(default_factory=dict)
    gone: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, write: Write) -> None:
        if write.table is not None and write.rows:
            self.rows.setdefault(write.table.name, (write.table, []))[1].extend(write.rows)
        if write.gone is not None:
            place = (write.gone.table, write.gone.column)
            self.gone.setdefault(place, []).extend(write.gone.keys)

    def run(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Insert all, then delete: what goes may have come in the same batch."""
        for table, rows in self.rows.values():
            insert(cursor, table, rows)
        for (table_name, column), keys in self.gone.items():
            chosen = f"{column} IN (SELECT unnest(?::VARCHAR[]))"
            cursor.execute(f"DELETE FROM {table_name} WHERE {chosen}", [keys])


def _run_all(cursor: duckdb.DuckDBPyConnection, writes: list[Write]) -> None:
    """All writes in their order, so that a batch costs one statement per table."""
    batch = _Batch()
    for write in writes:
        if write.statements is None:
            batch.add(write)
            continue
        batch.run(cursor)
        batch = _Batch()
        write.statements(cursor)
    batch.run(cursor)
