"""Temporary folders: those of a killed process are swept, nobody else's ever is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.sandbox.pool import Sandbox
from core.scratch import make_scratch, sweep

_ROOT = Path(__file__).parents[2]
_OWNER = """
import sys
from core.scratch import make_scratch
folder = make_scratch().folder
(folder / "work").write_text("x")
print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made in these tests."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def _owner() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", _OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_of_a_killed_process_goes_with_the_next_start_and_not_before() -> None:
    process, folder = _owner()
    with process:
        assert sweep() == 0
        assert (folder / "work").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert sweep() == 1
        assert not folder.exists()


def test_a_folder_of_this_process_is_left_until_it_removes_it() -> None:
    scratch = make_scratch()
    assert sweep() == 0
    assert scratch.folder.is_dir()
    scratch.remove()
    assert not scratch.folder.exists()


def test_what_has_no_owner_or_only_points_somewhere_is_never_touched(place: Path) -> None:
    gone, folder = _owner()
    with gone:
        gone.kill()
    folder.rename(place / "elsewhere")
    (place / "gemel-link").symlink_to(place / "elsewhere")
    (place / "gemel-demo").mkdir()
    (place / "gemel-file").write_text("")
    assert sweep() == 0
    assert (place / "elsewhere" / "work").exists()
    assert (place / "gemel-demo").is_dir()


async def test_a_sandbox_that_starts_sweeps_what_a_killed_one_left_with_closed_folders() -> None:
    process, folder = _owner()
    (folder / "closed" / "below").mkdir(parents=True)
    (folder / "closed").chmod(0)
    with process:
        process.kill()
    async with Sandbox(1):
        assert not folder.exists()
