"""`gemel train check`: a training file by the service's rules, before it leaves."""

from __future__ import annotations

from pathlib import Path

from tests.commands.gemel import gemel
from tests.core.together.server_rules import validation_report


def test_an_exported_file_passes_and_a_spoilt_one_is_named_line_by_line(
    workspace_with_pairs: Path, tmp_path: Path
) -> None:
    here, file = workspace_with_pairs, tmp_path / "pairs.jsonl"
    gemel(here, "pairs", "export", str(file))
    assert validation_report(file.read_bytes())["valid"]
    fine = gemel(here, "train", "check", str(file), "--window", "16384", "--json")
    assert fine.code == 0
    report = fine.json
    assert report["lengths"]["n_rows"] == len(file.read_text().splitlines())
    assert 100 < report["lengths"]["n_longest_side"] < report["n_side_tokens"] == 8192
    with file.open("a") as more:
        more.write('{"messages": []}\n')
    spoilt = gemel(here, "train", "check", str(file))
    assert spoilt.code == 1
    assert f"line {report['lengths']['n_rows'] + 1}: `input` is missing" in spoilt.out
    assert gemel(here, "train", "check", str(file), "--window", "64").code == 1
    assert gemel(here, "train", "check", str(tmp_path / "none.jsonl")).code == 2
