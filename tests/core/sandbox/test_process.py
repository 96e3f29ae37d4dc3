"""A program of its own kind is watched from outside, and nothing of it is left."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import SandboxError
from core.sandbox.process import Command, Finished, run


def shell(script: str, folder: Path, **limits: Any) -> Finished:
    return run(Command(["/bin/sh", "-c", script], folder, **limits))


def test_what_it_says_and_how_it_ends_is_told(tmp_path: Path) -> None:
    done = run(Command(["/bin/sh", "-c", "cat; echo no >&2; exit 3"], tmp_path, stdin=b"yes"))
    assert (done.exit_code, done.stdout, done.stderr) == (3, "yes", "no\n")
    assert not done.is_late
    assert not done.is_flood


def test_it_sees_no_environment_but_what_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", "secret")
    done = run(Command(["/usr/bin/env"], tmp_path, {"ONLY": "this"}))
    assert "secret" not in done.stdout
    assert "ONLY=this" in done.stdout


def test_the_clock_ends_it_and_all_that_it_started(tmp_path: Path) -> None:
    done = shell("sleep 60 & echo $! > child; wait", tmp_path, wall_s=0.3)
    assert done.is_late
    assert done.exit_code == -9
    child = int((tmp_path / "child").read_text())
    assert _is_gone(child)


def test_a_child_that_outlives_its_parent_is_ended_too(tmp_path: Path) -> None:
    done = shell("sleep 60 > /dev/null 2>&1 & echo $!", tmp_path)
    assert done.exit_code == 0
    assert _is_gone(int(done.stdout))


def test_saying_too_much_ends_it(tmp_path: Path) -> None:
    done = shell("yes", tmp_path, output_bytes=1 << 18)
    assert done.is_flood
    assert len(done.stdout) < 1 << 21


def test_it_ends_early_when_it_is_asked_to(tmp_path: Path) -> None:
    began = time.monotonic()
    done = run(Command(["/bin/sleep", "60"], tmp_path), lambda: True)
    assert time.monotonic() - began < 30
    assert done.exit_code == -9


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    for command in (["/bin/true"], tmp_path / "nowhere"), (["/no/such/program"], tmp_path):
        with pytest.raises(SandboxError, match="did not start"):
            run(Command(*command))


def test_writing_too_much_ends_it(tmp_path: Path) -> None:
    assert shell(
        "exec cat /dev/zero > x", tmp_path, written=tmp_path, written_bytes=1 << 16
    ).is_full
    assert not shell("exit", tmp_path, written=tmp_path, written_bytes=1 << 30).is_full


def test_it_may_have_time_to_end_when_it_is_asked(tmp_path: Path) -> None:
    tidy = "trap 'echo tidied; exit 5' TERM; while :; do sleep 0.01; done"
    done = shell(tidy, tmp_path, wall_s=0.2, grace_s=20.0)
    assert (done.exit_code, done.stdout, done.is_late) == (5, "tidied\n", True)
    stubborn = "trap '' TERM; while :; do sleep 0.01; done"
    assert shell(stubborn, tmp_path, wall_s=0.2, grace_s=0.1).exit_code == -9


def _is_gone(pid: int) -> bool:
    """Ended, or a zombie of a parent that has not looked yet."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if " Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        os.sched_yield()
    return False
