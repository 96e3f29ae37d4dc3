from __future__ import annotations

from dataclasses import replace

from core.sandbox.pool import Sandbox
from core.sandbox.run import Limits, Verdict
from core.sandbox.tasks import default_limits, run_tests
from core.task import Case, Comparator, Oracle, SourceFile, Task

TASK = Task(
    task_id="suite/twice",
    suite="suite",
    program="twice",
    entry_point="twice",
    target=SourceFile("twice.py", "def twice(a):\n    return a\n"),
    description="Twice the number.",
    oracle=Oracle.CASES,
    cases=(Case("(0,)", "0", True), Case("(3,)", "6", False)),
)
RIGHT = "def twice(a):\n    return 2 * a\n"
TESTS = "from twice import twice\ndef test_it(): assert twice(3) == 6\n"
FILES = replace(
    TASK,
    oracle=Oracle.PYTEST,
    cases=(),
    test_path="tests/test_twice.py",
    support=(SourceFile("tests/test_twice.py", TESTS), SourceFile("twice.py", RIGHT)),
)


async def test_held_back_cases_grade_but_are_not_among_the_shown(sandbox: Sandbox) -> None:
    buggy = TASK.target.text
    assert (await run_tests(sandbox, TASK, buggy)).verdict is Verdict.FAILED
    shown = await run_tests(sandbox, TASK, buggy, shown_only=True)
    assert shown.verdict is Verdict.PASSED
    assert [case.name for case in shown.cases] == ["twice(0)"]
    assert (await run_tests(sandbox, TASK, RIGHT)).verdict is Verdict.PASSED


async def test_an_iterating_task_is_compared_by_what_it_yields(sandbox: Sandbox) -> None:
    task = replace(TASK, comparator=Comparator.ITERATES, cases=(Case("(3,)", "[3, 3]", True),))
    run = await run_tests(sandbox, task, "def twice(a):\n    yield a\n    yield a\n")
    assert run.verdict is Verdict.PASSED


async def test_the_patched_target_is_what_pytest_sees(sandbox: Sandbox) -> None:
    ids = ("tests/test_twice.py::test_it",)
    run = await run_tests(sandbox, FILES, FILES.target.text, expected_ids=ids)
    assert run.verdict is Verdict.FAILED
    run = await run_tests(sandbox, FILES, RIGHT, expected_ids=ids, traces=True)
    assert run.verdict is Verdict.PASSED
    assert run.cases[0].lines == {2}


async def test_of_other_files_only_those_count_that_a_patch_may_change(sandbox: Sandbox) -> None:
    imports = "from half import half\nfrom plain import ONE\n"
    user = f"{imports}def twice(a):\n    return half(4 * a) * ONE\n"
    half, plain = SourceFile("half.py", "half = int\n"), SourceFile("plain.py", "ONE = 1\n")
    task = replace(FILES, support=(FILES.support[0], half, plain), files=("twice.py", "half.py"))
    ids = ("tests/test_twice.py::test_it",)
    weak = ("tests/test_twice.py", "def test_it(): pass\n")
    run = await run_tests(sandbox, task, user, expected_ids=ids, others=[weak])
    assert run.verdict is Verdict.FAILED, "tests are as they were"
    half_of_it = [("plain.py", "ONE = 0.5\n")]
    run = await run_tests(sandbox, task, user, expected_ids=ids, others=half_of_it)
    assert run.verdict is Verdict.FAILED
    right = [("half.py", "def half(n): return n // 2\n"), weak]
    run = await run_tests(sandbox, task, user, expected_ids=ids, others=right)
    assert run.verdict is Verdict.PASSED


async def test_limits_come_from_the_task_unless_given(sandbox: Sandbox) -> None:
    loop = "def twice(a):\n    while True: pass\n"
    run = await run_tests(sandbox, replace(TASK, cpu_limit_s=0.1), loop)
    assert run.cases[0].detail == "still running after 0.1 s of CPU time"
    run = await run_tests(sandbox, TASK, loop, limits=Limits(cpu_s=0.2))
    assert run.cases[0].detail == "still running after 0.2 s of CPU time"
    assert default_limits(TASK) == Limits(cpu_s=1, wall_s=10)
    assert default_limits(replace(TASK, cpu_limit_s=4)).wall_s == 40


async def test_names_and_details_stay_short_and_clean(sandbox: Sandbox) -> None:
    case = Case(f"('\\x1b[31m', {'x' * 5000!r})", f"{'y' * 5000!r}", True)
    program = "def twice(a, b):\n    return a * 900\n"
    run = await run_tests(sandbox, replace(TASK, cases=(case,)), program)
    result = run.cases[0]
    assert len(result.name) == 200
    assert result.name.endswith("…")
    assert len(result.detail) < 1200
    assert "\x1b" not in result.name + result.detail
