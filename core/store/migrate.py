"""Brings a store to this program's schema: numbered SQL files, each in one transaction.

A new store takes all of them at once from `schema.sql`, where they led to when that was written
(`python -m tests.schema`); one that is not up to date is left aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

import duckdb

from core.errors import StoreError, StoreVersionError

_VERSIONS = """CREATE TABLE IF NOT EXISTS schema_version (
    n INTEGER NOT NULL, name VARCHAR NOT NULL, sha VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL
)"""
_APPLIED = """INSERT INTO schema_version
SELECT unnest(?::INTEGER[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), now()::TIMESTAMP"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    n: int
    name: str
    sql: str

    @property
    def sha(self) -> str:
        """Hash of the text, so that an edited step is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def shipped() -> tuple[Migration, ...]:
    """The migrations of this program, in order."""
    files = resources.files("core.store.migrations")
    names = sorted(entry.name for entry in files.iterdir() if entry.name.endswith(".sql"))
    return tuple(
        Migration(int(name.split("_")[0]), name, (files / name).read_text("utf-8"))
        for name in names
    )


def missing(
    connection: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...]
) -> tuple[Migration, ...]:
    """What has still to be applied; changes nothing, raises for newer or altered stores."""
    if [step.n for step in migrations] != list(range(1, len(migrations) + 1)):
        raise StoreError("the shipped migrations have a gap in their numbers")
    applied = _applied(connection)
    newest = max(applied, default=0)
    if newest > len(migrations):
        raise StoreVersionError(
            f"The store has schema {newest}, this gemel knows {len(migrations)}: it was written by "
            "a newer version. Nothing was changed; upgrade gemel or choose another workspace."
        )
    for step in migrations[:newest]:
        if applied.get(step.n) != step.sha:
            raise StoreError(f"Migration {step.name} differs from the one this store was made with")
    return migrations[newest:]


def migrate(
    connection: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...]
) -> tuple[int, ...]:
    """Apply what is missing and return its numbers."""
    steps = missing(connection, migrations)
    if steps == shipped() and (tables := _schema(steps)):
        _create(connection, steps, tables)
        return tuple(step.n for step in steps)
    if steps:
        connection.execute(_VERSIONS)
    for step in steps:
        _apply(connection, step)
    return tuple(step.n for step in steps)


def stamp(migrations: Iterable[Migration]) -> str:
    """The first line of a schema that these led to."""
    together = hashlib.sha256(" ".join(step.sha for step in migrations).encode())
    return f"-- {together.hexdigest()}"


def _schema(migrations: tuple[Migration, ...]) -> str:
    """All tables of a new store; empty where other migrations led to them."""
    text = (resources.files("core.store") / "schema.sql").read_text("utf-8")
    return text if text.startswith(stamp(migrations)) else ""


def _create(
    connection: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...], tables: str
) -> None:
    connection.execute("BEGIN")
    connection.execute("DROP TABLE IF EXISTS schema_version")  # of an opening that was cut off
    connection.execute(tables)
    _note(connection, migrations)
    connection.execute("COMMIT")


def _note(connection: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...]) -> None:
    names = [step.name for step in migrations]
    said = [[step.n for step in migrations], names, [step.sha for step in migrations]]
    connection.execute(_APPLIED, said)


def _applied(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    try:
        return dict(connection.execute("SELECT n, sha FROM schema_version").fetchall())
    except duckdb.CatalogException:
        return {}  # a new store


def _apply(connection: duckdb.DuckDBPyConnection, step: Migration) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute(step.sql)
        _note(connection, (step,))
    except duckdb.Error as error:
        connection.execute("ROLLBACK")
        raise StoreError(f"Migration {step.name} failed and was undone: {error}") from error
    connection.execute("COMMIT")
