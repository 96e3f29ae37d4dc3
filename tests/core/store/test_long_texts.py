"""Long texts are compressed in the one way that no commit waits for, in old stores, too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.store.database import Store
from core.store.migrate import shipped
from core.store.runs import CallRow, IterationRow, MessageRow, StateRow

_WHEN = datetime(2026, 11, 26, tzinfo=UTC).replace(tzinfo=None)
_N_OLDER = 17
"""Migrations before the one that says it."""
_RECORDS: dict[str, list[Any]] = {
    "states": [StateRow(f"s{n}", f"[{n}]" * 900) for n in range(40)],
    "messages": [MessageRow(f"m{n}", f"{n} " * 900) for n in range(40)],
    "calls": [
        CallRow("run", f"r{n}", 1, 1, "m", f"s{n}", "ok", "stop", f"say {n} " * 200, 100, 10, 20, 0,
                1_000, 0.1, _WHEN, tool_calls="[1]", reasoning="hm", task_id="suite/t")
        for n in range(40)
    ],
    "iterations": [
        IterationRow("run", f"r{n}", 1, f"find {n}", f"put {n}", "", "failed", 1, 2, "why", 0.1,
                     "[]", "a comma")
        for n in range(40)
    ],
}  # fmt: skip


async def test_a_store_with_older_tables_keeps_every_row_in_its_order(tmp_path: Path) -> None:
    store = Store.open(tmp_path, shipped()[:_N_OLDER])
    for table, records in _RECORDS.items():
        await store.insert(table, records)
    store.close()
    store = Store.open(tmp_path)
    try:
        for table, records in _RECORDS.items():
            assert await store.load(type(records[0]), table, "ORDER BY rowid") == records
    finally:
        store.close()


async def test_long_texts_are_compressed_as_they_say_after_another_start(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    store = Store.open(tmp_path)
    for table, records in _RECORDS.items():
        await store.insert(table, records * 60)
    store.close()
    store = Store.open(tmp_path)
    try:
        found = await store.fetch(
            "SELECT column_name, compression FROM pragma_storage_info('store.main.calls') "
            "WHERE segment_type = 'VARCHAR'"
        )
        assert {how for column, how in found if column == "reply"} == {"ZSTD"}
        assert "ZSTD" not in {how for column, how in found if column == "rollout_id"}
    finally:
        store.close()
