"""Rebuilds the layout of a QuixBugs checkout from rows of its published data, where present."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "quixbugs"
COMMIT = "4257f44b0ff1181dedaedee6a447e133219fcebf"

needs_quixbugs = pytest.mark.skipif(not DATA.is_dir(), reason="the QuixBugs rows are not here")


@dataclass(frozen=True, slots=True)
class Row:
    """What the published row of a program says."""

    name: str
    is_graph: bool
    buggy_code: str
    correct_code: str
    description: str
    json_cases: list[Any]
    n_skipped: int


def quixbugs_rows() -> list[Row]:
    """All 40 rows, sorted by name."""
    rows = [_row(values) for values in _lines("quixbugs.jsonl")]
    return sorted(rows, key=lambda row: row.name)


def build_checkout(root: Path, n_programs: int | None = None) -> Path:
    """Write everything that a clone has and the importer could look at; returns `root`.

    With `n_programs` only so many of the programs that have cases.
    """
    for values in _lines("support_files.jsonl"):
        _write(root, values["path"], values["text"])
    rows = _lines("quixbugs.jsonl")
    if n_programs is not None:
        rows = [values for values in rows if values["json_path"]][:n_programs]
    for values in rows:
        name = values["entry_point"]
        _write(root, values["path"], values["buggy_source"])
        _write(root, f"correct_python_programs/{name}.py", values["correct_source"])
        _write(root, values["test_path"], values["test_source"])
        if values["json_path"]:
            lines = [json.dumps(case) for case in values["json_cases"]]
            _write(root, values["json_path"], "\n".join(lines) + "\n")
        if values["graph"]:
            _write(root, f"python_programs/{name}_test.py", f"from {name} import *\n")
    _write(root, ".git/HEAD", "ref: refs/heads/master\n")
    _write(root, ".git/refs/heads/master", f"{COMMIT}\n")
    return root


def build_java(root: Path) -> Path:
    """The same for the Java half; beside the Python half or alone."""
    for values in _lines("support_files_java.jsonl"):
        _write(root, values["path"], values["text"])
    for values in _lines("quixbugs_java.jsonl"):
        name = values["entry_point"]
        _write(root, values["path"], values["buggy_source"])
        _write(root, f"correct_java_programs/{name}.java", values["correct_source"])
        _write(root, values["test_path"], values["test_source"])
        crossed = f"java_testcases/junit/crt_program/{name}_TEST.java"
        _write(root, crossed, values["correct_test_source"])
    return root


def _row(values: dict[str, Any]) -> Row:
    return Row(
        name=values["entry_point"],
        is_graph=values["graph"],
        buggy_code=values["buggy_code"],
        correct_code=values["correct_code"],
        description=values["description"],
        json_cases=values["json_cases"] or [],
        n_skipped=values["oracle_correct"]["skipped"],
    )


def _lines(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
