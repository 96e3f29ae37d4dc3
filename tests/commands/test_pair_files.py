"""Pairs from files by command: what is said of each line, what is refused, what comes of it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.gemel import gemel


def test_a_file_is_checked_refused_imported_and_looked_through(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here, file = workspace_with_pairs, tmp_path / "given.jsonl"
    row = {"prompt": "repair [/b] this", "chosen": "good", "rejected": "bad"}
    file.write_text(f"{json.dumps(row)}\n{json.dumps({**row, 'chosen': 'bad'})}\n")

    checked = gemel(here, "pairs", "check", str(file))
    assert checked.code == 1
    assert "1 pairs in trl's form on 1 prompts" in checked.out
    assert "line 2: chosen and rejected are the same" in checked.out

    refused = gemel(here, "pairs", "import", str(file))
    assert (refused.code, refused.out) == (3, "")
    assert "--skip-bad" in refused.err

    report = gemel(here, "pairs", "import", str(file), "--skip-bad", "--json").json
    assert (report["file"]["n_problems"], report["n_outside"]) == (1, 1)
    assert f"{report['build_id']}  given.jsonl" in gemel(here, "pairs", "list").out
    (item,) = gemel(here, "pairs", "queue", "--kind", "imported", "--json").json["rows"]
    shown = gemel(here, "pairs", "show", item["pair_id"])
    assert (shown.code, "good" in shown.out) == (0, True)


def test_dropped_candidates_are_listed_by_the_reasons_of_the_funnel(
    workspace_with_pairs: Path,
) -> None:
    here = workspace_with_pairs
    counted = gemel(here, "pairs", "funnel", "--json").json["dropped"]
    reason, n = max(counted.items(), key=lambda pair: pair[1])
    page = gemel(here, "pairs", "dropped", "--reason", reason, "-n", "3", "--json").json
    assert page["n_total"] == n
    assert {row["reason"] for row in page["rows"]} == {reason}
    wrong = gemel(here, "pairs", "dropped", "--reason", "nonsense")
    assert (wrong.code, reason in wrong.err) == (2, True)
