"""Commands of a run that goes on, and of a rollout that is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.events import RolloutFinished
from core.rollouts.operations import RunOptions
from core.service.connect import connect
from core.service.picture import Snapshot, Told
from core.workspace import Workspace
from tests.commands.gemel import Outcome, gemel
from tests.tui.hosting import hosted
from tests.tui.run_store import RUN, store_runs

_LONG = RunOptions(n_seeds=200, n_tasks=6, limits=Limits(n_iterations=20))


def test_a_rollout_is_shown_step_by_step_and_written_whole(tmp_path: Path) -> None:
    asyncio.run(store_runs(tmp_path))
    cell = gemel(tmp_path, "rollouts", "grid", RUN, "--json").json["cells"][0]
    name = cell["rollout_id"]
    shown = gemel(tmp_path, "rollouts", "show", name[:12]).out
    assert "--- step 1 of 2: 600 + 30 tokens, $0.0003, 0.10 s; $0.0003 so far ---" in shown
    assert "--- step 2 of 2: 600 + 30 tokens, $0.0003, 0.10 s; $0.0005 so far ---" in shown
    assert "2 calls in 2 iterations" in shown
    assert "=> 3 of 4 tests fail (1 of 4 tests pass, 0.10 s)" in shown
    for form in ("md", "json"):
        file = tmp_path / f"rollout.{form}"
        written = gemel(tmp_path, "rollouts", "show", name, "--export", str(file))
        assert (written.code, str(file) in "".join(written.out.split())) == (0, True)
    assert "answer 2: x = 2" in (tmp_path / "rollout.md").read_text("utf-8")
    whole = json.loads((tmp_path / "rollout.json").read_text("utf-8"))
    assert (whole["rollout"]["rollout_id"], len(whole["calls"])) == (name, 2)
    again = gemel(tmp_path, "rollouts", "show", name, "--export", str(file))
    assert again.code == 2
    assert "exists" in again.err
    refused = gemel(tmp_path, "rollouts", "show", RUN, "--export", "a.md")
    assert (refused.code, "ends in .md or .json" in refused.err) == (2, True)


def test_rollouts_are_found_and_contrast_is_shown_by_task(tmp_path: Path) -> None:
    asyncio.run(store_runs(tmp_path))
    found = gemel(tmp_path, "rollouts", "find", RUN, "--outcome", "failed", "--json").json
    assert (found["n_total"], {row["outcome"] for row in found["rows"]}) == (2, {"failed"})
    shown = gemel(tmp_path, "rollouts", "find", RUN, "--limit", "2").out
    assert "2 of 10 rollouts; --limit shows more" in shown
    nothing = gemel(tmp_path, "rollouts", "find", RUN, "--why", "429").out
    assert "No finished rollout fits." in nothing
    report = gemel(tmp_path, "rollouts", "contrast", RUN, "--json").json
    assert len(report["tasks"]) == 4
    by_task = gemel(tmp_path, "rollouts", "contrast", RUN, "--by-task").out
    assert "kata/sum_odd-00" in by_task
    assert "expected by now: " in by_task


def test_two_rollouts_are_compared_and_a_change_is_printed(workspace_with_pairs: Path) -> None:
    found = gemel(workspace_with_pairs, "rollouts", "find", "--outcome", "passed", "--json").json
    name = found["rows"][0]["rollout_id"]
    printed = gemel(workspace_with_pairs, "rollouts", "patch", name[:10]).out
    assert printed.startswith("--- ")
    assert {line[:1] for line in printed.splitlines()} >= {"-", "+", "@"}
    (file,) = gemel(workspace_with_pairs, "rollouts", "patch", name, "--json").json["files"]
    assert file["before"] != file["after"]
    same = gemel(workspace_with_pairs, "rollouts", "compare", name, name).out
    assert "both rollouts are the same, step by step" in same
    task = found["rows"][0]["task_id"]
    others = gemel(workspace_with_pairs, "rollouts", "find", "--task", task, "--json").json["rows"]
    other = next(row["rollout_id"] for row in others if row["rollout_id"] != name)
    parted = gemel(workspace_with_pairs, "rollouts", "compare", name, other).out
    assert "they part at step" in parted


def test_a_dry_run_says_what_it_comes_to_and_begins_nothing(workspace: Path) -> None:
    words = ("rollouts", "run", "--tasks", "3", "--seeds", "1", "--dry-run")
    assert gemel(workspace, *words, "--json").json["n_rollouts"] == 3
    shown = gemel(workspace, *words).out
    assert "builtin on 3 tasks of train, 1 seed each:" in shown
    assert "3 rollouts, 3 at once, at most 60 calls" in shown
    assert "nothing was begun" in shown
    plan = ("rollouts", "plan", "10", "--tasks", "6", "--test-policy", "never", "--at-once", "2")
    planned = gemel(workspace, *plan, "--dry-run").out
    assert "at most 10 rollouts, 2 at once" in planned
    assert "before anything is known of the tasks: " in planned
    assert gemel(workspace, "rollouts", "list", "--json").json == []
    refused = gemel(workspace, "rollouts", "continue")
    assert (refused.code, "No run is going on" in refused.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--max-reply-tokens", "-1"),
        ("run", "--temperature", "nan"),
        ("plan", "8", "--temperature", "inf"),
    ],
)
def test_what_no_model_samples_with_is_refused_before_anything_is_stored(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    refused = gemel(tmp_path / "none", "rollouts", *words)
    assert (refused.code, refused.out) == (2, "")
    assert not (tmp_path / "none").exists()


def test_tasks_are_chosen_alike_for_runs_plans_and_evaluations(workspace: Path) -> None:
    columns = gemel(workspace, "split", "show", "--tasks", "--json").json["columns"]
    of = {c["side"]: [n for f in c["families"] for n in f["task_ids"]] for c in columns}
    some = ("--id", of["train"][0], "--id", of["train"][1].partition("/")[2])
    few = gemel(workspace, "rollouts", "run", *some, "--seeds", "1", "--dry-run", "--json").json
    assert {name for name, _ in few["first"]} == set(of["train"][:2])
    budget = ("--probes", "1", "--iterations", "1")
    planned = gemel(workspace, "rollouts", "plan", "1", *budget, *some[:2], "--json").json
    assert [task["task_id"] for task in planned["tasks"]] == of["train"][:1]
    tested = ("--id", of["test"][0], "--id", of["test"][1])
    assert gemel(workspace, "eval", "plan", *tested, "--json").json["n_tasks"] == 2
    budgets = ("--budgets", "1", "--seeds", "1")
    refused = gemel(workspace, "eval", "run", "builtin", *budgets, "--id", of["train"][0])
    assert (refused.code, f"no task {of['train'][0]} here" in refused.err) == (2, True)


async def test_a_run_is_held_changed_and_stopped_from_another_terminal(workspace: Path) -> None:
    async with hosted(workspace), contextlib.AsyncExitStack() as stack:
        client = await connect(Workspace(workspace), start=False)
        stack.push_async_callback(client.close)
        goes_on, snapshots = asyncio.Event(), list[Snapshot]()

        def look(news: Snapshot | Told) -> None:
            if isinstance(news, Snapshot):
                snapshots.append(news)
            elif isinstance(news.event, RolloutFinished):
                goes_on.set()

        client.watch(look)
        running = asyncio.create_task(client.run_rollouts(_LONG))
        await asyncio.wait_for(goes_on.wait(), 60.0)
        held = (await _gemel(workspace, "pause", "--json")).json
        assert (held["status"], held["n_concurrent"]) == ("paused", 16)
        client.watch(look)
        assert (await _gemel(workspace, "pause")).code == 2
        assert [len(each.paused) for each in snapshots] == [0, 1]
        assert (await _gemel(workspace, "at-once", "3", "--json")).json["n_concurrent"] == 3
        (live,) = (await _gemel(workspace, "live", "--json")).json
        assert (live["status"], live["run_id"]) == ("paused", held["run_id"])
        shown = (await _gemel(workspace, "show", held["run_id"])).out
        assert "paused (asked for by `gemel rollouts pause`)" in " ".join(shown.split())
        aside = live["rollouts"][0]["rollout_id"]
        left = (await _gemel(workspace, "aside", aside, "--json")).json
        assert aside not in {rollout["rollout_id"] for rollout in left["rollouts"]}
        assert (await _gemel(workspace, "continue", "--json")).json["status"] == "running"
        stopped = (await _gemel(workspace, "stop", held["run_id"], "--json")).json
        assert stopped["status"] == "stopped"
        assert stopped["reason"] == "asked for by `gemel rollouts stop`"
        await asyncio.wait([running])
        assert "asked for by `gemel rollouts stop`" in str(running.exception())


async def _gemel(workspace: Path, *words: str) -> Outcome:
    return await asyncio.to_thread(gemel, workspace, "rollouts", *words)
