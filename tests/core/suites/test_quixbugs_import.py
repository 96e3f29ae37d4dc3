"""A QuixBugs checkout becomes tasks, and a spoiled one becomes reasons."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import SuiteError
from core.suites.quixbugs import open_checkout
from core.task import Case, Comparator, Oracle, Reference, SourceFile, Task
from tests.core.suites.reading import Read, read_all
from tests.quixbugs_checkout import COMMIT, build_checkout, needs_quixbugs, quixbugs_rows

LOADER = "import pytest\nfrom load_testdata import load_json_testcases\n"
CASE_TEST = LOADER + "def test_f(input_data, expected):\n    assert {call} == {expected}\n"
GRAPH_TEST = """\
import pytest
from node import Node
if pytest.use_correct:
    from correct_python_programs.walk import walk
else:
    from python_programs.walk import walk
def test1():
    assert walk(Node([Node(), Node()])) == 2
"""
CONFTEST = """\
import pytest
def pytest_addoption(parser):
    parser.addoption("--correct", action="store_true")
def pytest_configure(config):
    pytest.use_correct = config.getoption("--correct")
"""


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A checkout of two programs: one with cases, one with nodes."""
    root = tmp_path / "checkout"
    write(root, "conftest.py", CONFTEST)
    write(root, "python_programs/node.py", "class Node: pass\n")
    write(root, "correct_python_programs/node.py", "class Node: pass\n")
    write(root, "python_programs/walk_test.py", "print('not a program')\n")
    write(
        root,
        "python_programs/double.py",
        '\ndef double(x):\n    return x + x + 1\n\n"""\nTwo.\n"""\n',
    )
    write(
        root,
        "correct_python_programs/double.py",
        '\ndef double(x):\n    return x + x\n\n"""\ndef double(x):\n    return 2 * x\n"""\n',
    )
    write(root, "json_testcases/double.json", "[[1], 2]\n[2, 4]\n\n[[[5]], [5, 5]]\n[[0], 0]\n")
    test = CASE_TEST.format(call="double(*input_data)", expected="expected")
    write(root, "python_testcases/test_double.py", test)
    write(root, "python_programs/walk.py", "def walk(node):\n    return 3\n")
    write(root, "correct_python_programs/walk.py", "def walk(node):\n    return len(node.value)\n")
    node = "class Node:\n    def __init__(self, value=None):\n        self.value = value\n"
    write(root, "python_testcases/node.py", node)
    write(root, "python_testcases/test_walk.py", GRAPH_TEST)
    return root


def read_checkout(root: Path) -> Read:
    return read_all(open_checkout(root))


def by_name(result: Read) -> dict[str, Task]:
    return {task.program: task for task in result.tasks}


def only_problem(result: Read, name: str) -> str:
    """The reason why `name` alone did not become a task."""
    assert [problem.name for problem in result.problems] == [name]
    assert name not in by_name(result)
    assert result.tasks
    return result.problems[0].reason


def run_pytest(task: Task, program: str, root: Path) -> int:
    for file in (*task.support, SourceFile(task.target.path, program)):
        write(root, file.path, file.text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", task.test_path]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, timeout=60, check=False
    ).returncode


def test_a_program_with_cases_becomes_a_task_and_apart_from_it_a_reference(small: Path) -> None:
    result = read_checkout(small)
    assert result.problems == ()
    assert by_name(result)["double"] == Task(
        task_id="quixbugs/double",
        suite="quixbugs",
        program="double",
        entry_point="double",
        target=SourceFile("python_programs/double.py", "def double(x):\n    return x + x + 1\n"),
        description="Two.",
        oracle=Oracle.CASES,
        cases=(
            Case("(1,)", "2", shown=True),
            Case("(2,)", "4", shown=False),
            Case("([5],)", "[5, 5]", shown=True),
            Case("(0,)", "0", shown=False),
        ),
        licence="MIT",
        twin="quixbugs/double",
    )
    assert result.references[0] == Reference(
        "quixbugs/double", "def double(x):\n    return x + x\n"
    )


def test_a_program_with_nodes_brings_a_tree_in_which_its_own_test_judges_it(
    small: Path, tmp_path: Path
) -> None:
    result = read_checkout(small)
    task = by_name(result)["walk"]
    assert (task.oracle, task.entry_point, task.cases) == (Oracle.PYTEST, "", ())
    assert [file.path for file in task.support] == [
        "conftest.py",
        "python_testcases/node.py",
        "python_testcases/test_walk.py",
    ]
    assert run_pytest(task, task.target.text, tmp_path / "buggy") == 1
    assert run_pytest(task, result.references[1].text, tmp_path / "fixed") == 0


@pytest.mark.parametrize(
    ("call", "expected", "comparator"),
    [
        ("double(*input_data)", "expected", Comparator.EXACT),
        ("list(double(*input_data))", "expected", Comparator.ITERATES),
        (
            "double(*input_data)",
            "pytest.approx(expected, abs=input_data[-1])",
            Comparator.APPROX,
        ),
    ],
)
def test_results_are_compared_as_the_test_file_does(
    small: Path, call: str, expected: str, comparator: Comparator
) -> None:
    test = CASE_TEST.format(call=call, expected=expected)
    write(small, "python_testcases/test_double.py", test)
    assert by_name(read_checkout(small))["double"].comparator is comparator


