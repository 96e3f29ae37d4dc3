"""Runs that are killed or interrupted: nothing stored is lost, resume does what is missing."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.store.database import Store
from tests.commands.gemel import gemel, start_gemel

_RUN = ("rollouts", "run", "--seeds", "2", "--iterations", "6")
_N_CONCURRENT = 16


def _read(workspace: Path, sql: str) -> list[tuple[Any, ...]]:
    store = Store.open(workspace)
    try:
        return asyncio.run(store.fetch(sql))
    finally:
        store.close()


def _polls(limit_s: float) -> Iterator[None]:
    """Steps of a bounded wait for something another process does."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        yield
    raise TimeoutError


def _wait_for_owner(workspace: Path, process: subprocess.Popen[str]) -> None:
    for _ in _polls(60.0):
        if (workspace / "store.lock").read_text().strip() == str(process.pid):
            return


def _wait_for_growth(workspace: Path, n_bytes: int) -> None:
    log = workspace / "store.duckdb.wal"
    for _ in _polls(60.0):
        if log.exists() and log.stat().st_size > n_bytes:
            return


@pytest.fixture
def uninterrupted(workspace: Path, tmp_path: Path) -> bytes:
    """The pair file of a run that nothing disturbed."""
    calm = Path(shutil.copytree(workspace, tmp_path / "calm"))
    assert gemel(calm, *_RUN).code == 0
    assert gemel(calm, "pairs", "build").code == 0
    assert gemel(calm, "pairs", "export", str(tmp_path / "calm.jsonl")).code == 0
    return (tmp_path / "calm.jsonl").read_bytes()


def test_a_killed_run_resumes_with_what_is_missing_and_ends_with_the_same_pairs(
    workspace: Path, uninterrupted: bytes, tmp_path: Path
) -> None:
    process = start_gemel(workspace, *_RUN)
    _wait_for_owner(workspace, process)
    _wait_for_growth(workspace, 700_000)
    process.kill()
    process.communicate()
    ((n_calls,),) = _read(workspace, "SELECT count(*) FROM calls")
    ((n_rollouts,),) = _read(workspace, "SELECT count(*) FROM rollouts")
    resumed = gemel(workspace, "rollouts", "resume", "--json").json
    assert 0 < n_rollouts < resumed["n_planned"], "the kill came in the middle"
    assert resumed["n_rollouts"] == resumed["n_planned"]
    repeated = _read(
        workspace,
        "SELECT rollout_id, iteration, count(*) FROM calls GROUP BY ALL HAVING count(*) > 1",
    )
    assert len(repeated) <= _N_CONCURRENT
    assert resumed["n_calls"] >= n_calls
    assert (
        _read(
            workspace, "SELECT 1 FROM iterations GROUP BY rollout_id, iteration HAVING count(*) > 1"
        )
        == []
    )
    assert gemel(workspace, "pairs", "build").code == 0
    assert gemel(workspace, "pairs", "export", str(tmp_path / "pairs.jsonl")).code == 0
    assert (tmp_path / "pairs.jsonl").read_bytes() == uninterrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_run_says_so_once_and_can_be_resumed(
    workspace: Path, number: signal.Signals
) -> None:
    process = start_gemel(workspace, *_RUN)
    _wait_for_owner(workspace, process)
    _wait_for_growth(workspace, 50_000)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.count("Interrupted.") == 1
    assert "Traceback" not in err
    assert gemel(workspace, "rollouts", "list", "--json").json[0]["status"] == "stopped"
    assert gemel(workspace, "rollouts", "resume", "--json").json["status"] == "finished"


@pytest.mark.parametrize(
    "words",
    [("suite", "forge", "--seed", "9"), ("suite", "check", "kata", "--again"), ("train", "start")],
)
def test_an_interrupted_stage_can_be_started_again(
    workspace_with_pairs: Path, words: tuple[str, ...]
) -> None:
    process = start_gemel(workspace_with_pairs, *words)
    _wait_for_owner(workspace_with_pairs, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 130), err
    assert "Traceback" not in err
    again = gemel(workspace_with_pairs, *words)
    assert again.code == 0, again.err
    (suite,) = gemel(workspace_with_pairs, "suite", "list", "--json").json
    assert suite["n_tasks"] >= 72


def test_an_interrupt_while_the_program_loads_is_no_traceback(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from importlib.abc import MetaPathFinder
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where tests run behind
class Interrupt(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "cyclopts": os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["gemel", "suite", "list", "--workspace", sys.argv[1]]
from tui.cli import main
main()
"""
    command = [sys.executable, "-c", code, str(tmp_path / "w")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 130
    assert done.stderr == "gemel: Interrupted before anything was begun.\n"
    assert done.stdout == ""
