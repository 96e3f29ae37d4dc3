"""A person's own programs become a suite, or the bugs of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import SuiteError
from core.selection import Selection
from core.store.suites import load_references, load_tasks
from core.suites.folder import open_folder
from core.suites.operations import ForgeOptions
from core.suites.patches import parse_patch
from core.task import Case, Oracle
from core.workspace import Workspace
from tests.core.suites.folders import (
    CASES,
    CLOCK_TEST,
    LOOP,
    RIGHT,
    TESTS,
    TWO,
    WRONG,
    make_folder,
    make_two,
    write,
)
from tests.core.suites.reading import read_all


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "mine")


async def test_a_folder_is_imported_and_proves_itself(root: Path, tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("folder", root)
        assert (report.n_tasks, report.problems) == (2, ())
        checked = await engine.check("folder")
        assert (checked.admitted, checked.quarantined) == (2, ())


def test_what_a_description_says_is_what_a_task_has(root: Path) -> None:
    read = read_all(open_folder(root))
    basket, clock = read.task("basket"), read.task("time-clock")
    assert (basket.oracle, basket.entry_point) == (Oracle.CASES, "total")
    assert basket.cases == (
        Case("([1, 2, 3],)", "5", shown=True),
        Case("([4, 5, 6, 7],)", "18", shown=False),
        Case("([],)", "0", shown=True),
    )
    assert basket.description.startswith("Adds up the prices")
    assert (clock.oracle, clock.program, clock.licence) == (Oracle.PYTEST, "clock", "CC0")
    assert [file.path for file in clock.support] == ["src/words.py", "tests/test_clock.py"]
    assert read.references[0].text == RIGHT


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("reference = ", "x = "), "unknown field"),
        (('target = "basket.py"', "target ="), "is not TOML"),
        (('"basket.py"', '"gone.py"'), "gone.py cannot be read"),
        (('"fixed/basket.py"', '"../../outside.py"'), "leads out of its folder"),
        (('"fixed/basket.py"', '"basket.py"'), "are the same"),
        (('"fixed/basket.py"', '""'), "has no bug"),
        (('"total"', '"sum_up"'), "defines no function 'sum_up'"),
        (('"([],)"', '"print(1)"'), "case 3 is not made of Python literals"),
        (('"([],)"', '"3"'), "args of case 3 are no tuple"),
        (('entry_point = "total"', 'tests = "fixed/basket.py"'), "either cases or tests"),
    ],
)
def test_a_wrong_description_is_named_and_the_others_stay(
    root: Path, change: tuple[str, str], reason: str
) -> None:
    write(root, "basket/task.toml", CASES.replace(*change))
    read = read_all(open_folder(root))
    (problem,) = read.problems
    assert problem.place == "basket/task.toml"
    assert reason in problem.reason
    assert [task.program for task in read.tasks] == ["clock"]


def test_a_reference_that_the_code_under_test_could_read_is_refused(root: Path) -> None:
    write(root, "time/clock/task.toml", TESTS.replace("src/words.py", "fixed.py"))
    (problem,) = read_all(open_folder(root)).problems
    assert "among the files that an agent's code can read" in problem.reason


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(RIGHT)
    (root / "basket/fixed/basket.py").unlink()
    (root / "basket/fixed/basket.py").symlink_to(tmp_path / "secret.py")
    (problem,) = read_all(open_folder(root)).problems
    assert "leads out" in problem.reason


@pytest.mark.parametrize("place", ["nothing", "empty"])
def test_a_place_without_tasks_is_told_what_one_has(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SuiteError, match=r"task\.toml"):
        open_folder(tmp_path / place)


async def test_a_forge_makes_mutants_of_the_correct_programs(root: Path, tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.forge_folder(root, ForgeOptions(n_per_program=2))
        assert (report.suite, report.n_programs, report.problems) == ("mine", 2, ())
        assert report.n_tasks == report.fates["admitted"] >= 3
        assert sum(report.fates.values()) == report.n_tasks + len(report.left)
        tasks = await load_tasks(engine.context.store, "mine")
        references = await load_references(engine.context.store, "mine")
        assert {task.program for task in tasks} == {"basket", "clock"}
        assert WRONG not in {task.target.text for task in tasks if task.program == "clock"}
        for task in tasks:
            assert task.target.text != references[task.task_id].text
        checked = await engine.check("mine")
        assert (checked.admitted, checked.quarantined) == (len(tasks), ())
        split = await engine.make_split(("mine",), (0.5, 0.0, 0.5), 1)
        assert split.n_families == 2


async def test_survivors_and_hangs_are_reported(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "mine")
    write(root, "count.py", LOOP)
    chosen = Selection(families=("count", "basket"))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        options = ForgeOptions(n_per_program=6, selection=chosen)
        report = await engine.forge_folder(root, options)
    fates = {left.fate for left in report.left}
    assert {"hung", "survived"} <= fates
    assert all(left.task_id is None and left.line for left in report.left)
    assert report.fates["hung"] == sum(left.fate == "hung" for left in report.left)


async def test_a_program_that_fails_its_own_tests_is_a_problem(root: Path, tmp_path: Path) -> None:
    write(root, "basket/task.toml", CASES.replace('"5"', '"6"'))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.forge_folder(root, ForgeOptions(n_per_program=1))
    (problem,) = report.problems
    assert problem.task_id == "mine/basket"
    assert "does not pass its own tests" in problem.reason
    assert report.n_tasks == 1


async def test_a_forge_of_a_part_makes_only_that_part(root: Path, tmp_path: Path) -> None:
    chosen = ForgeOptions("part", n_per_program=1, selection=Selection(families=("clock",)))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.forge_folder(root, chosen)
    assert (report.suite, report.n_programs, report.n_tasks) == ("part", 1, 1)


async def test_a_bug_in_several_files_is_proved_with_all_of_them_right(tmp_path: Path) -> None:
    root = make_two(tmp_path / "two")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("folder", root)
        checked = await engine.check("folder")
        assert (checked.admitted, checked.quarantined) == (1, ())
        (task,) = await load_tasks(engine.context.store, "folder")
        assert task.editable == ("src/clock.py", "src/words.py")
        view = await engine.task_view(task.task_id)
        assert (view.hidden.is_hidden, view.hidden.n_reference_lines) == (True, 2)
        export = await engine.export_predictions("folder", tmp_path / "fixes.jsonl")
        assert export.n_predictions == 1
        patch = json.loads((tmp_path / "fixes.jsonl").read_text())["model_patch"]
        assert [file.path for file in parse_patch(patch)] == ["src/clock.py", "src/words.py"]
        forged = await engine.forge_folder(root, ForgeOptions("mutants", n_per_program=2))
        assert (forged.problems, forged.n_tasks) == ((), 2)


async def test_half_a_reference_does_not_pass(tmp_path: Path) -> None:
    root = make_two(tmp_path / "two")
    write(root, "task.toml", TWO.partition("[references]")[0])
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("folder", root)
        (problem,) = (await engine.check("folder")).quarantined
        assert "its reference does not pass" in problem.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('"src/words.py" = ', '"src/other.py" = '), "names src/other.py, which is none of its"),
        (('"fixed/words.py"', '"src/words.py"'), "that an agent's code can read"),
        (('"fixed/words.py"', '"fixed/gone.py"'), "fixed/gone.py cannot be read"),
    ],
)
def test_wrong_references_of_further_files_are_named(
    tmp_path: Path, change: tuple[str, str], reason: str
) -> None:
    root = make_two(tmp_path / "two")
    write(root, "task.toml", TWO.replace(*change))
    (problem,) = read_all(open_folder(root)).problems
    assert reason in problem.reason


async def test_tests_are_known_by_their_ids_however_those_look(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "mine")
    ids = f'"hello  world", "{"x" * 400}"'
    tests = f"import pytest\n{CLOCK_TEST}\n@pytest.mark.parametrize('word', [{ids}])\n"
    tests += "def test_word(word):\n    assert word and minutes('1:00') == 60\n"
    write(root, "time/clock/tests/test_clock.py", tests)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("folder", root)
        checked = await engine.check("folder")
        assert (checked.admitted, checked.quarantined) == (2, ())
        forged = await engine.forge_folder(root, ForgeOptions("mutants", n_per_program=1))
        assert (forged.problems, forged.n_tasks) == ((), 2)
