"""Of tests that are shown and tests that only grade, a run has those that it runs."""

from __future__ import annotations

from dataclasses import replace

from core.sandbox.pool import Sandbox
from core.sandbox.run import Verdict
from core.sandbox.tasks import run_tests
from core.task import Oracle, SourceFile, Task

HIDDEN = "from f import f\n\ndef test_hidden():\n    assert f(2) == 4\n"
SHOWN = "from f import f\n\ndef test_shown():\n    assert f(1) == 2\n"
PEEKS = "import os\n\ndef f(x):\n    return 2 * x if os.path.exists({path!r}) else -1\n"
TASK = Task(
    task_id="s/f",
    suite="s",
    program="f",
    entry_point="",
    target=SourceFile("f.py", ""),
    description="",
    oracle=Oracle.PYTEST,
    test_path="test_hidden.py",
    shown_test_path="test_shown.py",
    support=(SourceFile("test_hidden.py", HIDDEN), SourceFile("test_shown.py", SHOWN)),
    keeps_held_back=True,
)


async def test_the_code_under_test_finds_only_the_tests_that_run(sandbox: Sandbox) -> None:
    for is_shown, own, other in (
        (True, "test_shown.py", "test_hidden.py"),
        (False, "test_hidden.py", "test_shown.py"),
    ):
        run = await run_tests(sandbox, TASK, PEEKS.format(path=own), shown_only=is_shown)
        assert run.verdict is Verdict.PASSED
        run = await run_tests(sandbox, TASK, PEEKS.format(path=other), shown_only=is_shown)
        assert run.verdict is Verdict.FAILED


async def test_without_shown_tests_nothing_is_shown_and_nothing_passes(sandbox: Sandbox) -> None:
    task = replace(TASK, shown_test_path="")
    run = await run_tests(sandbox, task, "def f(x):\n    return 2 * x\n", shown_only=True)
    assert (run.verdict, run.cases) == (Verdict.WRONG_TESTS, ())
