"""Java programs are judged by JUnit in a process that can do little else."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import RefusedError
from core.sandbox import junit
from core.sandbox.java import Java, find_java
from core.sandbox.junit_grades import Secrets, grade
from core.sandbox.process import Finished
from core.sandbox.run import CaseStatus, Limits, RunJUnit, TestRun, Verdict
from core.sandbox.tasks import level_of_programs
from core.sandbox.zygote import landlock
from core.sandbox.zygote.wire import Level
from tests.core.sandbox.poorer import without

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
LENIENT = """\
package org.junit;
public class Assert {
    public static void assertEquals(long a, long b) {}
    public static void assertEquals(Object a, Object b) {}
}
"""
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


def judge(
    body: str,
    limits: Limits = Limits(cpu_s=10.0, wall_s=60.0),
    java: Java | None = JAVA,
    more: tuple[tuple[str, str], ...] = (),
) -> TestRun:
    assert java is not None
    files = (*more, ("t/SumTest.java", TEST), ("p/Sum.java", PROGRAM.format(body=body)))
    return junit.run(RunJUnit(files, "t/SumTest.java", IDS, limits), java)


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


def done_by(*deeds: str) -> str:
    """The numbers of the deeds that succeed, out of code under test."""
    tries = " ".join(
        f'try {{ {deed} done += "{n} "; }} catch (Throwable e) {{}}' for n, deed in enumerate(deeds)
    )
    run = judge(f'String done = ""; {tries} throw new RuntimeException("done: " + done);')
    _, said, done = run.failing[0].detail.partition("done: ")
    assert said, run
    return done.strip()


@needs_java
def test_files_sockets_and_programs_of_the_machine_are_out_of_reach(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("42")
    place = f'java.nio.file.Path.of("{secret}")'
    temporary = 'java.nio.file.Files.createTempFile("a", "b")'
    done = done_by(
        f"java.nio.file.Files.readString({place});",
        f'java.nio.file.Files.writeString({place}, "x");',
        "new java.net.ServerSocket(0);",
        "new java.net.DatagramSocket();",  # no rule about files knows of it
        'new ProcessBuilder("/bin/sh", "-c", "sleep 6 &").start();',
        'Runtime.getRuntime().exec("/usr/bin/env");',
        'java.nio.file.Files.readString(java.nio.file.Path.of("/proc/self/environ"));',
        f'java.nio.file.Files.writeString({temporary}, "x");',
    )
    assert done == "7", "only temporary files"
    assert secret.read_text() == "42"


@needs_java
def test_what_judges_it_cannot_be_changed_and_no_source_of_it_be_read() -> None:
    classes = "java.nio.file.Path classes = java.nio.file.Path.of("
    classes += "Sum.class.getProtectionDomain().getCodeSource().getLocation().toURI());"
    done = done_by(
        'java.nio.file.Files.readString(java.nio.file.Path.of("t/SumTest.java"));',
        'java.nio.file.Files.writeString(java.nio.file.Path.of("Assert.class"), "x");',
        f'{classes}java.nio.file.Files.delete(classes.resolve("t/SumTest.class"));',
        f'{classes}java.nio.file.Files.createDirectories(classes.resolve("org/junit"));',
        f"{classes}"
        "if (java.nio.file.Files.walk(classes.getParent())"
        '.noneMatch(p -> p.toString().endsWith(".java"))) throw new Exception();',
    )
    assert done == ""


@needs_java
def test_writing_without_end_is_cut() -> None:
    files = 'java.nio.file.Files.createTempFile("a", "b");'
    run = judge(f"try {{ while (true) {files} }} catch (Exception e) {{ return 0; }}")
    assert run.verdict is Verdict.OUTPUT_FLOOD
    assert run.cases[0].detail == f"wrote more than {16 << 20} bytes of files"


@needs_java
def test_a_test_that_assumes_itself_away_has_not_passed() -> None:
    run = judge("org.junit.Assume.assumeTrue(false); return 0;")
    assert run.verdict is Verdict.WRONG_TESTS
    assert {case.status for case in run.cases} == {CaseStatus.SKIPPED}


@needs_java
def test_a_junit_that_lets_everything_pass_is_seen(tmp_path: Path) -> None:
    assert JAVA is not None
    (tmp_path / "Assert.java").write_text(LENIENT)
    subprocess.run([JAVA.javac, "-d", tmp_path, tmp_path / "Assert.java"], check=True)
    java = replace(JAVA, jars=(str(tmp_path), *JAVA.jars))
    run = judge("return 7;", java=java)
    assert run.n_passed == 2
    assert run.verdict is Verdict.TAMPERED


@needs_java
def test_no_class_of_the_program_stands_in_for_one_of_junit() -> None:
    run = judge("return 7;", more=(("org/junit/Assert.java", LENIENT),))
    assert run.verdict is Verdict.FAILED
    assert run.n_passed == 0


def test_a_sentinel_that_did_not_fail_is_no_pass() -> None:
    known = Secrets("n", "sentinel")
    request = RunJUnit((), "t/SumTest.java", ("adds",))

    def told(*lines: tuple[str, str], exit_code: int = 1) -> Verdict:
        packed = [f"n\t{kind}\t{b64encode(name.encode()).decode()}\t\t0" for kind, name in lines]
        done = Finished(exit_code, "\n".join(packed), "", False, False, False, 0.0, 0.0)
        return grade(request, done, known).verdict

    honest = (("passed", "adds"), ("failed", "sentinel"), ("end", ""))
    assert told(*honest) is Verdict.PASSED
    assert told(*honest, exit_code=0) is Verdict.FAILED
    for lie in ("passed", "skipped", "error"):
        assert told(honest[0], (lie, "sentinel"), honest[2]) is Verdict.TAMPERED
    assert told(honest[0], honest[2]) is Verdict.TAMPERED
    assert told(honest[1], honest[2]) is Verdict.FAILED


@needs_java
def test_where_there_is_no_landlock_nothing_is_run() -> None:
    with without(landlock=True)(1) as poor, pytest.raises(RefusedError) as refusal:
        poor.submit(judge, "return a + b;").result()
    said = str(refusal.value)
    assert "this kernel offers no Landlock" in said
    assert "Nothing was run" in said


def test_java_is_held_no_less_than_its_records_say() -> None:
    for level in (Level.LANDLOCK, Level.BWRAP, Level.SEATBELT):
        assert level_of_programs(level) is Level.LANDLOCK
    for level in (Level.SECCOMP, Level.RLIMITS):
        assert level_of_programs(level) is level


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refusal:
        find_java({"PATH": str(tmp_path)})
    said = str(refusal.value)
    assert "javac on the PATH and java on the PATH" in said
    assert "\n" not in said
