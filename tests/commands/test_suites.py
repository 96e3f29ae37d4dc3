"""`gemel suite import`, `check`, `forge`, `export` and `grade`, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.gemel import gemel
from tests.core.suites.folders import make_folder
from tests.core.suites.pack_rows import rows, write_lines


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "w"


def test_a_part_is_imported_checked_and_shown(here: Path, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "rows.jsonl", [*rows()[:4], {"task_id": "Python/99"}])
    words = ("suite", "import", "humanevalfix", str(file), "--as", "few", "--regex", "[0-25]$")
    told = gemel(here, *words)
    assert told.code == 0
    assert "few: 3 tasks imported" in told.out
    assert "left out rows.jsonl:5: " in told.out.replace("\n", " ")
    report = gemel(here, "suite", "check", "few", "--id", "grow-0", "--json").json
    assert (report["admitted"], report["n_unchecked"]) == (1, 2)
    page = gemel(here, "suite", "show", "few", "--regex", "[01]$", "--json").json
    assert [row["status"] for row in page["rows"]] == ["admitted", "unchecked"]
    shown = gemel(here, "suite", "show", "few/grow-0")
    assert "judged by cases" in shown.out
    assert "kept back, and in none of the messages: bug_type" in shown.out
    assert gemel(here, "suite", "show", "few", "--id", "none").code == 2


def test_a_folder_is_forged_and_what_is_left_is_named(here: Path, tmp_path: Path) -> None:
    root = make_folder(tmp_path / "mine")
    told = gemel(here, "suite", "forge", str(root), "--family", "basket", "--per-program", "6")
    assert told.code == 0
    assert "tasks from 1 programs" in told.out
    assert "survived: basket, " in told.out
    listed = gemel(here, "suite", "list", "--json").json
    assert [row["suite"] for row in listed] == ["mine"]
    assert gemel(here, "suite", "forge", "kata", "--family", "basket").code == 2
    made = gemel(here, "suite", "forge", "--glob", "b*", "--count", "2", "--json").json
    assert (made["suite"], made["n_programs"]) == ("kata", 2)
    assert gemel(here, "suite", "forge", "--as", "mine").code == 2
    tree = gemel(here, "suite", "show", "mine", "--families", "--json").json
    (line,) = tree["lines"]
    assert (line["family"]["family"], line["family"]["n_tasks"]) == ("mine/basket", tree["n_tasks"])
    assert "1 to 1 of 1" in gemel(here, "suite", "show", "mine", "--families").out


def test_patches_are_written_as_predictions(here: Path, tmp_path: Path) -> None:
    gemel(here, "suite", "import", "folder", str(make_folder(tmp_path / "mine")))
    file = tmp_path / "predictions.jsonl"
    report = gemel(here, "suite", "export", "folder", str(file), "--json").json
    assert report["n_predictions"] == 2
    first = json.loads(file.read_text("utf-8").splitlines()[0])
    assert first["instance_id"] == "folder/basket"
    assert "+    paid = sorted(prices)[len(prices) // 3 :]" in first["model_patch"]
    part = gemel(here, "suite", "export", "folder", str(file), "--id", "time-clock", "--json").json
    assert (part["n_predictions"], len(file.read_text("utf-8").splitlines())) == (1, 1)
    refused = gemel(here, "suite", "grade", "folder", str(file))
    assert refused.code == 2
    assert "no suite with an official program" in refused.err
