"""Java programs are judged by JUnit in a process that can do little else."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RefusedError
from core.sandbox import junit
from core.sandbox.java import Java, find_java
from core.sandbox.junit import RunJUnit
from core.sandbox.run import CaseStatus, Limits, TestRun, Verdict
from core.sandbox.zygote import landlock

TEST = """\
package t;
import org.junit.Test;
import static org.junit.Assert.assertEquals;
public class SumTest {
    @Test public void adds() { assertEquals(3, p.Sum.add(1, 2)); }
    @Test public void nought() { assertEquals(0, p.Sum.add(0, 0)); }
}
"""
PROGRAM = "package p;\npublic class Sum {{ public static int add(int a, int b) {{ {body} }} }}\n"
IDS = ("adds", "nought")
PARAMETERS = (
    '@org.junit.runners.Parameterized.Parameters(name = "{name}") '
    "public static Object[] all() {{ return new Object[] {{1}}; }}\n"
    "    public SumTest(int n) {{ }}"
)


def _found() -> Java | None:
    try:
        return find_java()
    except RefusedError:
        return None


JAVA = _found()
needs_java = pytest.mark.skipif(
    JAVA is None or not landlock.version(), reason="no JDK with JUnit 4, or no Landlock, is here"
)


def judge(body: str, limits: Limits = Limits(cpu_s=10.0, wall_s=60.0)) -> TestRun:
    assert JAVA is not None
    files = (("t/SumTest.java", TEST), ("p/Sum.java", PROGRAM.format(body=body)))
    return junit.run(RunJUnit(files, "t/SumTest.java", IDS, limits), JAVA)


@needs_java
def test_a_right_program_passes_and_a_wrong_one_fails_by_name() -> None:
    assert judge("return a + b;").verdict is Verdict.PASSED
    run = judge("return a;")
    assert run.verdict is Verdict.FAILED
    assert {case.name: case.status for case in run.cases} == {
        "adds": CaseStatus.FAILED,
        "nought": CaseStatus.PASSED,
    }
    assert "expected:<3> but was:<1>" in run.failing[0].detail


@needs_java
def test_a_test_is_known_by_its_id_however_that_looks() -> None:
    assert JAVA is not None
    name = "two  blanks " + "x" * 400
    test = TEST.replace(
        "public class",
        "@org.junit.runner.RunWith(org.junit.runners.Parameterized.class)\npublic class",
    ).replace("{\n    @Test", f"{{\n    {PARAMETERS.format(name=name)}\n    @Test", 1)
    files = (("t/SumTest.java", test), ("p/Sum.java", PROGRAM.format(body="return a + b;")))
    ids: tuple[str, ...] = ()
    for _ in range(2):
        run = junit.run(RunJUnit(files, "t/SumTest.java", ids, Limits(cpu_s=10.0)), JAVA)
        assert run.verdict is Verdict.PASSED
        ids = run.passed_ids
    assert sorted(ids) == [f"adds[{name}]", f"nought[{name}]"]
    assert all("  " not in case.name and len(case.name) <= 300 for case in run.cases)


@needs_java
def test_what_does_not_compile_fails_and_says_why() -> None:
    run = judge("return a +;")
    assert run.verdict is Verdict.FAILED
    assert "does not compile" in run.cases[0].detail
    assert "Sum.java:2" in run.cases[0].detail


@needs_java
def test_a_program_that_does_not_end_is_ended() -> None:
    run = judge("while (true) {}", Limits(cpu_s=1.0, wall_s=60.0))
    assert run.verdict is Verdict.TIMEOUT
    assert run.failing[0].status is CaseStatus.HUNG


@needs_java
def test_leaving_early_with_a_lie_is_no_pass() -> None:
    lie = 'System.out.println("x\\tend\\t\\t\\t0"); Runtime.getRuntime().halt(0); return 0;'
    assert judge(lie).verdict is Verdict.NO_REPORT


@needs_java
def test_files_and_sockets_of_the_machine_are_out_of_reach(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("42")
    place = f'java.nio.file.Path.of("{secret}")'
    deeds = (
        f"java.nio.file.Files.readString({place});",
        f'java.nio.file.Files.writeString({place}, "x");',
        "new java.net.ServerSocket(0);",
        "new java.net.DatagramSocket();",  # no rule about files knows of it
        'new ProcessBuilder("/usr/bin/env", "cat", "/etc/hostname").start().waitFor(); n -= 100;',
    )
    tries = " ".join(
        f"try {{ {deed} n += 100; }} catch (Exception e) {{ n += 1; }}" for deed in deeds
    )
    run = judge(f"int n = 70; {tries} return n;")
    assert "was:<74>" in run.failing[0].detail
    assert secret.read_text() == "42"


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refusal:
        find_java({"PATH": str(tmp_path)})
    said = str(refusal.value)
    assert "javac on the PATH and java on the PATH" in said
    assert "\n" not in said
