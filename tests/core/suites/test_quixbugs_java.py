"""The Java half of a QuixBugs checkout becomes tasks whose trees hold no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import SuiteError
from core.suites.quixbugs_java import open_checkout
from core.task import Language, Oracle
from core.workspace import Workspace
from tests.core.sandbox.test_junit import needs_java
from tests.core.suites.folders import write
from tests.core.suites.reading import read_all
from tests.quixbugs_checkout import build_checkout, build_java, needs_quixbugs, quixbugs_rows

BUGGY = "package java_programs;\npublic class TWICE { static int twice(Pair p) { return p.a; } }\n"
CORRECT = """\
package correct_java_programs;
import correct_java_programs.Pair;
public class TWICE { static int twice(Pair p) { return p.a + p.a; } }
"""
TEST = """\
package java_testcases.junit;
public class TWICE_TEST {
    @org.junit.Test(timeout = 3000) public void one() { check(new java_programs.Pair(1), 2); }
    @org.junit.Test(timeout=10L)
    public void nought() { check(new java_programs.Pair(0), 0); }
    private void check(java_programs.Pair p, int want) {
        org.junit.Assert.assertEquals(want, Shown.of(java_programs.TWICE.twice(p)));
    }
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout of one program with two helpers, one of which uses a third."""
    write(tmp_path, "java_programs/TWICE.java", BUGGY.replace("static int", "public static int"))
    write(tmp_path, "java_programs/Other.java", "package java_programs;\nclass Other {}\n")
    pair = "package java_programs;\npublic class Pair {\n"
    write(
        tmp_path,
        "java_programs/Pair.java",
        f"{pair} public int a; public Pair(int n) {{ a = n; }}\n}}\n",
    )
    correct = CORRECT.replace("static int", "public static int")
    write(tmp_path, "correct_java_programs/TWICE.java", correct)
    write(tmp_path, "java_testcases/junit/TWICE_TEST.java", TEST)
    shown = "package java_testcases.junit;\nclass Shown { static long of(int n) { return n; } }\n"
    write(tmp_path, "java_testcases/junit/Shown.java", shown)
    write(
        tmp_path,
        "python_programs/twice.py",
        "def twice(p):\n    return p\n\n'''\nTwo of it.\n'''\n",
    )
    return tmp_path


def test_a_program_becomes_a_task_with_its_helpers_and_contract(root: Path) -> None:
    read = read_all(open_checkout(root))
    (task,), (reference,) = read.tasks, read.references
    assert read.problems == ()
    assert (task.oracle, task.language) == (Oracle.JUNIT, Language.JAVA)
    assert task.task_id == "quixbugs-java/twice"
    assert task.twin == "quixbugs/twice"
    assert task.description == "Two of it."
    assert [file.path for file in task.support] == [
        "java_programs/Pair.java",
        "java_testcases/junit/Shown.java",
        "java_testcases/junit/TWICE_TEST.java",
    ]
    assert reference.text.startswith("package java_programs;\nimport java_programs.Pair;")


def test_no_second_on_a_clock_decides(root: Path) -> None:
    (task,) = read_all(open_checkout(root)).tasks
    test = next(file.text for file in task.support if file.path == task.test_path)
    assert "timeout" not in test
    assert test.count("@org.junit.Test") == 2


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("java_programs/TWICE.java", "class Two {}", "defines no class TWICE"),
        ("correct_java_programs/TWICE.java", None, "cannot be read"),
        ("java_testcases/junit/TWICE_TEST.java", None, "cannot be read"),
    ],
)
def test_half_a_program_is_a_problem(root: Path, path: str, text: str | None, reason: str) -> None:
    write(root, "java_testcases/junit/REST_TEST.java", "class REST_TEST {}")
    for folder in ("java_programs", "correct_java_programs"):
        write(root, f"{folder}/REST.java", "class REST {}")
    if text is None:
        (root / path).unlink()
    else:
        write(root, path, text)
    read = read_all(open_checkout(root))
    assert [task.program for task in read.tasks] == ["rest"]
    (problem,) = read.problems
    assert problem.name == "twice"
    assert reason in problem.reason


def test_a_wrong_folder_is_told_what_a_checkout_has(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="Java half of a QuixBugs checkout has the folders"):
        open_checkout(tmp_path)


@needs_java
async def test_it_proves_itself(root: Path, tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("quixbugs-java", root)
        report = await engine.check("quixbugs-java", 1)
    assert (report.admitted, report.quarantined) == (1, ())


@needs_quixbugs
def test_the_real_checkout_gives_forty_tasks_without_their_answers(tmp_path: Path) -> None:
    read = read_all(open_checkout(build_java(build_checkout(tmp_path))))
    assert (len(read.tasks), read.problems) == (40, ())
    described = {row.name: row.description for row in quixbugs_rows()}
    for task, reference in zip(read.tasks, read.references, strict=True):
        assert task.description == described[task.program]
        texts = [task.target.text, *(file.text for file in task.support)]
        assert not any("correct_java_programs" in text for text in texts)
        assert reference.text not in texts
        assert "correct_java_programs" not in reference.text
