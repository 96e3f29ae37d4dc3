"""The store: group commit, isolation of bad writes, reads, ownership, refusals."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from core.errors import StoreError, StoreLockedError, StoreVersionError
from core.store import writer
from core.store.database import Store
from core.store.migrate import Migration, shipped
from core.store.runs import RunStateRow

_WHEN = datetime.fromisoformat("2026-01-01")


def _row(name: str, status: str = "running") -> RunStateRow:
    return RunStateRow(name, status, "", _WHEN)


async def test_a_row_is_there_after_reopening(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await store.insert("run_states", [_row("a")])
    store.close()
    again = Store.open(tmp_path)
    assert await again.load(RunStateRow, "run_states", "") == [_row("a")]
    again.close()


async def test_one_bad_write_spoils_no_other_of_its_batch(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    writes = [
        store.insert("run_states", [_row(f"r{n}", "nonsense" if n == 7 else "running")])
        for n in range(40)
    ]
    results = await asyncio.gather(*writes, return_exceptions=True)
    failed = [n for n, result in enumerate(results) if result is not None]
    rows = await store.fetch("SELECT count(*) FROM run_states")
    store.close()
    assert failed == [7]
    assert isinstance(results[7], StoreError)
    assert rows == [(39,)]


async def test_what_may_wait_is_committed_as_soon_as_somebody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_LAZY_S", 3_600.0)
    store = Store.open(tmp_path)
    lazy = [store.submit("run_states", [_row(f"r{n}")], may_wait=True) for n in range(3)]
    assert await store.fetch("SELECT count(*) FROM run_states") == [(0,)]
    async with asyncio.timeout(60):
        await store.until(lazy[1])
        assert await store.fetch("SELECT count(*) FROM run_states") == [(3,)]
        late = store.submit("run_states", [_row("r3")], may_wait=True)
        await store.insert("run_states", [_row("r4")])
        assert late.done()
        store.submit("run_states", [_row("r5")], may_wait=True)
        await asyncio.wrap_future(store.submit("run_states", [_row("r6")]))
    store.submit("run_states", [_row("r7")], may_wait=True)
    store.close()
    again = Store.open(tmp_path)
    assert await again.fetch("SELECT count(*) FROM run_states") == [(8,)]
    again.close()


async def test_what_nobody_waits_for_is_committed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_LAZY_S", 0.0)
    store = Store.open(tmp_path)
    async with asyncio.timeout(60):
        await asyncio.wrap_future(store.submit("run_states", [_row("a")], may_wait=True))
    store.close()


async def test_a_write_fails_with_the_one_that_it_follows(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    bad = store.submit("run_states", [_row("bad", "nonsense")])
    follows = store.submit("run_states", [_row("follows")], after=bad)
    good = store.submit("run_states", [_row("good")])
    results = await asyncio.gather(*map(store.until, (bad, follows, good)), return_exceptions=True)
    with pytest.raises(StoreError):
        await store.until(store.submit("run_states", [_row("late")], after=bad))
    await store.until(store.submit("run_states", [_row("fine")], after=good))
    rows = await store.fetch("SELECT run_id FROM run_states ORDER BY run_id")
    store.close()
    assert [type(result) for result in results] == [StoreError, StoreError, type(None)]
    assert rows == [("fine",), ("good",)]


async def test_a_cancelled_insert_is_still_written(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    task = asyncio.create_task(store.insert("run_states", [_row("kept")]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.insert("run_states", [_row("next")])
    rows = await store.fetch("SELECT run_id FROM run_states ORDER BY run_id")
    store.close()
    assert rows == [("kept",), ("next",)]


async def test_a_cancelled_read_ends_its_query_and_the_reader_works_on(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    endless = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range > b.range"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await store.fetch(endless)
    assert await store.fetch("SELECT 1") == [(1,)]
    store.close()


async def test_replace_swaps_rows_in_one_transaction(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    await store.insert("run_states", [_row("a"), _row("b")])
    with pytest.raises(StoreError):
        await store.replace("run_states", "run_id", ["a", "b"], [_row("c", "nonsense")])
    assert await store.fetch("SELECT run_id FROM run_states ORDER BY 1") == [("a",), ("b",)]
    await store.replace("run_states", "run_id", ["a"], [_row("c")])
    assert await store.fetch("SELECT run_id FROM run_states ORDER BY 1") == [("b",), ("c",)]
    store.close()


async def test_small_row_groups_hold_on_every_open(tmp_path: Path) -> None:
    for _ in range(2):
        store = Store.open(tmp_path)
        await store.insert("run_states", [_row(f"r{n}") for n in range(5000)])
        store.close()
    store = Store.open(tmp_path)
    (groups,) = await store.fetch(
        "SELECT max(count) FROM pragma_storage_info('run_states') WHERE segment_type <> 'VALIDITY'"
    )
    store.close()
    assert groups[0] <= 2048


def test_a_second_owner_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    script = (
        "import sys; from pathlib import Path; from core.store.database import Store\n"
        "from core.errors import StoreLockedError\n"
        "try: Store.open(Path(sys.argv[1]))\n"
        "except StoreLockedError as error: print(error)"
    )
    second = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    store.close()
    assert f"process {os.getpid()}" in second.stdout
    Store.open(tmp_path).close()


def test_a_second_store_of_one_process_is_refused_too(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with pytest.raises(StoreLockedError):
        Store.open(tmp_path)
    store.close()


def test_a_store_from_a_newer_version_is_refused_unchanged(tmp_path: Path) -> None:
    newer = (*shipped(), Migration(len(shipped()) + 1, "999_new.sql", "CREATE TABLE later (a INT)"))
    Store.open(tmp_path, newer).close()
    before = (tmp_path / "store.duckdb").read_bytes()
    with pytest.raises(StoreVersionError, match="newer version"):
        Store.open(tmp_path)
    assert (tmp_path / "store.duckdb").read_bytes() == before
    Store.open(tmp_path, newer).close()


async def test_a_failing_migration_is_undone_whole(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    bad = Migration(len(shipped()) + 1, "bad.sql", "CREATE TABLE half (a INT); SELECT nonsense;")
    with pytest.raises(StoreError, match="undone"):
        Store.open(tmp_path, (*shipped(), bad))
    store = Store.open(tmp_path)
    tables = await store.fetch("SELECT table_name FROM duckdb_tables() WHERE table_name = 'half'")
    store.close()
    assert tables == []


def test_an_altered_migration_is_noticed(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    first, *rest = shipped()
    altered = Migration(first.n, first.name, first.sql + "\n-- altered")
    with pytest.raises(StoreError, match="differs"):
        Store.open(tmp_path, (altered, *rest))


def test_a_damaged_store_is_named_and_left_alone(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    path = tmp_path / "store.duckdb"
    path.write_bytes(b"\0" * 4096)
    with pytest.raises(StoreError, match=r"store\.duckdb"):
        Store.open(tmp_path)
    assert path.read_bytes() == b"\0" * 4096


def test_a_workspace_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(tmp_path / "file" / "workspace")


async def test_hostile_text_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    text = "'); DROP TABLE runs; -- \x1b[2J \u202e 日本 " + "long " * 5000
    await store.insert("run_states", [RunStateRow("a", "running", text, _WHEN)])
    (row,) = await store.load(RunStateRow, "run_states", "")
    store.close()
    assert row.reason == text
