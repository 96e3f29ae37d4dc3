"""SWE-bench rows become tasks without their answers; only the official program judges them."""

from __future__ import annotations

import json
import stat
import sys
from collections import Counter
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import RefusedError, SuiteError, UsageError
from core.rollouts.operations import RunOptions
from core.store.suites import load_references, load_tasks
from core.suites.official import Judgement
from core.suites.patches import make_patch
from core.suites.swebench import open_rows
from core.suites.swebench_cli import read_report
from core.task import Oracle
from core.workspace import Workspace
from tests.core.suites.pack_rows import write_lines
from tests.core.suites.reading import read_all

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "swebench_lite"
needs_rows = pytest.mark.skipif(not DATA.is_dir(), reason="the SWE-bench rows are not here")
WRONG = "def add(a, b):\n    return a\n"
FIX = make_patch("src/sums.py", WRONG, WRONG.replace("return a", "return a + b"))
NEW = {"image": "i", "eval_script": "e", "log_parser": "p", "eval_type": "t"}
PROGRAM = """\
#!{python}
import json, pathlib, sys
words = sys.argv[1:]
if words == ["--version"]:
    print("swebench 5.0.2"); sys.exit()
assert words[0] == "eval", words
rows = [json.loads(line) for line in open(words[1])]
predictions = [json.loads(line) for line in open(words[words.index("-p") + 1])]
run_id = words[words.index("--run-id") + 1]
asked = [words[n + 1] for n, word in enumerate(words) if word == "-i"]
right = {{row["instance_id"]: row["patch"] for row in rows}}
report = {{"resolved_ids": [], "unresolved_ids": [], "error_ids": [], "empty_patch_ids": []}}
for one in predictions:
    name, patch = one["instance_id"], one["model_patch"]
    assert name in asked
    key = "resolved" if patch == right[name] else "unresolved" if patch else "empty_patch"
    report[f"{{key if 'flaky' not in name else 'error'}}_ids"].append(name)
model = predictions[0]["model_name_or_path"].replace("/", "__")
pathlib.Path(f"{{model}}.{{run_id}}.json").write_text(json.dumps(report))
print("done", run_id)
sys.exit({exit_code})
"""


def row(name: str, **changed: object) -> dict[str, object]:
    made: dict[str, object] = {
        "repo": "owner/project",
        "instance_id": f"owner__project-{name}",
        "base_commit": "a" * 40,
        "patch": FIX,
        "test_patch": "the tests in full, for those who grade",
        "problem_statement": "Adding does not add.\r\nIt gives the first.",
        "hints_text": "You have to return the sum of both of them.",
        "created_at": "2026-01-01",
        "version": "1",
        "FAIL_TO_PASS": '["tests/test_sums.py::test_add"]',
        "PASS_TO_PASS": "[]",
        "environment_setup_commit": "b" * 40,
    }
    return made | changed


