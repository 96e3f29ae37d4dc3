"""What may wait survives the program: each row once, whatever was committed before it ended."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import StoreError
from core.store import spool, writer
from core.store.database import Store
from core.store.runs import StateRow
from core.store.spool import Spool
from core.store.tables import Table

_STATES = Table("states", (("state", "VARCHAR"), ("messages", "VARCHAR")))


@pytest.fixture(autouse=True)
def _never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is committed before somebody waits for it."""
    monkeypatch.setattr(writer, "_LAZY_S", 3_600.0)


def _later(store: Store, *names: str) -> None:
    store.submit("states", [StateRow(name, "[]") for name in names], may_wait=True)


async def _names(directory: Path) -> list[str]:
    store = Store.open(directory)
    try:
        rows = await store.fetch("SELECT state FROM states ORDER BY rowid")
        return [name for (name,) in rows]
    finally:
        store.close()


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("*.pending-*"))


def _killed(directory: Path, elsewhere: Path) -> Path:
    """A store as it would be found if its program ended now."""
    shutil.copytree(directory, elsewhere)
    return elsewhere


async def test_what_was_not_committed_is_there_when_the_store_is_opened_again(
    tmp_path: Path,
) -> None:
    store = Store.open(tmp_path / "a")
    _later(store, "1", "2")
    _later(store, "3")
    left = _killed(tmp_path / "a", tmp_path / "b")
    store.close()
    for directory in (left, tmp_path / "a", left):
        assert await _names(directory) == ["1", "2", "3"]
        assert not spool.is_left(directory)


async def test_what_was_committed_is_not_written_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a")
    _later(store, "1")
    (file,) = (tmp_path / "a").glob("*.pending-*")
    before = file.read_bytes()
    await store.flush()
    _later(store, "2")
    left = _killed(tmp_path / "a", tmp_path / "b")
    store.close()
    after = (left / file.name).read_bytes()
    (left / file.name).write_bytes(before + after)  # as if it had not been emptied in time
    assert await _names(left) == ["1", "2"]


async def test_a_row_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a")
    _later(store, "1")
    _later(store, "2")
    left = _killed(tmp_path / "a", tmp_path / "b")
    store.close()
    (file,) = left.glob("*.pending-*")
    for n_cut in (1, 8, 20):
        again = _killed(left, tmp_path / f"cut-{n_cut}")
        (again / file.name).write_bytes(file.read_bytes()[:-n_cut])
        assert await _names(again) == ["1"]
    for spoiled in (b"\xff" * 40, b"\0" * 7, b"\0" * 64):
        again = _killed(left, tmp_path / f"spoiled-{len(spoiled)}")
        (again / file.name).write_bytes(file.read_bytes() + spoiled)
        assert await _names(again) == ["1", "2"]


async def test_what_the_store_refuses_is_left_out_and_the_rest_is_written(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    kept = Spool(tmp_path, 0)
    assert kept.add(_STATES, [("1", "[]")]) == 1
    assert kept.add(_STATES, [("2", "[]", "one too many")]) == 2
    assert kept.add(_STATES, [("3", "[]")]) == 3
    kept.close()
    assert await _names(tmp_path) == ["1", "3"]


async def test_files_stay_small_where_something_is_always_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_FULL", 2_000)
    Store.open(tmp_path).close()
    kept, largest = Spool(tmp_path, 0), 0
    for n in range(1, 501):
        assert kept.add(_STATES, [(f"{n:03}", "[]")]) == n
        kept.drop(n - 10)
        largest = max(largest, _size(tmp_path))
    kept.close()
    assert largest < 6_000
    names = await _names(tmp_path)
    assert names[-10:] == [f"{n:03}" for n in range(491, 501)]
    assert names == sorted(set(names))


async def test_where_nothing_can_be_kept_rows_are_committed_at_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "a")
    for name in spool._NAMES:
        (tmp_path / "a" / name).mkdir()
    done = store.submit("states", [StateRow("1", "[]")], may_wait=True)
    async with asyncio.timeout(60):
        await asyncio.wrap_future(done)
    store.close()
    for name in spool._NAMES:
        (tmp_path / "a" / name).rmdir()
    assert await _names(tmp_path / "a") == ["1"]


async def test_no_wait_is_forgotten_while_something_else_is_committed(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    queued = store._writer._queue
    async with asyncio.timeout(60):
        for n in range(100):
            first = store.submit("states", [StateRow(f"{n}", "[]")])
            while not queued.empty():
                pass  # until the writer has taken it
            waiting = asyncio.create_task(store.until(first))
            await asyncio.sleep(0)
            await store.insert("states", [StateRow(f"{n}b", "[]")])
            await waiting
    store.close()


async def test_files_that_cannot_be_emptied_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(Spool, "drop", _no_space)
        _later(store, "1", "2")
        _later(store, "3")
        await store.flush()
    assert await store.fetch("SELECT state FROM states") == [("1",), ("2",), ("3",)]
    store.close()
    assert await _names(tmp_path) == ["1", "2", "3"]


def _no_space(*_: object) -> None:
    raise OSError("no space")


def _no_disk(*_: object) -> None:
    raise duckdb.IOException("No space left on device")


async def test_what_cannot_be_written_now_is_kept_for_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(tmp_path / "a")
    _later(store, "1")
    left = _killed(tmp_path / "a", tmp_path / "b")
    store.close()
    with monkeypatch.context() as broken:
        broken.setattr(spool, "insert", _no_disk)
        with pytest.raises(StoreError, match="disk is full"):
            Store.open(left)
    assert spool.is_left(left)
    assert await _names(left) == ["1"]


async def test_a_store_that_is_closed_or_only_read_keeps_nothing(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.close()
    readers = Store.open(tmp_path, read_only=True)
    for each in (store, readers):
        done = each.submit("states", [StateRow("1", "[]")], may_wait=True)
        with pytest.raises(StoreError, match=r"closed|read-only"):
            await each.until(done)
        assert not spool.is_left(tmp_path)
    readers.close()
    assert await _names(tmp_path) == []


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["later", "wait", "kill", "close"]), max_size=12))
async def test_every_row_is_there_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    place = tmp_path_factory.mktemp("lives")
    directory, said = place / "0", list[str]()
    store = Store.open(directory)
    for at, step in enumerate(steps):
        if step in ("later", "wait"):
            said.append(f"{at:02}")
            _later(store, said[-1])
        if step == "wait":
            await store.flush()
        if step == "kill":
            left = _killed(directory, place / str(at + 1))
            store.close()
            directory, store = left, Store.open(left)
        if step == "close":
            store.close()
            store = Store.open(directory)
    store.close()
    assert await _names(directory) == said
