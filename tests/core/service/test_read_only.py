"""A workspace that may not be changed: all of it can be looked at, and nothing in it is touched."""

from __future__ import annotations

import asyncio
import inspect
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.engine import Engine, open_engine
from core.errors import RefusedError, StoreError, StoreLockedError, UsageError
from core.service.address import socket_path
from core.service.calls import CALLS
from core.service.connect import connect, use_engine
from core.store.database import Store
from core.store.migrate import Migration, shipped
from core.store.runs import RunRow, RunStateRow
from core.workspace import Workspace, find_workspace
from tests.commands.gemel import gemel
from tests.core.service.samples import Samples
from tests.tui.hosting import hosted

_ROOT = Path(__file__).parents[3]
_NOW = datetime.fromisoformat("2026-01-01")
_LOOK = """
import sys
from pathlib import Path
from core.store.database import Store
store = Store.open(Path(sys.argv[1]), read_only=True)
print("open", flush=True)
sys.stdin.read()
store.close()
"""
_NAMED = {"pair_id", "rollout_id", "state", "task_id", "run_id", "job_id"}


def _looking(directory: Path) -> Workspace:
    return Workspace(directory, asks_read_only=True)


def _files(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and its time of change."""
    return {
        str(path.relative_to(directory)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


async def _stored(directory: Path, sql: str) -> list[tuple[Any, ...]]:
    store = Store.open(directory, read_only=True)
    try:
        return await store.fetch(sql)
    finally:
        store.close()


async def _leave_running(directory: Path) -> None:
    """A run as an engine leaves it that is killed."""
    store = Store.open(directory)
    await store.insert("runs", [RunRow("run-x", "rollouts", "{}", _NOW)])
    await store.insert("run_states", [RunStateRow("run-x", "running", "", _NOW)])
    store.close()


def _given(name: str) -> dict[str, Any]:
    samples, spec = Samples(), CALLS[name]
    needed = (p for p in spec.signature.parameters.values() if p.default is inspect.Parameter.empty)
    return {p.name: samples.of(spec.hints[p.name]) for p in needed}


async def test_every_operation_that_is_not_known_to_read_only_is_refused(
    workspace_with_pairs: Path,
) -> None:
    before = _files(workspace_with_pairs)
    writing = sorted(name for name, spec in CALLS.items() if not spec.mark.only_reads)
    async with open_engine(_looking(workspace_with_pairs)) as engine:
        for name in writing:
            with pytest.raises(RefusedError, match="read-only, since --read-only") as refused:
                await getattr(engine, name)(**_given(name))
            assert name.replace("_", " ") in str(refused.value)
            assert "nothing was changed" in str(refused.value)
    assert {"decide", "run_rollouts", "train", "forge", "undo", "export_pairs"} <= set(writing)
    assert _files(workspace_with_pairs) == before


async def _look_at_everything(engine: Engine) -> None:
    await engine.describe()
    standing = await engine.standing()
    assert standing.overview.n_pairs > 0
    page = await engine.pairs_page()
    await engine.show_pair(page.rows[0].pair_id)
    await engine.funnel()
    (run,) = await engine.list_runs()
    grid = await engine.run_grid(run.run_id)
    trace = await engine.show_rollout(grid.cells[0].rollout_id)
    assert trace.rollout.run_id == run.run_id
    await engine.show_split("latest")
    tasks = await engine.suite_tasks("kata")
    await engine.task_view(tasks.rows[0].task_id)
    await engine.list_jobs()
    await engine.list_evaluations()


async def test_looking_makes_and_changes_no_file(workspace_with_pairs: Path) -> None:
    (workspace_with_pairs / "store.lock").unlink()
    before = _files(workspace_with_pairs)
    async with use_engine(_looking(workspace_with_pairs), pytest.fail) as engine:
        await _look_at_everything(engine)
        status = await engine.status()
        assert status.sandbox == "not started"
        assert status.why_read_only
        assert Path(status.socket).parent != workspace_with_pairs
    assert _files(workspace_with_pairs) == before
    assert not socket_path(_looking(workspace_with_pairs)).exists()


async def test_reading_operations_write_nothing_in_a_workspace_that_may_be_changed(
    workspace_with_pairs: Path,
) -> None:
    await _leave_running(workspace_with_pairs)
    sql = "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = 'store'"
    before = await _stored(workspace_with_pairs, sql)
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        await engine.list_runs()
        for name, spec in CALLS.items():
            if spec.mark.only_reads and not _NAMED & _given(name).keys():
                with suppress(UsageError, RefusedError):  # of what the made-up arguments name
                    await getattr(engine, name)(**_given(name))
    assert await _stored(workspace_with_pairs, sql) == before


async def test_what_a_killed_engine_left_is_shown_as_ended_and_marked_with_the_first_change(
    workspace: Path,
) -> None:
    await _leave_running(workspace)
    states = "SELECT status FROM run_states WHERE run_id = 'run-x' ORDER BY rowid"
    for place in (_looking(workspace), Workspace(workspace)):
        async with open_engine(place) as engine:
            assert [run.status for run in await engine.list_runs()] == ["stopped"]
        assert await _stored(workspace, states) == [("running",)]
    async with open_engine(Workspace(workspace)) as engine:
        await engine.set_ceiling(1)
        assert [run.status for run in await engine.list_runs()] == ["stopped"]
    assert await _stored(workspace, states) == [("running",), ("stopped",)]


async def test_a_copy_of_a_workspace_in_use_opens_with_all_its_rows(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    store = Store.open(workspace_with_pairs)
    await store.insert("runs", [RunRow("run-x", "rollouts", "{}", _NOW)])
    await store.insert("run_states", [RunStateRow("run-x", "running", "", _NOW)])
    shutil.copytree(workspace_with_pairs, copy)
    store.close()
    with socket.socket(socket.AF_UNIX) as dead:  # as `cp -a` takes it along
        dead.bind(str(copy / "engine.sock"))
    assert (copy / "store.duckdb.wal").stat().st_size > 0
    before = _files(copy)
    async with use_engine(_looking(copy), pytest.fail) as engine:
        runs = {run.run_id: run.status for run in await engine.list_runs()}
    assert runs["run-x"] == "stopped"
    assert _files(copy) == before
    async with use_engine(Workspace(copy), pytest.fail) as engine:
        assert {run.run_id for run in await engine.list_runs()} == set(runs)


async def test_an_older_schema_is_read_through_a_copy_and_a_newer_one_is_refused(
    workspace: Path,
) -> None:
    newest = Migration(len(shipped()) + 1, "999_new.sql", "CREATE TABLE later (a INT)")
    before = _files(workspace)
    store = Store.open(workspace, (*shipped(), newest), read_only=True)
    assert await store.fetch("SELECT count(*) FROM later") == [(0,)]
    store.close()
    assert _files(workspace) == before
    Store.open(workspace, (*shipped(), newest)).close()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(workspace, read_only=True)


async def test_who_only_looks_reads_beside_an_engine_that_works_and_still_changes_nothing(
    workspace_with_pairs: Path,
) -> None:
    async with hosted(workspace_with_pairs):
        client = await connect(_looking(workspace_with_pairs), start=False)
        try:
            assert (await client.standing()).overview.n_pairs > 0
            with pytest.raises(RefusedError, match="read-only"):
                await client.undo()
            assert (await client.status()).why_read_only == ""
        finally:
            await client.close()


def test_two_may_look_at_once_and_a_change_waits_for_them(workspace: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LOOK, str(workspace)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        Store.open(workspace, read_only=True).close()
        with pytest.raises(StoreLockedError, match=f"in use by process {other.pid}"):
            Store.open(workspace)
        other.communicate()
    Store.open(workspace).close()


async def test_a_store_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path / "nothing", read_only=True)
    assert not (tmp_path / "nothing").exists()


def test_the_environment_may_ask_for_looking_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not find_workspace(str(tmp_path)).asks_read_only
    monkeypatch.setenv("GEMEL_READ_ONLY", "1")
    assert find_workspace(str(tmp_path)).asks_read_only
    workspace = find_workspace(str(tmp_path))
    assert socket_path(workspace) != socket_path(replace(workspace, asks_read_only=False))


@pytest.fixture
def unwritable(workspace_with_pairs: Path) -> Iterator[Path]:
    """A copy that only its owner may write to, who is not the one that runs the test's program."""
    place = Path(tempfile.mkdtemp(prefix="gemel-test-"))
    copy = Path(shutil.copytree(workspace_with_pairs, place / "w"))
    for path in (place, copy):
        path.chmod(0o555)
    for path in copy.iterdir():
        path.chmod(0o444)
    yield copy
    for path in (place, copy):
        path.chmod(0o755)
    shutil.rmtree(place)


def test_a_directory_without_permission_to_write_is_looked_at_by_commands(
    unwritable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/")
    # File modes do not bind root: there the command is another user's.
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    before = _files(unwritable)
    shown = gemel(unwritable, "pairs", "list", "--json", uid=uid)
    assert shown.code == 0, shown.err
    assert len(shown.json) == 1
    refused = gemel(unwritable, "pairs", "undo", uid=uid)
    assert refused.code == 3, refused.err
    said = " ".join(refused.err.split())
    assert f"since you may not write to {unwritable}" in said
    assert "Traceback" not in said
    assert _files(unwritable) == before


async def test_cancelling_a_look_leaves_nothing_behind(workspace: Path) -> None:
    before = _files(workspace)

    async def look() -> None:
        async with use_engine(_looking(workspace), pytest.fail) as engine:
            while True:
                await engine.overview()

    looking = asyncio.create_task(look())
    done, _ = await asyncio.wait([looking], timeout=0.5)
    assert not done
    looking.cancel()
    await asyncio.wait([looking])
    assert looking.cancelled()
    assert _files(workspace) == before
    assert not socket_path(_looking(workspace)).exists()
