"""The newest state of a run counts, also after the table was made anew."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.errors import StoreError
from core.store.database import Store
from core.store.migrate import shipped
from core.store.runs import unended_runs

_STATES = (("a", "running"), ("b", "running"), ("a", "stopped"), ("a", "running"), ("b", "failed"))


async def test_an_older_stores_runs_keep_their_newest_state(tmp_path: Path) -> None:
    migrations = shipped()
    store = Store.open(tmp_path, migrations[:4])
    try:
        await store.change(_insert)
    finally:
        store.close()
    store = Store.open(tmp_path)
    try:
        assert await unended_runs(store) == ["a"]
        await store.change(
            lambda cursor: cursor.execute(
                "INSERT INTO run_states VALUES ('b', 'paused', 'why', now()::TIMESTAMP)"
            )
        )
        assert await unended_runs(store) == ["a", "b"]
        with pytest.raises(StoreError, match="CHECK"):
            await store.change(
                lambda cursor: cursor.execute(
                    "INSERT INTO run_states VALUES ('b', 'napping', '', now()::TIMESTAMP)"
                )
            )
    finally:
        store.close()


def _insert(cursor: duckdb.DuckDBPyConnection) -> None:
    for run_id, status in _STATES:
        cursor.execute(
            "INSERT INTO run_states VALUES (?, ?, '', now()::TIMESTAMP)", [run_id, status]
        )
