"""A new store has at once what an old one comes to step by step."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.store import migrate
from core.store.database import Store
from core.store.migrate import shipped
from tests.schema import PATH, schema, tables_of


def _tables(directory: Path) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{directory}/store.duckdb' AS store (READ_ONLY)")
        return sorted(tables_of(connection))


def _versions(directory: Path) -> list[tuple[int, str]]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{directory}/store.duckdb' AS store (READ_ONLY)")
        return connection.execute("SELECT n, sha FROM store.schema_version ORDER BY n").fetchall()


def test_the_schema_is_where_the_migrations_lead_to() -> None:
    assert PATH.read_text("utf-8") == schema(), "write it anew: python -m tests.schema"


def test_a_new_store_and_one_that_took_every_step_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(tmp_path / "new").close()
    for n in range(1, len(shipped()) + 1):
        Store.open(tmp_path / "old", shipped()[:n]).close()
    monkeypatch.setattr(migrate, "stamp", lambda migrations: "-- of other migrations")
    Store.open(tmp_path / "without").close()
    new = tmp_path / "new"
    for other in (tmp_path / "old", tmp_path / "without"):
        assert _tables(other) == _tables(new)
        assert _versions(other) == _versions(new)
    assert len(_versions(new)) == len(shipped())
