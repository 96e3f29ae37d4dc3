"""Rows of HumanEvalPack become tasks that prove themselves and keep their secrets."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from core.engine import open_engine
from core.errors import SuiteError
from core.sandbox.pool import Sandbox
from core.sandbox.run import Verdict
from core.sandbox.tasks import run_tests
from core.store.suites import load_tasks
from core.suites.humanevalfix import open_rows
from core.task import Comparator, Oracle, Task
from core.workspace import Workspace
from tests.core.suites.pack_rows import CASES, FILES, rows, write_lines
from tests.core.suites.reading import read_all


def to_parquet(lines: Path) -> Path:
    """The same rows as a Parquet file."""
    made = lines.with_suffix(".parquet")
    with duckdb.connect(":memory:") as base:
        base.execute(
            f"COPY (SELECT * FROM read_json('{lines}')) TO '{made}' (FORMAT parquet, "
            "ROW_GROUP_SIZE 2048)"
        )
    return made


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "humanevalpack.jsonl", rows())


def everything_shown(task: Task) -> str:
    shown = [f"{case.args} {case.expected}" for case in task.cases if case.shown]
    files = [file.text for file in task.support if file.path == task.shown_test_path]
    return "\n".join([task.target.text, task.description, task.origin, *shown, *files])


async def test_every_row_fails_with_its_bug_and_passes_without(lines: Path, tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("humanevalfix", lines)
        assert (report.n_tasks, report.problems) == (len(rows()), ())
        checked = await engine.check("humanevalfix", 1)
        assert (checked.admitted, checked.quarantined) == (len(rows()), ())
        assert checked.hung == ("humanevalfix/count_down-8",)
        views = [
            await engine.task_view(task.task_id)
            for task in await load_tasks(engine.context.store, "humanevalfix")
        ]
    for view, row in zip(sorted(views, key=lambda v: int(v.origin[7:])), rows(), strict=True):
        assert view.hidden.is_hidden
        said = "\n".join(message.content for message in view.messages)
        assert view.messages
        for column in ("bug_type", "failure_symptoms", "instruction"):
            assert column in view.hidden.withheld
            assert row[column] not in said
        for line in row["test"].splitlines():
            if "assert" in line and line not in row["example_test"]:
                assert line.strip() not in said


def test_what_stands_indented_before_the_examples_is_dropped(tmp_path: Path) -> None:
    row = CASES[0].row(0)
    spoiled = {**row, "example_test": "    return n * 2 + 1\n\n" + row["example_test"].lstrip()}
    files = FILES[0].row(1)
    also = {**files, "example_test": "    word = shift(text, 1)\n" + files["example_test"].lstrip()}
    found = read_all(open_rows(write_lines(tmp_path / "rows.jsonl", [spoiled, also])))
    assert found.problems == ()
    assert [case.args for case in found.tasks[0].cases if case.shown] == ["(1,)"]
    for task in found.tasks:
        assert "return n * 2 + 1" not in everything_shown(task)
        assert "word = shift" not in everything_shown(task)


def test_parquet_and_lines_give_the_same_tasks(lines: Path) -> None:
    one, other = read_all(open_rows(lines)), read_all(open_rows(to_parquet(lines)))
    assert (one.tasks, one.references) == (other.tasks, other.references)
    assert len(one.tasks) == len(rows())


def test_literal_tests_become_cases_and_others_keep_their_files(lines: Path) -> None:
    tasks = read_all(open_rows(lines)).tasks
    oracles = [task.oracle for task in tasks]
    assert oracles == [Oracle.CASES] * len(CASES) + [Oracle.PYTEST, Oracle.PYTEST]
    exact = {task.program for task in tasks if task.comparator is Comparator.EXACT}
    assert {"grow-0", "pair_up-1", "in_base-5", "add_odd-6", "grow-9"} <= exact
    assert {"half_of-2", "is_even-3", "first_or_none-4", "tidy_up-7"}.isdisjoint(exact)


@pytest.mark.parametrize(
    ("name", "cheat"),
    [
        (
            "shifted-10",
            "def shift(text, by):\n    return text\ndef shifted(text):\n    return text",
        ),
        ("total_of-11", "def sum(items):\n    return 0\ndef total_of(items):\n    return 0"),
        ("total_of-11", "check = test_check = print\ndef total_of(items):\n    return 0"),
    ],
)
async def test_what_a_patch_does_beside_the_function_decides_nothing(
    lines: Path, name: str, cheat: str
) -> None:
    read = read_all(open_rows(lines))
    task = read.task(name)
    ids = (f"{task.test_path}::test_check",)
    right = next(one.text for one in read.references if one.task_id == task.task_id)
    async with Sandbox(1) as sandbox:
        for program, verdict in ((right, Verdict.PASSED), (cheat, Verdict.FAILED)):
            run = await run_tests(sandbox, task, f"{program}\n", expected_ids=ids)
            assert run.verdict is verdict


def test_examples_are_shown_and_the_rest_is_held_back(lines: Path) -> None:
    read = read_all(open_rows(lines))
    cases = read.task("pair_up-1").cases
    assert [(case.args, case.shown) for case in cases] == [
        ("(1, 'x')", True),
        ("('aaa', {1, 2})", False),
        ("(None, {'k': 1.5})", False),
    ]
    assert not any(case.shown for case in read.task("grow-9").cases)
    assert all(task.keeps_held_back for task in read.tasks)
    assert "choice" not in everything_shown(read.task("shifted-10"))
    assert read.task("total_of-11").shown_test_path == ""


def test_tasks_are_told_apart_by_number_and_name_their_problem(lines: Path) -> None:
    tasks = read_all(open_rows(lines)).tasks
    assert len({task.task_id for task in tasks}) == len(tasks)
    assert len({task.program for task in tasks}) == len(tasks)
    assert tasks[3].twin == "HumanEval/3"


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("test", None, "`str`"),
        ("test", "def check(f):\n    pass\n", "asserts nothing"),
        ("test", "def check(f:\n", "test:1 is not Python"),
        ("buggy_solution", "    return (\n", "buggy_solution:2 is not Python"),
        ("buggy_solution", "    return '\x1b[2J'\n", "buggy_solution:2 has control characters"),
        ("canonical_solution", "    return n * 2 - 1\n", "are the same"),
        ("entry_point", "other", "defines no function 'other'"),
        ("task_id", "Java/0", "no Python task"),
        ("entry_point", 7, "`str`"),
    ],
)
def test_a_bad_row_is_named_with_line_and_reason_and_the_others_stay(
    tmp_path: Path, column: str, value: object, reason: str
) -> None:
    made: list[dict[str, object]] = [dict(row) for row in rows()[:3]]
    made[0][column] = value
    read = read_all(open_rows(write_lines(tmp_path / "rows.jsonl", made)))
    (problem,) = read.problems
    assert problem.place == "rows.jsonl:1"
    assert reason in problem.reason
    assert len(read.tasks) == 2


def test_lines_that_are_no_rows_are_named_and_the_others_stay(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "rows.jsonl", rows()[:1])
    good = file.read_text("utf-8")
    file.write_bytes(b"{broken\n\n[1]\n\xff\xfe\n" + good.encode() + b"{}\n")
    read = read_all(open_rows(file))
    assert [problem.place for problem in read.problems] == [
        *("rows.jsonl:1", "rows.jsonl:3", "rows.jsonl:4", "rows.jsonl:6"),
    ]
    assert len(read.tasks) == 1


def test_a_folder_means_its_one_file_of_rows(lines: Path, tmp_path: Path) -> None:
    assert open_rows(tmp_path).origin == str(lines)
    write_lines(tmp_path / "second.jsonl", rows())
    with pytest.raises(SuiteError, match="several files of rows"):
        open_rows(tmp_path)


@pytest.mark.parametrize("place", ["nothing", "empty"])
def test_a_wrong_place_is_told_what_should_be_there(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match="bigcode/humanevalpack"):
        open_rows(tmp_path / place)


def test_a_file_that_only_claims_to_be_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    with pytest.raises(SuiteError, match="no Parquet file"):
        open_rows(tmp_path / "rows.parquet")
