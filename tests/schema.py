"""Writes `core/store/schema.sql`, where all migrations lead to: `python -m tests.schema`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from core.store.migrate import migrate, shipped, stamp

PATH = Path(__file__).parent.parent / "core" / "store" / "schema.sql"
_WHAT = "-- Where the migrations lead to; made by `python -m tests.schema`."
_TABLES = """SELECT sql FROM duckdb_tables() WHERE database_name = 'store'
UNION ALL SELECT sql FROM duckdb_indexes() UNION ALL SELECT sql FROM duckdb_sequences()
UNION ALL SELECT sql FROM duckdb_views() WHERE NOT internal"""


def tables_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Everything that an attached store has, in words."""
    return [sql for (sql,) in connection.execute(_TABLES).fetchall()]


def schema() -> str:
    """The text as it should be."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute(f"ATTACH '{folder}/store.duckdb' AS store")
        connection.execute("USE store")
        for n in range(1, len(shipped()) + 1):  # one by one, so never from the file itself
            migrate(connection, shipped()[:n])
        tables = "\n".join(tables_of(connection))
        connection.execute("USE memory")
        connection.execute("DETACH store")
    return f"{stamp(shipped())}\n{_WHAT}\n\n{tables}\n"


if __name__ == "__main__":
    PATH.write_text(schema(), "utf-8")
    sys.stdout.write(f"{PATH}\n")