def test_expected_lists_that_the_test_turns_into_tuples_match_either(small: Path) -> None:
    reshape = "testdata = [[i, [tuple(x) for x in o]] for i, o in testdata]\n"
    test = CASE_TEST.format(call="double(*input_data)", expected="expected")
    write(small, "python_testcases/test_double.py", reshape + test)
    assert by_name(read_checkout(small))["double"].comparator is Comparator.SEQUENCE


def test_cases_that_the_test_skips_are_left_out(small: Path) -> None:
    test = CASE_TEST.format(call="double(*input_data)", expected="expected")
    skip = (
        "    if not pytest.run_slow and input_data == [[5]]:\n        pytest.skip('slow')\n"
        "    assert"
    )
    write(small, "python_testcases/test_double.py", test.replace("    assert", skip))
    cases = by_name(read_checkout(small))["double"].cases
    assert [(case.args, case.shown) for case in cases] == [
        ("(1,)", True),
        ("(2,)", False),
        ("(0,)", True),
    ]


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("python_programs/double.py", "def double(:\n", r"programs/double\.py:1 is not Python"),
        ("python_programs/double.py", "double = 3\n", "defines no function double"),
        ("correct_python_programs/double.py", "x\n(\n", r"correct_python_programs/double\.py:2"),
        (
            "python_programs/double.py",
            "def double(x):\n    '\x1b[2J'\n",
            r"\.py:2 has control char",
        ),
        ("python_programs/double.py", "(" * 3000, "is not Python"),
        ("json_testcases/double.json", "[[1], 2]\n[[1], 2\n", r"json:2 is not a JSON case"),
        ("json_testcases/double.json", "[[1], Infinity]\n", r"json:1 is not a JSON case"),
        ("json_testcases/double.json", "[[1e999], 1]\n", r"json:1 is not a JSON case"),
        ("json_testcases/double.json", "[" * 100_000, r"json:1 is not a JSON case"),
        ("json_testcases/double.json", "[[1], 2, 3]\n", r"json:1 is not a pair"),
        ("json_testcases/double.json", "\n", "has no cases"),
        ("json_testcases/double.json", "[" + " " * (1 << 20) + "]", "is larger than"),
        ("python_testcases/test_double.py", LOADER, "has 0 assertions"),
        (
            "python_testcases/test_double.py",
            LOADER + "def test(i, e):\n    assert double(*i) > e\n",
            r"test_double\.py:4 compares in a way",
        ),
        (
            "python_testcases/test_double.py",
            LOADER + "def test(i, e):\n    assert double(*i) == pytest.approx(e, abs=i[0])\n",
            r"test_double\.py:4 compares in a way",
        ),
        (
            "python_testcases/test_double.py",
            LOADER + "def test(i, e):\n if slow(i):\n  pytest.skip()\n assert double(*i) == e\n",
            r"test_double\.py:4 skips in a way",
        ),
    ],
)
def test_a_spoiled_file_is_a_problem_of_its_program_alone(
    small: Path, path: str, text: str, reason: str
) -> None:
    write(small, path, text)
    assert re.search(reason, only_problem(read_checkout(small), "double"))


@pytest.mark.parametrize(
    "path",
    [
        "python_programs/double.py",
        "correct_python_programs/double.py",
        "python_testcases/test_double.py",
        "json_testcases/double.json",
    ],
)
def test_half_a_program_is_a_problem_that_names_the_missing_half(small: Path, path: str) -> None:
    (small / path).unlink()
    assert only_problem(read_checkout(small), "double").startswith(f"{path} cannot be read: No")


def test_bytes_that_are_no_text_are_a_problem(small: Path) -> None:
    (small / "python_programs/double.py").write_bytes(b"def double(x): return '\xff'\n")
    assert "is not UTF-8 text" in only_problem(read_checkout(small), "double")


def test_a_missing_configuration_spoils_only_what_is_run_by_pytest(small: Path) -> None:
    (small / "conftest.py").unlink()
    assert "conftest.py cannot be read" in only_problem(read_checkout(small), "walk")


def _link_outside(root: Path) -> None:
    (root.parent / "secret.py").write_text("def double(x): return 'secret'\n", encoding="utf-8")
    (root / "python_programs/double.py").symlink_to(root.parent / "secret.py")


def _link_in_circle(root: Path) -> None:
    (root / "python_programs/double.py").symlink_to(root / "python_programs/double.py")


def _make_pipe(root: Path) -> None:
    os.mkfifo(root / "python_programs/double.py")


