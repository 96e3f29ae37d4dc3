"""`gemel train`: what is said before a job, what follows it, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from pathlib import Path

from tests.commands.gemel import gemel, start_gemel
from tests.tui.rows import store_rows
from tests.tui.run_store import JOB, event_parts, job_parts


def _wait_for_owner(workspace: Path, process: subprocess.Popen[str]) -> None:
    """Until the process has the workspace, so that no later one is its engine."""
    end = time.monotonic() + 60
    while (workspace / "store.lock").read_text().strip() != str(process.pid):
        assert time.monotonic() < end
        assert process.poll() is None


def test_a_job_is_looked_at_started_and_followed(workspace_with_pairs: Path) -> None:
    here = workspace_with_pairs
    before = gemel(here, "train", "preflight", "--json")
    assert before.code == 0
    started = gemel(here, "train", "start", "--json").json
    assert started["summary"]["n_steps"] == before.json["n_steps"]
    assert started["decisions"] == before.json["decisions"]
    shown = gemel(here, "train", "show", "--events").out
    assert "0 kept, " in shown
    assert f"made the policy {started['policy']}" in shown
    watched = gemel(here, "train", "watch", started["job_id"][:12], "--json")
    *events, job = map(json.loads, watched.out.splitlines())
    assert watched.code == 0
    assert [event["kind"] for event in events][-1] == "finished"
    assert (job["job_id"], job["status"]) == (started["job_id"], "finished")
    again = gemel(here, "train", "start", "--parent", started["policy"], "--exchange", "--json")
    assert again.json["policy"] != started["policy"]


def test_a_job_that_would_be_refused_is_refused_beforehand(workspace_with_pairs: Path) -> None:
    here = workspace_with_pairs
    pair_id = gemel(here, "pairs", "queue", "--json").json["rows"][0]["pair_id"]
    gemel(here, "pairs", "decide", pair_id, "flag")
    refused = gemel(here, "train", "preflight")
    assert refused.code == 3
    assert "refused: Flagged pairs wait for a decision: 1" in refused.out
    assert gemel(here, "train", "preflight", "--include-flagged").code == 0


def test_a_job_is_followed_from_another_terminal_to_its_end(workspace_with_pairs: Path) -> None:
    here = workspace_with_pairs
    training = start_gemel(here, "train", "start", "--epochs", "1000", "--batch-size", "1")
    try:
        _wait_for_owner(here, training)
        while not (jobs := gemel(here, "train", "list", "--json").json):
            assert training.poll() is None
        watching = start_gemel(here, "train", "watch", "--json")
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        cancelled = gemel(here, "train", "cancel", jobs[0]["job_id"])
        rest = watching.stdout.read()  # communicate would lose what readline has buffered
        watching.communicate(timeout=60)
    finally:
        training.terminate()
        training.communicate(timeout=60)
    assert cancelled.code == 0, cancelled.err
    assert first["kind"] == "dataset"
    *events, job = map(json.loads, rest.splitlines())
    assert (events[-1]["kind"], job["status"]) == ("cancelled", "cancelled")
    assert watching.returncode == 1


def test_following_a_job_that_failed_ends_with_its_events_and_code_1(tmp_path: Path) -> None:
    asyncio.run(store_rows(tmp_path, job_parts("failed"), event_parts("failed")))
    watched = gemel(tmp_path, "train", "watch")
    assert watched.code == 1
    assert f"{JOB}: failed" in watched.out
    assert "warning: One batch" in watched.out
