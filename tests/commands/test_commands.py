"""The commands: what they print, their exit codes, and what bad input gets."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from core.store.database import Store
from core.store.migrate import Migration, shipped
from core.store.suites import SuiteRow, load_references, load_tasks, replace_suite
from core.task import SourceFile
from tests.commands.gemel import gemel


def test_the_commands_lead_from_pairs_to_a_verdict(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here = workspace_with_pairs
    (suite,) = gemel(here, "suite", "list", "--json").json
    assert (suite["suite"], suite["n_quarantined"]) == ("kata", 0)
    (split,) = gemel(here, "split", "show", "--json").json
    assert sum(split["sides"].values()) == split["n_tasks"] == suite["n_admitted"]
    (build,) = gemel(here, "pairs", "list", "--json").json
    job = gemel(here, "train", "start", "--json").json
    assert job["summary"]["n_pairs"] + sum(job["skipped"].values()) == build["n_pairs"]
    evaluated = gemel(
        here,
        "eval",
        "run",
        job["policy"],
        "--seeds",
        "1",
        "--budgets",
        "1",
        "--budgets",
        "3",
        "--json",
    )
    verdict = evaluated.json["judgement"]["verdict"]
    assert evaluated.code == {"keep": 0, "rollback": 4, "inconclusive": 5}[verdict]
    shown = gemel(here, "eval", "show")
    assert shown.code == evaluated.code
    assert f"verdict: {verdict}" in shown.out
    assert gemel(here, "train", "list", "--json").json[0]["status"] == "finished"


@pytest.mark.parametrize(
    ("format", "keys"),
    [
        ("together", {"input", "preferred_output", "non_preferred_output"}),
        ("trl", {"prompt", "chosen", "rejected"}),
    ],
)
def test_an_export_holds_every_pair_in_the_format_asked_for(
    workspace_with_pairs: Path, tmp_path: Path, format: str, keys: set[str]
) -> None:
    path = tmp_path / "pairs.jsonl"
    report = gemel(workspace_with_pairs, "pairs", "export", str(path), "--format", format, "--json")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(rows) == report.json["n_pairs"] > 0
    assert all(set(row) == keys for row in rows)
    again = gemel(workspace_with_pairs, "pairs", "export", str(path), "--format", format)
    assert again.code == 2
    assert "exists" in again.err


def test_together_rows_follow_the_rules_of_the_service(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    gemel(workspace_with_pairs, "pairs", "export", str(path))
    for line in path.read_text().splitlines():
        row = json.loads(line)
        assert [m["role"] for m in row["input"]["messages"]] == ["system", "user"]
        for side in ("preferred_output", "non_preferred_output"):
            (message,) = row[side]
            assert message["role"] == "assistant"
            assert message["content"]


def test_names_in_tables_are_whole_on_a_narrow_terminal(workspace_with_pairs: Path) -> None:
    run_id = gemel(workspace_with_pairs, "rollouts", "show", "--json").json["run_id"]
    assert run_id in gemel(workspace_with_pairs, "rollouts", "list").out
    assert run_id in gemel(workspace_with_pairs, "cost", "ledger").out


def test_a_check_prints_counts_and_quarantine(workspace: Path) -> None:
    report = gemel(workspace, "suite", "check", "kata", "--json").json
    assert isinstance(report["admitted"], int)
    assert report["quarantined"] == []
    assert report["hung"] == []


def test_doctor_says_what_is_here(workspace: Path) -> None:
    health = gemel(workspace, "doctor", "--json").json
    assert health["workspace"] == str(workspace)
    assert health["stored"]["n_suites"] == 1
    assert health["sandbox"]
    assert isinstance(health["sandbox_warnings"], list)


def test_a_rollout_is_shown_step_by_step(workspace_with_pairs: Path) -> None:
    run = gemel(workspace_with_pairs, "rollouts", "show", "--json").json
    assert run["status"] == "finished"
    assert gemel(workspace_with_pairs, "rollouts", "show", "nonsense").code == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("suite", "check", "nonsense"), 2, "no suite 'nonsense'"),
        (("suite", "check"), 2, "requires an argument"),
        (("suite", "import", "quixbugs", "/nowhere/at/all"), 2, "/nowhere/at/all"),
        (("suite", "import", "nonsense", "/"), 2, "no importer"),
        (("split", "make", "--train", "0.9"), 2, "sum to 1"),
        (("rollouts", "run", "--policy", "gpt-9"), 3, "price of gpt-9 is unknown"),
        (("rollouts", "run", "--iterations", "0"), 2, "must be positive"),
        (("rollouts", "run", "--max-wall", "nan"), 2, "must be positive"),
        (("rollouts", "resume", "run-nonsense"), 2, "no run run-nonsense"),
        (("pairs", "build"), 2, "no run yet"),
        (("train", "start"), 2, "pairs build"),
        (("eval", "show"), 2, "no evaluation yet"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_bad_input_gets_one_message_and_its_exit_code(
    workspace: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    outcome = gemel(workspace, *words)
    assert outcome.code == code, outcome.err
    assert said in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_a_workspace_in_use_is_refused_by_pid(workspace: Path) -> None:
    store = Store.open(workspace)
    outcome = gemel(workspace, "suite", "list")
    store.close()
    assert outcome.code == 3
    assert "in use by process" in outcome.err


def test_a_store_from_a_newer_version_is_refused(workspace: Path) -> None:
    newer = (*shipped(), Migration(len(shipped()) + 1, "999_new.sql", "CREATE TABLE later (a INT)"))
    Store.open(workspace, newer).close()
    outcome = gemel(workspace, "suite", "list")
    assert outcome.code == 1
    assert "newer version" in outcome.err


async def _heal_one_task(workspace: Path) -> str:
    """Put a reference in place of its buggy program, as a broken importer might."""
    store = Store.open(workspace)
    references = await load_references(store, "kata")
    first, *rest = await load_tasks(store, "kata")
    target = SourceFile(first.target.path, references[first.task_id].text)
    suite = SuiteRow("kata", "forge", "", None, datetime.fromisoformat("2026-01-01"))
    tasks = (replace(first, target=target), *rest)
    await replace_suite(store, suite, tasks, tuple(references.values()))
    store.close()
    return first.task_id


def test_a_suite_whose_buggy_program_passes_is_quarantined(workspace: Path) -> None:
    task_id = asyncio.run(_heal_one_task(workspace))
    report = gemel(workspace, "suite", "check", "kata", "--json").json
    assert report["quarantined"] == [
        {"task_id": task_id, "reason": "its buggy program passes the tests", "place": ""}
    ]
