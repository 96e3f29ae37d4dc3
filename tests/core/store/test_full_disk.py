"""A disk that fills up loses no acknowledged row, and says what to do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import RefusedError, StoreError
from core.store.database import Store
from core.store.runs import StateRow
from core.workspace import Workspace


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with a few megabytes; needs the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_a_full_disk_loses_no_acknowledged_row(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(os.urandom(6 << 20))
    store = Store.open(small_disk / "workspace")
    acknowledged: list[str] = []

    async def write_until_full() -> None:
        while True:
            name = str(len(acknowledged))
            await store.insert("states", [StateRow(name, os.urandom(30_000).hex())])
            acknowledged.append(name)

    with pytest.raises(StoreError, match=r"disk is full|must be opened again"):
        await write_until_full()
    assert len(acknowledged) > 10
    with suppress(StoreError):
        store.close()
    ballast.unlink()
    again = Store.open(small_disk / "workspace")
    rows = {name for (name,) in await again.fetch("SELECT state FROM states")}
    await again.insert("states", [StateRow("after", "")])
    again.close()
    assert rows >= set(acknowledged)


def test_no_work_starts_on_a_disk_that_is_nearly_full(small_disk: Path) -> None:
    with pytest.raises(RefusedError, match="free space"):
        Workspace(small_disk).refuse_full_disk()