def _make_folder(root: Path) -> None:
    (root / "python_programs/double.py").mkdir()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_link_outside, "leads out of the checkout"),
        (_link_in_circle, "cannot be read"),
        (_make_pipe, "is not a file"),
        (_make_folder, "is not a file"),
    ],
)
def test_what_is_not_a_file_of_the_checkout_is_never_read(
    small: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    (small / "python_programs/double.py").unlink()
    spoil(small)
    assert reason in only_problem(read_checkout(small), "double")


def test_a_folder_linked_from_elsewhere_is_refused(small: Path, tmp_path: Path) -> None:
    (small / "json_testcases").rename(tmp_path / "elsewhere")
    (small / "json_testcases").symlink_to(tmp_path / "elsewhere")
    assert "leads out of the checkout" in only_problem(read_checkout(small), "double")


def test_names_that_are_no_names_are_problems_and_hidden_files_are_ignored(small: Path) -> None:
    write(small, "python_programs/._double.py", "\0")
    write(small, "python_programs/a\x1b[2J b.py", "x = 1\n")
    assert only_problem(read_checkout(small), "a␛[2J b") == "its name is not a Python name"


@pytest.mark.parametrize("made", ["nothing", "empty", "file", "other"])
def test_a_wrong_folder_is_told_what_a_checkout_looks_like(tmp_path: Path, made: str) -> None:
    place = tmp_path / made
    if made == "file":
        place.write_text("text", encoding="utf-8")
    elif made != "nothing":
        place.mkdir()
    if made == "other":
        (place / "python_programs").mkdir()
    with pytest.raises(SuiteError, match="A QuixBugs checkout has the folders python_programs"):
        read_checkout(place)


def test_a_checkout_without_its_cases_is_refused_as_a_whole(small: Path) -> None:
    (small / "json_testcases/double.json").unlink()
    (small / "json_testcases").rmdir()
    with pytest.raises(SuiteError, match="has no json_testcases"):
        read_checkout(small)


def test_folders_without_programs_are_refused(tmp_path: Path) -> None:
    for name in ("python_programs", "correct_python_programs", "python_testcases"):
        (tmp_path / name).mkdir()
    (tmp_path / "json_testcases").mkdir()
    with pytest.raises(SuiteError, match="has no programs"):
        read_checkout(tmp_path)


@pytest.mark.parametrize(
    ("head", "branch", "origin"),
    [
        (f"{COMMIT}\n", "", f"commit {COMMIT}"),
        ("ref: refs/heads/main\n", f"{COMMIT}\n", f"commit {COMMIT}"),
        ("ref: refs/heads/gone\n", "", ""),
        ("ref: refs/../../../outside\n", "", ""),
        ("not a commit\n", "", ""),
    ],
)
def test_the_origin_is_the_commit_where_it_can_be_read(
    small: Path, head: str, branch: str, origin: str
) -> None:
    write(small.parent, "outside", f"{COMMIT}\n")
    write(small, ".git/HEAD", head)
    if branch:
        write(small, ".git/refs/heads/main", branch)
    assert {task.origin for task in read_checkout(small).tasks} == {origin}


@needs_quixbugs
def test_the_real_checkout_gives_its_forty_programs_and_nothing_else(tmp_path: Path) -> None:
    result, rows = read_checkout(build_checkout(tmp_path)), quixbugs_rows()
    assert result.problems == ()
    assert [task.program for task in result.tasks] == [row.name for row in rows]
    for task, reference, row in zip(result.tasks, result.references, rows, strict=True):
        assert (task.target.text, task.description) == (row.buggy_code, row.description)
        assert (reference.task_id, reference.text) == (task.task_id, row.correct_code)
        assert (task.oracle is Oracle.PYTEST) == row.is_graph
        if not row.is_graph:
            assert len(task.cases) == len(row.json_cases) - row.n_skipped
            assert abs(sum(1 if case.shown else -1 for case in task.cases)) <= 1
        assert task.origin == f"commit {COMMIT}"


@needs_quixbugs
def test_the_real_checkout_needs_these_comparisons(tmp_path: Path) -> None:
    result = read_checkout(build_checkout(tmp_path))
    special = {t.program: t.comparator for t in result.tasks if t.comparator != Comparator.EXACT}
    assert special == {
        "flatten": Comparator.ITERATES,
        "hanoi": Comparator.SEQUENCE,
        "kheapsort": Comparator.ITERATES,
        "sqrt": Comparator.APPROX,
    }
    assert Counter(task.oracle for task in result.tasks) == {Oracle.CASES: 31, Oracle.PYTEST: 9}


@needs_quixbugs
def test_no_task_of_the_real_checkout_carries_a_reference_or_an_unreadable_case(
    tmp_path: Path,
) -> None:
    result = read_checkout(build_checkout(tmp_path))
    for task, reference in zip(result.tasks, result.references, strict=True):
        texts = [task.target.text, task.description, *(file.text for file in task.support)]
        assert not any(reference.text.strip() in text for text in texts)
        assert not any(file.path.startswith("correct") for file in task.support)
        for case in task.cases:
            assert isinstance(ast.literal_eval(case.args), tuple)
            ast.literal_eval(case.expected)
