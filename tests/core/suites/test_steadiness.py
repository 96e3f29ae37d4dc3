"""The flake gate: limits fit this machine, three times the time changes nothing, luck is caught."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from core.clock import SystemClock
from core.context import Context
from core.engine import open_engine
from core.events import ignore
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, CaseResult, CaseStatus, TestRun, Verdict
from core.store.suites import SuiteRow, load_checks, load_references, load_tasks, replace_suite
from core.suites.operations import CheckOptions, check_suite
from core.suites.oracle import ADMITTED, Learned
from core.suites.steadiness import SLOWNESS, cpu_limit, slowed, why_not
from core.task import Case, Comparator, Oracle, Reference, SourceFile, Task
from core.workspace import Workspace

RIGHT = "def f(x):\n    return x + 1\n"
WRONG = "def f(x):\n    return x\n"
LOOP = "def f(x):\n    while True:\n        pass\n"
LUCKY = "import os\n\ndef f(x):\n    return x + 1 if os.urandom(1)[0] > {odds} else x\n"
SLOW = "def f(x):\n    for _ in range(400_000):\n        pass\n    return x + 1\n"


def task(name: str, program: str) -> Task:
    return Task(
        task_id=f"s/{name}",
        suite="s",
        program=name,
        entry_point="f",
        target=SourceFile("f.py", program),
        description="One more.",
        oracle=Oracle.CASES,
        cases=(Case("(1,)", "2", shown=True), Case("(2,)", "3", shown=True)),
    )


class Slowed(Sandbox):
    """A sandbox on a machine that is slower: everything needs more of its limits."""

    async def call_cases(
        self, request: CallCases, task_cases: object, comparator: Comparator
    ) -> TestRun:
        limits = replace(request.limits, cpu_s=request.limits.cpu_s / SLOWNESS)
        assert isinstance(task_cases, tuple)
        return await super().call_cases(replace(request, limits=limits), task_cases, comparator)


async def checked(
    workspace: Path, tasks: list[tuple[Task, str]], n_rounds: int, *, is_slow: bool = False
) -> dict[str, str]:
    """Reasons of quarantine by program; empty for admitted ones."""
    async with open_engine(Workspace(workspace)) as engine:
        store = engine.context.store
        row = SuiteRow("s", "folder", "", None, datetime.fromisoformat("2026-01-01"))
        made = tuple(one for one, _ in tasks)
        references = tuple(Reference(one.task_id, text) for one, text in tasks)
        await replace_suite(store, row, made, references)
        async with Slowed(2) if is_slow else Sandbox(2) as sandbox:
            context = Context(engine.context.workspace, store, sandbox, SystemClock(), ignore)
            await check_suite(context, "s", CheckOptions(n_rounds, again=True))
        checks = await load_checks(store, "s")
    return {
        row.task_id.partition("/")[2]: "" if row.status == ADMITTED else row.reason
        for row in checks.values()
    }


async def test_three_times_the_time_gives_the_same_verdicts(tmp_path: Path) -> None:
    tasks = [
        (task("plain", WRONG), RIGHT),
        (task("slow", SLOW.replace("+ 1", "+ 2")), SLOW),
        (task("loop", LOOP), RIGHT),
        (task("no-bug", RIGHT), RIGHT),
        (task("no-fix", WRONG), WRONG),
    ]
    usual = await checked(tmp_path / "w", tasks, 2)
    assert {name for name, reason in usual.items() if not reason} == {"plain", "slow", "loop"}
    slow = await checked(tmp_path / "w", tasks, 2, is_slow=True)
    assert slow.keys() == usual.keys()
    assert {n for n, reason in slow.items() if not reason} == {"plain", "slow", "loop"}


async def test_what_depends_on_luck_is_quarantined(tmp_path: Path) -> None:
    # Sixteen runs of one side agree by luck in less than one case of ten thousand.
    tasks = [
        (task("bug", LUCKY.format(odds=127)), RIGHT),
        (task("fix", WRONG), LUCKY.format(odds=127)),
        (task("firm", WRONG), RIGHT),
    ]
    reasons = await checked(tmp_path / "w", tasks, 16)
    assert reasons["firm"] == ""
    assert "steady" in reasons["fix"] or "sometimes" in reasons["fix"]
    assert "steady" in reasons["bug"] or "sometimes" in reasons["bug"]


async def test_the_limit_is_a_multiple_of_what_the_reference_needs_and_recorded(
    tmp_path: Path,
) -> None:
    await checked(tmp_path / "w", [(task("slow", SLOW.replace("+ 1", "+ 2")), SLOW)], 3)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        (row,) = (await load_checks(engine.context.store, "s")).values()
        view = await engine.task_view("s/slow")
    learned = msgspec.json.decode(row.body, type=Learned)
    assert learned.n_rounds == 3
    assert learned.cpu_limit_s >= 2 * SLOWNESS * row.reference_cpu_s > 0
    assert view.cpu_limit_s == learned.cpu_limit_s


async def test_a_suite_that_an_older_program_stored_can_be_checked_again(tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        row = SuiteRow("s", "folder", "", None, datetime.fromisoformat("2026-01-01"))
        store = engine.context.store
        one = task("old", WRONG)
        await replace_suite(store, row, (one,), (Reference(one.task_id, RIGHT),))
        # It knew fewer fields, so its tasks have other hashes than the same ones have now.
        await store.change(lambda cursor: cursor.execute("UPDATE tasks SET task_hash = 'old'"))
        report = await engine.check("s")
        assert (report.admitted, report.n_unchecked) == (1, 0)
        assert len(await load_tasks(store, "s")) == len(await load_references(store, "s")) == 1


def run(verdict: Verdict, *passed: str, cpu_s: float = 0.0) -> TestRun:
    cases = tuple(CaseResult(name, CaseStatus.PASSED) for name in passed)
    return TestRun(verdict, cases, cpu_s=cpu_s)


GOOD, BAD = run(Verdict.PASSED, "a", "b"), run(Verdict.FAILED, "a")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ([GOOD, GOOD], [BAD, BAD], ""),
        ([GOOD, GOOD], [BAD, run(Verdict.TIMEOUT)], ""),  # the last one had less time
        ([GOOD, GOOD], [run(Verdict.FAILED, "b"), BAD, BAD], "two runs of one program differ"),
        ([GOOD, GOOD], [BAD, GOOD], "sometimes passes the tests"),
        ([GOOD, GOOD], [GOOD, GOOD], "its buggy program passes the tests"),
        ([BAD, BAD], [BAD, BAD], "its reference does not pass (failed)"),
        ([BAD, GOOD], [BAD, BAD], "passes only sometimes"),
        ([GOOD, run(Verdict.TIMEOUT)], [BAD, BAD], "3 times slower"),
    ],
)
def test_each_kind_of_unsteadiness_has_its_reason(
    good: list[TestRun], bad: list[TestRun], said: str
) -> None:
    reason = why_not(good, bad, is_last_slowed=True)
    assert said in reason
    assert bool(reason) == bool(said)


@pytest.mark.parametrize("needed", [0.0, 0.004, 0.05, 0.5, 2.4, 10.0])
@pytest.mark.parametrize("oracle", [Oracle.CASES, Oracle.PYTEST, Oracle.JUNIT])
def test_a_limit_leaves_a_slow_machine_twice_what_it_needs(needed: float, oracle: Oracle) -> None:
    limit = cpu_limit(replace(task("t", RIGHT), oracle=oracle), [run(Verdict.PASSED, cpu_s=needed)])
    assert slowed(limit).cpu_s >= 2 * needed
    assert limit <= max(3.0, 10 * needed)
