"""What a folder holds is counted, whatever is done to hide it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.sandbox.zygote.usage import exceeds

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of a plain user, where he can come to it."""
    made = Path(tempfile.mkdtemp())
    try:
        yield made
    finally:
        shutil.rmtree(made)


@contextmanager
def plain_user(folder: Path) -> Iterator[None]:
    """Root may read everything, and then nothing can be hidden."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, NOBODY, -1)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_and_their_entries_are_counted(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "file").write_bytes(bytes(10_000))
    assert not exceeds(str(folder), 2 * 4096 + 4096 + 10_000)
    assert exceeds(str(folder), 10_000)
    assert not exceeds(str(folder / "gone"), 0)


def test_a_folder_that_cannot_be_read_counts_as_too_much(folder: Path) -> None:
    with plain_user(folder):
        (folder / "shut").mkdir(0o300)
        (folder / "shut" / "file").write_bytes(bytes(100))
        try:
            assert exceeds(str(folder), 1 << 30)
        finally:
            (folder / "shut").chmod(0o700)
        assert not exceeds(str(folder), 1 << 30)


def test_what_lies_too_deep_to_follow_counts_as_too_much(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=place)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(place)
    assert exceeds(str(folder), 1 << 30)
