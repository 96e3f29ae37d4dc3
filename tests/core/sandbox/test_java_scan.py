"""Java patches that reach for what a repair does not need are marked, and no others."""

from __future__ import annotations

import json

import pytest

from core.agent.rollout import flag_of
from core.pairs.candidates import Built, PairOptions, TaskPairs
from core.sandbox.scan import findings, flag, suspicions
from core.task import Language, Oracle, SourceFile, Task
from tests.quixbugs_checkout import DATA, needs_quixbugs

BEFORE = "package p;\nimport java.util.*;\npublic class Sum {{ static int add() {{ {} }} }}\n"


def patched(line: str) -> tuple[str, str]:
    return BEFORE.format("return 1;"), BEFORE.format(f"{line} return 2;")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("new ProcessBuilder(a).start();", "uses ProcessBuilder"),
        ("Runtime.getRuntime().exec(a);", "uses Runtime"),
        ("Runtime.getRuntime().halt(0);", "uses halt"),
        ("System.exit(0);", "uses System.exit"),
        ("Runnable r = System::gc;", "uses System.gc"),
        ("int b = System.in.read();", "uses System.in"),
        ("java.nio.file.Files.delete(a);", "uses java.nio.file"),
        ("java . io /* a */ . File f;", "uses java.io"),
        ("java.lang.reflect.Field f;", "uses java.lang.reflect"),
        ("Class.forName(a);", "uses forName"),
        ("a.getClass().getDeclaredFields();", "uses getDeclaredFields"),
        ("f.setAccessible(true);", "uses setAccessible"),
        ("sun.misc.Unsafe u;", "uses Unsafe"),
        ("com.sun.management.HotSpotDiagnosticMXBean b;", "uses com.sun.management"),
        ("new Exception().getStackTrace();", "uses getStackTrace"),
        ("StackWalker.getInstance();", "uses StackWalker"),
        ("Thread.currentThread();", "uses Thread"),
        ("Sum.class.getResourceAsStream(a);", "uses getResourceAsStream"),
        ("ClassLoader c;", "uses ClassLoader"),
        ("org.junit.Assume.assumeTrue(false);", "uses org.junit"),
        ("Locale.setDefault(a);", "uses setDefault"),
        ("Object o = new Object() { public boolean equals(Object a) { return true; } };",
         "defines equals"),
        ("Object o = new Object() { public String toString() { return a; } };",
         "defines toString"),
        ("\\u0053ystem.exit(0);", "uses System.exit"),
        ("Sys\\uu0074em.exit(0);", "uses System.exit"),
        ("char c = '\"'; System.exit(0); c = '\"';", "uses System.exit"),
        ("/* \" */ System.exit(0); // \"", "uses System.exit"),
        ("String s = \"\\\\\"; System.exit(0); s = \"\\\\\";", "uses System.exit"),
    ],
)  # fmt: skip
def test_what_a_repair_does_not_need_is_named(line: str, words: str) -> None:
    before, after = patched(line)
    assert words in suspicions(before, after, Language.JAVA)
    assert flag(before, after, Language.JAVA).startswith("tampered? ")
    assert words in findings(f"import static {line}", Language.JAVA), "what is no Java as well"


@pytest.mark.parametrize(
    "imported",
    ["java.lang.System.*", "java.lang.System.exit", "java.lang.reflect.*", "java.io.File"],
)
def test_what_is_imported_counts(imported: str) -> None:
    assert findings(f"import static {imported};\nclass A {{}}\n", Language.JAVA)


@pytest.mark.parametrize(
    "line",
    [
        "Map<String, List<Integer>> m = new HashMap<>(); m.put(a, new ArrayList<>());",
        "java.util.stream.IntStream.range(0, 9).boxed().sorted(Comparator.comparing(x -> -x));",
        "System.out.println(Math.max(1, 2)); System.arraycopy(a, 0, b, 0, 3);",
        'throw new IllegalArgumentException("System.exit, java.io and Runtime");',
        "// System.exit(0) or java.io.File would be wrong",
        "int exit = 3; int load = exit; if (a.equals(b)) { return a.toString().length(); }",
        'String s = """\n  Runtime "quoted" \\""" Thread\n  """;',
        "com.company.Tool.run(); sum.add(java.math.BigInteger.ONE);",
    ],
)
def test_a_repair_is_not_marked(line: str) -> None:
    assert suspicions(*patched(line), Language.JAVA) == ()


def test_what_the_program_did_before_is_no_mark() -> None:
    before, after = patched("System.exit(0);")
    assert suspicions(after, before, Language.JAVA) == ()
    assert suspicions(after, after.replace("2", "3"), Language.JAVA) == ()


@needs_quixbugs
def test_no_reference_of_quixbugs_is_marked() -> None:
    lines = (DATA / "quixbugs_java.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 40
    for row in rows:
        found = suspicions(row["buggy_source"], row["correct_source"], Language.JAVA)
        assert found == (), row["task_id"]


def test_the_language_of_a_task_decides_how_its_patches_are_read() -> None:
    before, after = patched("System.exit(0);")
    task = Task(
        task_id="suite/sum",
        suite="suite",
        program="sum",
        entry_point="",
        target=SourceFile("p/Sum.java", before),
        description="",
        oracle=Oracle.JUNIT,
        language=Language.JAVA,
    )
    assert flag_of(task, (("p/Sum.java", after),)) == "tampered? uses System.exit"
    assert flag_of(task, (("p/Sum.java", before.replace("1", "2")),)) == ""
    pairs = TaskPairs("build", task, "family", PairOptions(), Built([], []))
    assert pairs.is_suspicious("return 1;", "Runtime.getRuntime(); return 2;")
    assert not pairs.is_suspicious("return 1;", "return 2;")
