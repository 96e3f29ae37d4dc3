"""`gemel eval`: planned, killed, resumed to the same verdict, and reported."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from core.engine import open_engine
from core.workspace import Workspace
from tests.commands.gemel import gemel, start_gemel
from tests.tui.run_store import EVALUATION, store_runs

_HOW = ("--seeds", "3", "--tasks", "12", "--budgets", "2", "--budgets", "8")


async def _train(directory: Path) -> str:
    async with open_engine(Workspace(directory)) as engine:
        return (await engine.train()).policy


def _wait_until_in_the_middle(workspace: Path, process: subprocess.Popen[str]) -> None:
    """Until the run has written a good deal, by the growth of the log."""
    log = workspace / "store.duckdb.wal"
    before = log.stat().st_size if log.exists() else 0
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if log.exists() and log.stat().st_size > before + 400_000:
            return
    raise TimeoutError


def _without_names(report: Any) -> Any:
    return {k: v for k, v in report.items() if k not in ("evaluation_id", "run_id")}


def test_an_evaluation_that_was_killed_in_the_middle_resumes_to_the_same_verdict(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here = workspace_with_pairs
    policy = asyncio.run(_train(here))
    calm = Path(shutil.copytree(here, tmp_path / "calm"))
    undisturbed = gemel(calm, "eval", "run", policy, *_HOW, "--json")
    process = start_gemel(here, "eval", "run", policy, *_HOW)
    _wait_until_in_the_middle(here, process)
    process.kill()
    process.communicate(timeout=30)
    (open_one,) = gemel(here, "eval", "list", "--json").json
    assert open_one["verdict"] is None
    run = gemel(here, "rollouts", "show", open_one["run_id"], "--json").json
    assert 0 < run["n_rollouts"] < run["n_planned"]
    resumed = gemel(here, "eval", "resume", "--json")
    assert resumed.code == undisturbed.code
    assert _without_names(resumed.json) == _without_names(undisturbed.json)


def test_a_plan_says_what_can_be_seen_and_what_it_would_take(tmp_path: Path) -> None:
    found = gemel(tmp_path, "eval", "plan", "--tasks", "40", "--seeds", "5", "--json").json
    assert found["mde"] == pytest.approx(0.146, abs=0.001)
    assert found["n_rollouts"] == 400
    words = gemel(tmp_path, "eval", "plan", "--tasks", "40", "--seeds", "5").out
    assert "shows a difference of 14.5 points or more with 80% power" in words
    assert f"{found['n_seeds_needed']} seeds with these tasks" in words
    assert gemel(tmp_path, "eval", "plan").code == 2


def test_a_report_is_printed_or_written_once(tmp_path: Path) -> None:
    asyncio.run(store_runs(tmp_path))
    file = tmp_path / "report.md"
    printed = gemel(tmp_path, "eval", "report", EVALUATION)
    assert printed.code == 5
    written = gemel(tmp_path, "eval", "report", "--markdown", str(file))
    assert (written.code, file.read_text()) == (5, printed.out)
    assert "| `kata/test_0` | 0/2 | 2/2 | won |" in printed.out
    file.write_text("mine")
    refused = gemel(tmp_path, "eval", "report", "--markdown", str(file))
    assert (refused.code, file.read_text()) == (2, "mine")
    assert gemel(tmp_path, "eval", "report", "--markdown", str(file), "--force").code == 5
    assert file.read_text() == printed.out
    tasks = gemel(tmp_path, "eval", "show", "--tasks").out
    assert tasks.index("kata/test_0") < tasks.index("kata/test_7")
