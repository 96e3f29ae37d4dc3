"""Opens the database below a store: to be changed, or only to be read.

The database is attached, with small row groups, to an in-memory root on every open:
with the default row groups one checkpoint of transcripts stalls commits for seconds.
A name is looked up in the root first, so that a table there stands before the stored one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.errors import StoreError, StoreLockedError
from core.scratch import Scratch, make_scratch
from core.store.lock import StoreLock
from core.store.migrate import Migration, migrate, missing
from core.store.spool import is_left, replay
from core.store.tables import stored_tables

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
    "threads": "2",
}
_STORE, _LOG = "store.duckdb", "store.duckdb.wal"


@dataclass(frozen=True, slots=True)
class Attached:
    """The root connection, and what is to be done once it is closed."""

    root: duckdb.DuckDBPyConnection
    directory: Path | None
    """Where it is; None where nothing may be changed."""
    let_go: Callable[[], None]


def attach(directory: Path, migrations: tuple[Migration, ...]) -> Attached:
    """Own the database of a directory, made when missing and brought to this schema."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = StoreLock(directory / "store.lock")
    except OSError as error:
        raise StoreError(f"The workspace {directory} cannot be used: {error}") from error
    try:
        root = _root(directory)
        _attach(root, directory / _STORE, "ROW_GROUP_SIZE 2048")
        _migrate(root, directory, migrations)
    except BaseException:
        lock.release()
        raise
    return Attached(root, directory, lock.release)


def attach_read_only(directory: Path, migrations: tuple[Migration, ...]) -> Attached:
    """Read the database of a directory, where nothing is made or changed.

    One with an older schema is read through a copy elsewhere that was brought to this one.
    """
    path = directory / _STORE
    if not path.exists():
        raise StoreError(f"There is no store in {directory}: nothing can be read.")
    root = _root(Path(tempfile.gettempdir()))
    _attach(root, path, "READ_ONLY")
    try:
        is_older = bool(missing(root, migrations))
    except BaseException:
        root.close()
        raise
    if not is_older:
        return Attached(root, None, _nothing)
    root.close()
    scratch = _copy(directory)
    try:
        root = _root(scratch.folder)
        _attach(root, scratch.folder / _STORE, "ROW_GROUP_SIZE 2048")
        _migrate(root, scratch.folder, migrations)
    except BaseException:
        scratch.remove()
        raise
    return Attached(root, None, scratch.remove)


def new_cursor(root: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A cursor for one thread."""
    cursor = root.cursor()
    cursor.execute("SET search_path = 'memory.main,store.main'")
    return cursor


def _root(spill: Path) -> duckdb.DuckDBPyConnection:
    """`spill` is where queries that outgrow memory put what they hold for a moment."""
    config = _CONFIG | {"temp_directory": str(spill / f"store.{os.getpid()}.tmp")}
    return duckdb.connect(":memory:", config=config)


def _attach(root: duckdb.DuckDBPyConnection, path: Path, options: str) -> None:
    quoted = str(path).replace("'", "''")
    try:
        root.execute(f"ATTACH '{quoted}' AS store ({options})")
        root.execute("USE store")
        root.execute("SET wal_autocheckpoint_entries = 5000")
    except duckdb.Error as error:
        root.close()
        raise _why_not(path, error) from error


def _migrate(
    root: duckdb.DuckDBPyConnection, directory: Path, migrations: tuple[Migration, ...]
) -> None:
    try:
        if is_left(directory):
            missing(root, migrations)  # raises where nothing may be changed
            replay(root, directory, stored_tables(root))
        if migrate(root, migrations):
            root.execute("CHECKPOINT store")
    except duckdb.Error as error:
        root.close()
        raise _why_not(directory / _STORE, error) from error
    except BaseException:
        root.close()
        raise


def _copy(directory: Path) -> Scratch:
    scratch = make_scratch()
    try:
        for name in (_STORE, _LOG):
            if (directory / name).exists():
                shutil.copyfile(directory / name, scratch.folder / name)
    except OSError as error:
        scratch.remove()
        raise StoreError(
            f"The store in {directory} has an older schema and is read through a copy in "
            f"{scratch.folder.parent}, which could not be made: {error}. Nothing was changed."
        ) from error
    return scratch


def _why_not(path: Path, error: duckdb.Error) -> StoreError:
    text = str(error).splitlines()[0]
    if "Could not set lock" in text or "Unique file handle conflict" in text:
        found = re.search(r"PID (\d+)", text)
        owner = found[1] if found else os.getpid()
        return StoreLockedError(
            f"The workspace {path.parent} is in use by process {owner}. "
            "Nothing was changed. Wait for it, stop it, or choose another workspace with "
            "--workspace."
        )
    if "No space left" in text:
        return StoreError(
            f"The disk is full; the store {path} is unchanged. Free space, then try again."
        )
    if "Corrupt" in text or "checksum" in text:
        return StoreError(
            f"The store {path} is damaged ({text}). Copy it and its .wal aside before any repair."
        )
    return StoreError(f"The store {path} cannot be opened: {text}")


def _nothing() -> None:
    """No lock was taken."""
