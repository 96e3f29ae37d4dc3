"""The commands behind the screens of runs, jobs and evaluations."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.commands.gemel import gemel
from tests.tui.run_store import EVALUATION, JOB, RUN, TASKS, store_runs


def test_what_the_screens_show_is_printed_too(tmp_path: Path) -> None:
    asyncio.run(store_runs(tmp_path))
    grid = gemel(tmp_path, "rollouts", "grid", RUN, "--json").json
    assert tuple(grid["task_ids"]) == TASKS
    assert len(grid["cells"]) == 10
    shown = gemel(tmp_path, "rollouts", "grid", RUN).out
    assert "tampered" in shown
    assert all(task_id in shown for task_id in TASKS)
    (found,) = gemel(tmp_path, "eval", "list", "--json").json
    assert (found["evaluation_id"], found["verdict"]) == (EVALUATION, "inconclusive")
    job = gemel(tmp_path, "train", "show", "--json").json
    assert job["job"]["job_id"] == JOB
    assert job["series"]["loss"][-1] == {"step": 30, "value": 0.7 - 0.4}
    assert "0.3 " in gemel(tmp_path, "train", "show").out


def test_what_does_not_run_cannot_be_stopped(tmp_path: Path) -> None:
    asyncio.run(store_runs(tmp_path))
    for words in (("rollouts", "stop", RUN), ("train", "cancel", JOB)):
        refused = gemel(tmp_path, *words)
        assert refused.code == 2
        assert "is not running" in refused.err