def program(folder: Path, name: str, text: str) -> None:
    """A stand-in on the PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    (folder / name).chmod(stat.S_IRWXU)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH but for the shell's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def official(tools: Path, exit_code: int = 0) -> None:
    program(tools, "swebench", PROGRAM.format(python=sys.executable, exit_code=exit_code))
    program(tools, "docker", "#!/bin/sh\nexit 0\n")


async def imported(engine: Engine, folder: Path, *rows: dict[str, object]) -> None:
    report = await engine.import_suite("swebench", write_lines(folder / "rows.jsonl", rows))
    assert report.problems == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("instance_id", "owner__project-1\x1b[2J"),
        ("instance_id", "two words"),
        ("repo", "owner/pro\u202eject"),
        ("base_commit", "a" * 39 + "\x07"),
    ],
)
def test_names_that_are_none_are_refused(tmp_path: Path, column: str, value: str) -> None:
    rows = write_lines(tmp_path / "rows.jsonl", [row("1", **{column: value}), row("2")])
    read = read_all(open_rows(rows))
    (problem,) = read.problems
    assert (problem.place, column in problem.reason) == ("rows.jsonl:1", True)
    assert [task.twin for task in read.tasks] == ["owner__project-2"]


def test_a_row_becomes_a_task_that_has_neither_hints_nor_fix(tmp_path: Path) -> None:
    read = read_all(open_rows(write_lines(tmp_path / "rows.jsonl", [row("1")])))
    (task,), (reference,) = read.tasks, read.references
    assert (task.oracle, task.repo, task.base_commit) == (
        Oracle.OFFICIAL,
        "owner/project",
        "a" * 40,
    )
    assert task.twin == "owner__project-1"
    assert task.target.path == "src/sums.py"
    assert task.program == "owner/project:src/sums.py"
    assert task.description == "Adding does not add.\nIt gives the first."
    assert reference.is_patch
    for secret in ("return the sum", "a + b", "the tests in full"):
        assert secret not in repr(task)
        assert secret in repr(reference)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"patch": "no patch"}, "changes no file"),
        ({"patch": FIX.replace("src/sums.py", "../sums.py")}, "strange path"),
        ({"base_commit": "main"}, "is no commit"),
        ({"repo": "https://x"}, "no owner/name"),
        ({"FAIL_TO_PASS": "[]"}, "names no test"),
        ({"FAIL_TO_PASS": "[1"}, "is not JSON"),
        ({"problem_statement": None}, "`str`"),
    ],
)
def test_a_bad_row_is_named_and_the_others_stay(
    tmp_path: Path, changed: dict[str, object], reason: str
) -> None:
    rows = [row("1"), row("2", **changed)]
    read = read_all(open_rows(write_lines(tmp_path / "rows.jsonl", rows)))
    assert [task.twin for task in read.tasks] == ["owner__project-1"]
    (problem,) = read.problems
    assert problem.place == "rows.jsonl:2"
    assert reason in problem.reason


@needs_rows
def test_the_real_rows_import_whole_with_their_shared_files_and_commits() -> None:
    read = read_all(open_rows(DATA / "test-00000-of-00001.parquet"))
    assert (len(read.tasks), read.problems) == (300, ())
    of_file = Counter(task.program for task in read.tasks)
    assert sum(n for n in of_file.values() if n > 1) == 136
    of_commit = Counter(task.base_commit for task in read.tasks)
    assert sum(n == 2 for n in of_commit.values()) == 3
    for task, reference in zip(read.tasks, read.references, strict=True):
        hints = next(file.text for file in reference.withheld if file.path == "hints_text")
        assert len(hints) < 40 or hints.replace("\r\n", "\n").strip() not in task.description
        assert reference.text not in task.description


async def test_without_the_program_one_line_says_so_and_dividing_works(
    tools: Path, tmp_path: Path
) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        other = FIX.replace("src/sums.py", "src/other.py")
        last = row("3", patch=FIX.replace("src/sums.py", "x.py"), base_commit="c" * 40)
        await imported(
            engine, tmp_path, row("1"), row("2", patch=other, base_commit="b" * 40), last
        )
        with pytest.raises(RefusedError, match="`swebench` is not on the PATH") as refusal:
            await engine.check("swebench")
        assert "\n" not in str(refusal.value)
        program(tools, "swebench", "#!/bin/sh\necho swebench 5.0.2\n")
        with pytest.raises(RefusedError, match="no Docker engine answers"):
            await engine.check("swebench")
        program(tools, "docker", "#!/bin/sh\nexit 0\n")
        with pytest.raises(RefusedError, match=r"lack \(eval_script, eval_type, image, log_parser"):
            await engine.check("swebench")
        split = await engine.make_split(("swebench",), (0.4, 0.3, 0.3), 1)
        assert split.n_tasks == split.n_families == 3
        with pytest.raises(RefusedError, match="--repos DIR`, a folder with git clones"):
            await engine.run_rollouts(RunOptions(n_seeds=1))


async def test_references_are_proved_and_predictions_judged_by_the_program(
    tools: Path, tmp_path: Path
) -> None:
    official(tools)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path, row("1", **NEW), row("2", **NEW), row("flaky", **NEW))
        checked = await engine.check("swebench")
        assert (checked.admitted, checked.quarantined, checked.n_unchecked) == (2, (), 1)
        export = await engine.export_predictions("swebench", tmp_path / "preds.jsonl")
        assert (export.n_predictions, export.n_without) == (3, 0)
        lines = (tmp_path / "preds.jsonl").read_text("utf-8").splitlines()
        made = [json.loads(line) for line in lines]
        assert set(made[0]) == {"instance_id", "model_name_or_path", "model_patch"}
        made[1]["model_patch"] = FIX.replace("a + b", "a - b")
        report = await engine.grade("swebench", write_lines(tmp_path / "mine.jsonl", made))
        assert report.counts == {"not_judged": 1, "resolved": 1, "unresolved": 1}
        by_task = {one.task_id: one for one in report.judged}
        flaky = by_task["swebench/owner__project-flaky"]
        assert (flaky.judgement, flaky.reason) == (Judgement.NOT_JUDGED, "error")


async def test_a_program_that_says_nothing_judges_nothing(tools: Path, tmp_path: Path) -> None:
    program(
        tools,
        "swebench",
        "#!/bin/sh\n[ $1 = --version ] && echo 5.0 || { echo boom >&2; exit 1; }\n",
    )
    program(tools, "docker", "#!/bin/sh\nexit 0\n")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path, row("1", **NEW))
        assert (await engine.check("swebench")).n_unchecked == 1
        await engine.export_predictions("swebench", tmp_path / "p.jsonl")
        report = await engine.grade("swebench", tmp_path / "p.jsonl")
        assert report.judged[0].reason == "no report; exit code 1: boom"


async def test_predictions_that_do_not_fit_are_refused_by_line_or_name(
    tools: Path, tmp_path: Path
) -> None:
    official(tools)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path, row("1", **NEW))
        strange = write_lines(tmp_path / "p.jsonl", [{"instance_id": "x", "model_patch": ""}])
        with pytest.raises(UsageError, match="there is no task x"):
            await engine.grade("swebench", strange)
        rows = [{"instance_id": "y", "model_patch": FIX}, {"instance_id": "z"}]
        broken = write_lines(tmp_path / "q.jsonl", rows)
        with pytest.raises(SuiteError, match=r"q\.jsonl:2 is no prediction"):
            await engine.grade("swebench", broken)


def test_what_a_report_doubts_is_no_failure_of_a_patch(tmp_path: Path) -> None:
    report = {
        "resolved_ids": ["a"],
        "unresolved_ids": ["b", "c", "d"],
        "ambiguous_ids": ["c"],
        "infrastructure_error_ids": ["d"],
        "empty_patch_ids": ["e"],
        "incomplete_ids": ["f"],
        "schema_version": 3,
    }
    (tmp_path / "r.json").write_text(json.dumps(report), "utf-8")
    said = {name: judgement for name, (judgement, _) in read_report(tmp_path / "r.json").items()}
    assert said == {
        "a": Judgement.RESOLVED,
        "b": Judgement.UNRESOLVED,
        "c": Judgement.NOT_JUDGED,
        "d": Judgement.NOT_JUDGED,
        "e": Judgement.EMPTY,
        "f": Judgement.NOT_JUDGED,
    }
    (tmp_path / "r.json").write_text("[", "utf-8")
    assert read_report(tmp_path / "r.json") == {}


async def test_the_view_shows_the_statement_and_that_it_does_not_give_the_fix_away(
    tmp_path: Path,
) -> None:
    telling = row("2", problem_statement="Write it as\n    return a + b\nplease.")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path, row("1"), telling)
        fine = await engine.task_view("swebench/owner__project-1")
        told = await engine.task_view("swebench/owner__project-2")
        assert len(await load_tasks(engine.context.store, "swebench")) == 2
        assert len(await load_references(engine.context.store, "swebench")) == 2
    assert "Adding does not add." in fine.messages[1].content
    assert fine.hidden.is_hidden
    assert fine.hidden.withheld == ("hints_text", "test_patch")
    assert (told.hidden.is_hidden, told.hidden.n_lines_shown) == (False, 1)
