"""`gemel split`: what the suites screen shows of splits and relatives, and its exit codes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.commands.gemel import gemel
from tests.core.splits.small import opened

SHARES = ("--train", "0.5", "--validation", "0.2", "--test", "0.3")


async def _store(directory: Path) -> None:
    async with opened(directory):
        pass


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A workspace with two small suites that count as checked."""
    asyncio.run(_store(tmp_path))
    return tmp_path


def test_a_leak_ends_with_code_3_and_names_both_tasks_and_a_clean_split_with_0(
    suites: Path,
) -> None:
    made = gemel(suites, "split", "make", "kata", *SHARES, "--json").json
    clean = gemel(suites, "split", "check", "--json")
    assert (clean.code, clean.json["leaks"]) == (0, [])
    leaking = gemel(suites, "split", "check", made["split_id"][:8], "--heldout", "more")
    assert leaking.code == 3
    assert "1 leak" in leaking.out
    for text in ("kata/p1-102", "more/q1-51 (heldout)", "the same text", "compared by"):
        assert text in leaking.out
    (listed,) = gemel(suites, "split", "list", "--json").json
    assert (listed["n_leaks"], listed["n_questions"]) == (1, 1)


def test_a_part_of_a_suite_is_divided(suites: Path) -> None:
    made = gemel(suites, "split", "make", "kata", *SHARES, "--glob", "p[1-4]*", "--json").json
    columns = gemel(suites, "split", "show", made["split_id"], "--tasks", "--json").json["columns"]
    sides = [column for column in columns if column["side"] != "heldout"]
    names = [n for column in sides for f in column["families"] for n in f["task_ids"]]
    assert len(names) == 8
    assert {name.partition("/")[2][:2] for name in names} == {"p1", "p2", "p3", "p4"}


def test_an_answer_is_kept_listed_and_taken_back(suites: Path) -> None:
    rows = gemel(suites, "split", "relatives", "--only", "open", "--json").json
    pair = [(row["one"], row["other"]) for row in rows]
    assert pair == [("kata/p0-100", "more/q0-50")]
    given = gemel(suites, "split", "answer", *pair[0], "no", "--reason", "no stalk")
    assert "no to kata/p0 and more/q0 (no stalk)" in given.out
    assert gemel(suites, "split", "relatives", "--only", "open", "--json").json == []
    assert "taken back" in gemel(suites, "split", "undo").out
    assert gemel(suites, "split", "answers", "--json").json == []
    assert gemel(suites, "split", "undo").code == 2


def test_a_move_makes_a_new_split_that_tells_its_parent_and_reason(suites: Path) -> None:
    old = gemel(suites, "split", "make", "kata", "--heldout", "more", *SHARES)
    assert "left out" in old.out
    first = gemel(suites, "split", "list", "--json").json[0]
    words = ("kata/p0", "--to", "heldout", "--reason", "shown")
    moved = gemel(suites, "split", "move", *words, "--json")
    assert (moved.json["parent"], moved.json["reason"]) == (first["split_id"], "shown")
    assert moved.json["sides"]["heldout"] == first["sides"]["heldout"] + 2
    shown = gemel(suites, "split", "show", "latest").out
    assert f"changed from {first['split_id'][:12]}: shown" in shown
    assert gemel(suites, "split", "move", "nonsense", "--to", "test", "--reason", "x").code == 2
