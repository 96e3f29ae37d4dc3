"""Tables as they are stored, and how rows get into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name and its columns with their SQL types, in order."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def insert_sql(self) -> str:
        """One statement for any number of rows, given as one list per column."""
        values = ", ".join(f"unnest(?::{kind}[])" for _, kind in self.columns)
        return f"INSERT INTO {self.name} SELECT {values}"


def stored_tables(root: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    """All tables of an attached store by name."""
    rows = root.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'store' ORDER BY table_name, column_index"
    ).fetchall()
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        columns.setdefault(table, []).append((column, kind))
    return {name: Table(name, tuple(parts)) for name, parts in columns.items()}


def insert(cursor: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows with one statement, inside the caller's transaction."""
    if rows:
        cursor.execute(table.insert_sql, [list(column) for column in zip(*rows, strict=True)])
