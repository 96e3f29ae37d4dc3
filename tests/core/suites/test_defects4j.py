"""Defects4J bugs become tasks without programs; a stand-in shows how the command is driven."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import RefusedError, SuiteError
from core.selection import Selection
from core.store.suites import load_references
from core.suites.clones import open_clones
from core.suites.defects4j import open_place
from core.suites.defects4j_cli import failing_tests
from core.suites.official import Judgement
from core.suites.patches import make_patch, reverse_patch
from core.task import Language, Oracle
from core.workspace import Workspace
from tests.core.suites.clones import make_clone
from tests.core.suites.folders import write
from tests.core.suites.pack_rows import write_lines
from tests.core.suites.reading import read_all

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "defects4j" / "active_bugs.jsonl"
needs_rows = pytest.mark.skipif(not DATA.is_file(), reason="the Defects4J rows are not here")
BUGGY = "class Sum {\n    int add(int a, int b) {\n        return a;\n    }\n}\n"
FIXED = BUGGY.replace("return a;", "return a + b;")
PATH = "src/Sum.java"
FIX = make_patch(PATH, BUGGY, FIXED)
PROGRAM = """\
#!{python}
import os, pathlib, sys
words = sys.argv[1:]
place = pathlib.Path(words[words.index("-w") + 1])
assert os.environ["TZ"] == "America/Los_Angeles", "the zone"
assert "TOGETHER_API_KEY" not in os.environ, "a key"
source = place / {path!r}
if words[0] == "checkout":
    assert words[words.index("-v") + 1].endswith("b") and not place.exists()
    source.parent.mkdir(parents=True)
    source.write_bytes({buggy!r})
elif words[0] == "compile":
    sys.exit("not Java" if "}}" not in source.read_text("latin-1") else 0)
else:
    assert words[:2] == ["test", "-r"]
    if "hang up" in source.read_text("latin-1"):
        sys.exit("the machine is broken")
    is_right = "return a + b;" in source.read_text("latin-1")
    text = "" if is_right else "--- SumTest::testAdd\\njunit: expected 3\\n\\tat SumTest\\n"
    (place / "failing_tests").write_text(text)
    print("Failing tests: 1")  # and exit code 0 all the same
