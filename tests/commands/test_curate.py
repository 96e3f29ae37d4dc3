"""The commands of curation: what they print, leave behind, and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.gemel import gemel


def test_a_pair_is_found_decided_and_taken_back_across_commands(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here = workspace_with_pairs
    page = gemel(here, "pairs", "queue", "--limit", "3", "--sort", "most-changed", "--json").json
    shares = [row["changed_share"] for row in page["rows"]]
    assert len(shares) == 3 < page["n_total"]
    assert shares == sorted(shares, reverse=True)
    name = page["rows"][0]["pair_id"]

    said = gemel(here, "pairs", "decide", name[:8], "drop", "--note", "style [red] only")
    assert "undecided -> drop (style [red] only)" in said.out
    (row,) = gemel(here, "pairs", "queue", "--decision", "drop", "--json").json["rows"]
    assert (row["pair_id"], row["has_note"]) == (name, True)

    path = tmp_path / "pairs.jsonl"
    report = gemel(here, "pairs", "export", str(path), "--json").json
    assert len(path.read_text().splitlines()) == report["n_pairs"] == page["n_total"] - 1
    assert report["decisions"]["n_dropped"] == 1

    assert "drop (style [red] only) -> undecided" in gemel(here, "pairs", "undo").out
    assert gemel(here, "pairs", "undo").out == "Nothing to undo.\n"
    (change,) = gemel(here, "pairs", "redo", "5", "--json").json
    assert change["after"]["choice"] == "drop"
    counted = gemel(here, "pairs", "funnel", "--json").json
    assert counted["n_dataset"] == report["n_pairs"]


def test_a_pair_is_shown_as_two_diffs_of_one_program(workspace_with_pairs: Path) -> None:
    here = workspace_with_pairs
    (row,) = gemel(here, "pairs", "queue", "--limit", "1", "--json").json["rows"]
    view = gemel(here, "pairs", "show", row["pair_id"], "--json").json
    shown = gemel(here, "pairs", "show", row["pair_id"][:8]).out
    for side in ("chosen", "rejected"):
        assert f"+++ {view['path']} {side}" in shown
        before, after = view["program"].splitlines(), view[side]["program"].splitlines()
        assert all(f"+{line}" in shown for line in set(after) - set(before))
        assert all(f"-{line}" in shown for line in set(before) - set(after))
        assert f"{view[side]['n_passed']} of {view[side]['n_tests']} tests pass" in shown


def test_a_flagged_pair_is_refused_with_the_way_out(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here, path = workspace_with_pairs, tmp_path / "pairs.jsonl"
    (row,) = gemel(here, "pairs", "queue", "--limit", "1", "--json").json["rows"]
    gemel(here, "pairs", "decide", row["pair_id"], "flag")
    refused = gemel(here, "pairs", "export", str(path))
    assert (refused.code, path.exists()) == (3, False)
    assert "--include-flagged" in refused.err
    assert gemel(here, "train", "start").code == 3
    assert gemel(here, "pairs", "export", str(path), "--include-flagged").code == 0
    assert json.loads(path.read_text().splitlines()[0])["preferred_output"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nonsense"), "no pair 'nonsense'"),
        (("show", ""), "no pair ''"),
        (("show", "a", "--build", "nonsense"), "no single pair build 'nonsense'"),
        (("decide", "nonsense", "keep"), "no pair 'nonsense'"),
        (("decide", "nonsense", "burn"), "burn"),
        (("decide", "nonsense", "note"), "needs its text"),
        (("undo", "0"), "At least one"),
        (("redo", "-2"), "At least one"),
        (("queue", "--limit", "0"), "1 to 1000 rows"),
        (("queue", "--decision", "maybe"), "maybe"),
    ],
)
def test_bad_input_gets_one_message_and_exit_code_2(
    workspace_with_pairs: Path, words: tuple[str, ...], said: str
) -> None:
    outcome = gemel(workspace_with_pairs, "pairs", *words)
    assert outcome.code == 2, outcome.err
    assert said in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_without_pairs_the_queue_names_the_command_that_makes_them(workspace: Path) -> None:
    outcome = gemel(workspace, "pairs", "queue")
    assert (outcome.code, outcome.out) == (2, "")
    assert "gemel pairs build" in outcome.err