"""


def make_checkout(root: Path) -> Path:
    """Two bugs with patches that lead, as upstream's do, from the mended program to the bug."""
    project = "framework/projects/Calc"
    heads = "bug.id,revision.id.buggy,revision.id.fixed,report.id,report.url"
    lines = [heads, "1,aaa,bbb,CALC-1,https://example.org/1", "3,ccc,ddd,,UNKNOWN", "x,e,f,,"]
    write(root, f"{project}/active-bugs.csv", "\n".join(lines) + "\n")
    for number in (1, 3):
        write(root, f"{project}/patches/{number}.src.patch", make_patch(PATH, FIXED, BUGGY))
        write(root, f"{project}/trigger_tests/{number}", "--- SumTest::testAdd\njunit\n\tat x\n")
    write(root, "framework/projects/lib/junit.txt", "")
    return root


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the program whose folder is the whole PATH; nothing is in it yet."""
    home = tmp_path / "d4j"
    (home / "framework/bin").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(home / "framework/bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("TOGETHER_API_KEY", "secret")
    return home


def install(home: Path, name: str, text: str) -> None:
    file = home / "framework/bin" / name
    file.write_text(text, "utf-8")
    file.chmod(stat.S_IRWXU)


def install_all(home: Path, buggy: bytes = BUGGY.encode()) -> None:
    install(home, "defects4j", PROGRAM.format(python=sys.executable, path=PATH, buggy=buggy))
    install(home, "java", "#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    (home / "project_repos/Calc.git").mkdir(parents=True)


async def imported(engine: Engine, folder: Path) -> None:
    report = await engine.import_suite("defects4j", make_checkout(folder / "checkout"))
    assert report.n_tasks == 2


def test_a_checkout_gives_its_active_bugs_and_names_the_bad_line(tmp_path: Path) -> None:
    read = read_all(open_place(make_checkout(tmp_path)))
    first, second = read.tasks
    assert [task.task_id for task in read.tasks] == ["defects4j/Calc-1", "defects4j/Calc-3"]
    assert (first.oracle, first.language) == (Oracle.OFFICIAL, Language.JAVA)
    assert (first.target.path, first.base_commit, first.test_ids) == (
        PATH,
        "aaa",
        ("SumTest::testAdd",),
    )
    assert first.program == second.program == f"Calc:{PATH}"
    assert "https://example.org/1" in first.description
    assert "UNKNOWN" not in second.description
    (problem,) = read.problems
    assert problem.place == "Calc/active-bugs.csv:4"


def test_the_reversed_patch_is_turned_round(tmp_path: Path) -> None:
    (reference, _) = read_all(open_place(make_checkout(tmp_path))).references
    assert "+        return a + b;" in reference.text
    assert reverse_patch(reference.text) != reference.text
    assert all("a + b" not in repr(task) for task in read_all(open_place(tmp_path)).tasks)


def test_names_that_are_none_are_refused(tmp_path: Path) -> None:
    good = {"project": "P", "bug_id": 7, "revision_buggy": "r", "trigger_tests": ["T::t"]}
    files = {"patch_files": ["a/B.java"]}
    lines: list[dict[str, object]] = [
        {**good, **files, "bug_id": n, name: value}
        for n, (name, value) in enumerate(
            (
                ("report_id", ""),
                ("project", "P\x1b[2J"),
                ("revision_buggy", "r\x1b]0;x\x07"),
                ("patch_files", ["../../B.java"]),
                ("patch_files", ["a\x07.java"]),
            )
        )
    ]
    read = read_all(open_place(write_lines(tmp_path / "bugs.jsonl", lines)))
    assert [task.twin for task in read.tasks] == ["defects4j/P-0"]
    said = [problem.reason for problem in read.problems]
    path = "its fix names a strange path"
    assert said == ["its project is no name", "its revision_buggy is no revision", path, path]


@pytest.mark.parametrize("path", ["patches/1.src.patch", "trigger_tests/3", "active-bugs.csv"])
def test_a_change_of_any_file_that_is_read_makes_the_source_another(
    tmp_path: Path, path: str
) -> None:
    source = open_place(make_checkout(tmp_path))
    before = source.stamp
    with (tmp_path / "framework/projects/Calc" / path).open("a") as file:
        file.write("\n")
    assert source.stamp != before


@needs_rows
def test_the_real_metadata_imports_whole() -> None:
    read = read_all(open_place(DATA))
    assert (len(read.tasks), read.problems) == (854, ())
    assert len({task.repo for task in read.tasks}) == 17
    assert all(task.target.path.endswith(".java") for task in read.tasks)


def test_a_wrong_place_is_told_what_a_checkout_has(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="has no framework/projects"):
        open_place(tmp_path)


async def test_what_is_missing_is_said_in_one_line_each(tools: Path, tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path)
        said = []
        for name, text in (
            ("", ""),
            ("defects4j", "#!/bin/sh\n"),
            ("java", "#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n"),
            ("java", "#!/bin/sh\necho 'openjdk version \"11.0.1\"' >&2\n"),
        ):
            if name:
                install(tools, name, text)
            with pytest.raises(RefusedError) as refusal:
                await engine.check("defects4j")
            said.append(str(refusal.value))
    assert all("\n" not in line for line in said)
    assert "`defects4j` is not on the PATH" in said[0]
    assert "needs Java 11 exactly, and it finds none" in said[1]
    assert "it finds 17" in said[2]
    assert "run its `init.sh`" in said[3]


async def test_bugs_are_proved_although_failing_tests_exit_with_nought(
    tools: Path, tmp_path: Path
) -> None:
    install_all(tools)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path)
        report = await engine.check("defects4j")
        assert (report.admitted, report.quarantined, report.n_unchecked) == (2, (), 0)


async def test_metadata_alone_proves_nothing_and_can_be_divided(tmp_path: Path) -> None:
    common = {"project": "P", "trigger_tests": ["T::t"]}
    rows = [
        {**common, "bug_id": n, "revision_buggy": f"r{n}", "patch_files": [f"{n}/A.java"]}
        for n in range(4)
    ]
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("defects4j", write_lines(tmp_path / "bugs.jsonl", rows))
        with pytest.raises(RefusedError, match="have no fixes") as refusal:
            await engine.check("defects4j")
        assert "\n" not in str(refusal.value)
        assert (await engine.suite_tasks("defects4j")).n_total == 4
        split = await engine.make_split(("defects4j",), (0.5, 0.0, 0.5))
        assert sum(split.sides.values()) == 4


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
async def test_line_ends_and_old_encodings_of_a_program_are_its_own(
    tools: Path, tmp_path: Path, encoding: str
) -> None:
    name = BUGGY.replace("class Sum {", "// J\xf6rg\nclass Sum {").replace(
        "return", "// \xe9\n return"
    )
    buggy, fixed = (text.replace("\n", "\r\n") for text in (name, name.replace("a;", "a + b;")))
    install_all(tools, buggy.encode(encoding))
    checkout = make_checkout(tmp_path / "checkout")
    for number in (1, 3):
        patch = make_patch(PATH, fixed, buggy).encode(encoding)
        (checkout / f"framework/projects/Calc/patches/{number}.src.patch").write_bytes(patch)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("defects4j", checkout)
        assert report.n_tasks == 2
        checked = await engine.check("defects4j")
        assert (checked.admitted, checked.quarantined) == (2, ())
        engine.context.sandbox.allows_unconfined = True
        made = make_patch(PATH, name, name.replace("a;", "a + b;"))
        new = make_patch(PATH, name, name.replace("a;", "a + b; // \u2192"))
        answers = {"defects4j/Calc-1": made, "defects4j/Calc-3": new}
        judged = (await engine.grade("defects4j", predictions(tmp_path, answers))).judged
        is_fit = encoding == "utf-8"
        assert [one.judgement for one in judged] == [
            Judgement.RESOLVED,
            Judgement.RESOLVED if is_fit else Judgement.UNRESOLVED,
        ]
        assert ("is latin-1, and the patch is not" in judged[1].reason) is not is_fit


async def test_a_wrapper_in_another_place_is_taken_as_it_is(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_all(tools)
    program = tools / "framework/bin/defects4j"
    (tmp_path / "bin").mkdir()
    for name in ("defects4j", "java"):
        wrapper = tmp_path / "bin" / name
        wrapper.write_text(f'#!/bin/sh\nexec {program.parent / name} "$@"\n')
        wrapper.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path)
        assert (await engine.check("defects4j")).admitted == 2


async def test_a_reference_that_does_not_mend_is_quarantined(tools: Path, tmp_path: Path) -> None:
    install_all(tools)
    checkout = make_checkout(tmp_path / "checkout")
    bad = make_patch(PATH, BUGGY.replace("return a;", "return b;"), BUGGY)
    write(checkout, "framework/projects/Calc/patches/3.src.patch", bad)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await engine.import_suite("defects4j", checkout)
        report = await engine.check("defects4j")
    assert report.admitted == 1
    (problem,) = report.quarantined
    assert problem.task_id == "defects4j/Calc-3"
    assert "1 tests fail, SumTest::testAdd first" in problem.reason


async def test_predictions_are_judged_each_by_what_the_tests_truly_say(
    tools: Path, tmp_path: Path
) -> None:
    install_all(tools)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await imported(engine, tmp_path)
        first, second = "defects4j/Calc-1", "defects4j/Calc-3"
        with pytest.raises(RefusedError, match="without confinement"):
            await engine.grade("defects4j", predictions(tmp_path, {first: FIX}))
        engine.context.sandbox.allows_unconfined = True
        answers = {
            FIX: (Judgement.RESOLVED, ""),
            FIX.replace("a + b", "a - b"): (Judgement.UNRESOLVED, "1 tests fail"),
            FIX.replace("int b", "int c"): (Judgement.UNRESOLVED, "does not fit the file"),
            FIX.replace("return a + b;", "hang up"): (Judgement.NOT_JUDGED, "machine is broken"),
            "": (Judgement.UNRESOLVED, "1 tests fail"),
            FIX.replace(PATH, "../../out.java"): (Judgement.UNRESOLVED, "leads out"),
        }
        for patch, (judgement, reason) in answers.items():
            report = await engine.grade("defects4j", predictions(tmp_path, {second: patch}))
            (judged,) = report.judged
            assert (judged.task_id, judged.judgement) == (second, judgement)
            assert reason in judged.reason
        both = predictions(tmp_path, {first: FIX, second: FIX})
        only = Selection(ids=(first,))
        part = await engine.grade("defects4j", both, again=True, selection=only)
        assert [one.task_id for one in part.judged] == [first]
        references = await load_references(engine.context.store, "defects4j")
        assert references[first].text == FIX.partition("\n")[2]
    assert not list((tmp_path / "w/official").glob("*/program"))


def test_with_clones_a_bug_is_the_mended_program_with_upstreams_patch(tmp_path: Path) -> None:
    checkout, repos = make_checkout(tmp_path / "checkout"), tmp_path / "repos"
    (mended,) = make_clone(repos / "calc-lib.git", {PATH: FIXED})
    heads = "bug.id,revision.id.buggy,revision.id.fixed,report.id,report.url"
    bugs = f"{heads}\n1,aaa,{mended},,\n3,aaa,{'e' * 40},,\n"
    write(checkout, "framework/projects/Calc/active-bugs.csv", bugs)
    module = 'my $PID = "Calc";\nsub new {\n    my $name = "calc-lib";\n'
    write(checkout, "framework/core/Project/Calc.pm", module)
    read = read_all(open_place(checkout, "defects4j", open_clones(repos)))
    assert read.problems == ()
    there, gone = (read.task(name) for name in ("Calc-1", "Calc-3"))
    assert there.target.text == BUGGY
    assert gone.target.text == ""
    assert "calc-lib.git has no src/Sum.java at eeeeeeeeeeee" in gone.origin
    with pytest.raises(SuiteError, match="has no patches"):
        open_place(write_lines(tmp_path / "bugs.jsonl", []), "defects4j", open_clones(repos))


def predictions(folder: Path, patches: dict[str, str]) -> Path:
    rows = [
        {"instance_id": name, "model_name_or_path": "m", "model_patch": patch}
        for name, patch in patches.items()
    ]
    return write_lines(folder / f"{os.urandom(4).hex()}.jsonl", rows)


def test_failing_tests_are_read_by_name_and_once() -> None:
    text = "--- a.B::c\njunit: expected\n--- indented\n   --- no\n--- a.B::c\n--- d.E\n"
    assert failing_tests(text) == ("a.B::c", "indented", "d.E")
    assert failing_tests("") == ()


def test_metadata_without_files_takes_the_classes(tmp_path: Path) -> None:
    rows = [
        {"project": "P", "bug_id": 7, "revision_buggy": "r", "trigger_tests": ["T::t"]}
        | {"patch_files": [], "modified_classes": ["a.b.C"]},
        {"project": "P", "bug_id": 8},
    ]
    read = read_all(open_place(write_lines(tmp_path / "bugs.jsonl", rows)))
    assert read.tasks[0].target.path == "a/b/C.java"
    assert json.dumps(read.problems[0].place) == '"bugs.jsonl:2"'
