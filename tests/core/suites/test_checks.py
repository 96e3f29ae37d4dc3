"""What a check holds for, how it is made again, and what is no finding about a task."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.context import Context
from core.engine import Engine, open_engine
from core.errors import SandboxError
from core.events import Event, ProgressMade, ignore
from core.sandbox.pool import Sandbox
from core.selection import Selection
from core.store.suites import SuiteRow, hash_task, load_checks, load_summary, replace_suite
from core.suites.forging import Forge
from core.suites.operations import CheckOptions, CheckReport, check_suite
from core.task import Case, Language, Oracle, Reference, SourceFile, Task
from core.workspace import Workspace
from tests.core.suites.folders import CASES as DESCRIBED
from tests.core.suites.folders import RIGHT, make_folder, write
from tests.core.suites.pack_rows import CASES, rows, write_lines


@dataclass
class Watch:
    """Counts what a check has to do, and stops it at a number."""

    stop_at: int = 0
    stop: Callable[[], object] = lambda: None
    totals: list[int] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if not isinstance(event, ProgressMade):
            return
        if event.n_done == 0:
            self.totals.append(event.n_total)
        if 0 < self.stop_at <= event.n_done:
            self.stop_at = 0
            self.stop()


async def checked(engine: Engine, root: Path) -> CheckReport:
    """The folder imported afresh, and checked as far as that is wanted."""
    await engine.import_suite("folder", root)
    return await engine.check("folder")


async def test_a_corrected_reference_is_checked_and_a_broken_one_not_trusted(
    tmp_path: Path,
) -> None:
    root = make_folder(tmp_path / "mine")
    shutil.rmtree(root / "time")
    broken = RIGHT.replace("// 3", "// 4")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        write(root, "basket/fixed/basket.py", broken)
        (problem,) = (await checked(engine, root)).quarantined
        assert "its reference does not pass" in problem.reason
        write(root, "basket/fixed/basket.py", RIGHT)
        assert (await checked(engine, root)).quarantined == ()
        write(root, "basket/fixed/basket.py", broken)
        assert len((await checked(engine, root)).quarantined) == 1


def test_a_check_holds_for_every_text_that_it_ran() -> None:
    one = task("one", "(1,)")
    whole = Reference("s/one", FIXED, row="{}", others=(SourceFile("g.py", "A = 1\n"),))
    others = (
        replace(whole, text=FIXED + "\n"),
        replace(whole, is_patch=True),
        replace(whole, row='{"test_patch": ""}'),
        replace(whole, others=(SourceFile("g.py", "A = 2\n"),)),
        None,
    )
    hashes = {hash_task(one, reference) for reference in (whole, *others)}
    assert len({hash_task(UNFIT, whole), *hashes}) == len(others) + 2
    assert hash_task(one, replace(whole, withheld=(SourceFile("hint", "x"),))) in hashes


async def test_a_check_of_fewer_rounds_than_are_asked_is_made_again(tmp_path: Path) -> None:
    watch = Watch()
    async with open_engine(Workspace(tmp_path / "w"), watch) as engine:
        await engine.import_suite("humanevalfix", write_lines(tmp_path / "r.jsonl", rows()[:2]))
        watch.totals.clear()
        for n_rounds in (1, 1, 3, 2):
            report = await engine.check("humanevalfix", n_rounds)
            assert (report.admitted, report.n_unchecked) == (2, 0)
        assert watch.totals == [2, 2], "once with one round, once with three"


async def test_a_stopped_second_check_goes_on_where_it_stood(tmp_path: Path) -> None:
    watch = Watch()
    lines = write_lines(tmp_path / "r.jsonl", [CASES[0].row(number) for number in range(8)])
    async with open_engine(Workspace(tmp_path / "w"), watch, n_workers=1) as engine:
        await engine.import_suite("humanevalfix", lines)
        n_all = (await engine.check("humanevalfix", 1)).admitted
        watch.totals.clear()
        watch.stop_at = 2
        working = asyncio.ensure_future(engine.check("humanevalfix", 1, again=True))
        watch.stop = working.cancel
        with pytest.raises(asyncio.CancelledError):
            await working
        summary = await load_summary(engine.context.store, "humanevalfix")
        assert summary is not None
        assert summary.n_admitted == n_all, "what is not checked again is still good"
        checks = await load_checks(engine.context.store, "humanevalfix")
        due = {name for name, row in checks.items() if row.due}
        assert 0 < len(due) < n_all
        one = min(due).partition("/")[2]
        part = await engine.check("humanevalfix", 1, selection=Selection(ids=(one,)))
        assert part.n_unchecked == len(due) - 1
        report = await engine.check("humanevalfix", 1, again=True)
        assert (report.admitted, report.n_unchecked) == (n_all, 0)
        await engine.check("humanevalfix", 1, again=True)
        assert watch.totals == [n_all, 1, len(due) - 1, n_all]


def task(name: str, args: str) -> Task:
    return Task(
        task_id=f"s/{name}",
        suite="s",
        program=name,
        entry_point="f",
        target=SourceFile("f.py", "def f(x):\n    return x - 1\n"),
        description="One more.",
        oracle=Oracle.CASES,
        cases=(Case(args, "2", shown=True),),
    )


FIXED = "def f(x):\n    return x + 1\n"
UNFIT = task("unfit", "(...,)")


async def test_a_sandbox_that_fails_is_no_finding_and_a_bad_case_is_one(tmp_path: Path) -> None:
    tasks = (task("good", "(1,)"), UNFIT)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        store = engine.context.store
        row = SuiteRow("s", "folder", "", None, datetime.fromisoformat("2026-01-01"))
        fixes = tuple(Reference(one.task_id, FIXED) for one in tasks)
        await replace_suite(store, row, tasks, fixes)
        workspace = engine.context.workspace
        closed = Context(workspace, store, Sandbox(1), SystemClock(), ignore)
        with pytest.raises(SandboxError, match=r"not open.*the same command goes on"):
            await check_suite(closed, "s", CheckOptions())
        assert await load_checks(store, "s") == {}
        report = await engine.check("s")
        assert (report.admitted, report.n_unchecked) == (1, 0)
        (problem,) = report.quarantined
        assert (problem.task_id, "cannot be run" in problem.reason) == ("s/unfit", True)


async def test_a_program_that_cannot_be_run_costs_a_forge_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # there is no JDK
    good = replace(task("good", "(1,)"), target=SourceFile("f.py", FIXED))
    java = replace(UNFIT, program="java", oracle=Oracle.JUNIT, language=Language.JAVA)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        context = engine.context
        parts = context.store, context.sandbox, context.clock, ignore
        forged = await Forge(*parts, "s", 0, 1).make([UNFIT, java, good])
        assert [row.program for row in forged.tasks] == ["good"]
        problems = dict(forged.problems)
        assert "its tests cannot be run" in problems["unfit"]
        assert "javac on the PATH" in problems["java"]
        closed = Forge(context.store, Sandbox(1), context.clock, ignore, "t", 0, 1)
        with pytest.raises(SandboxError, match="not open"):
            await closed.make([good])


async def test_a_case_that_no_run_could_read_is_named_when_it_is_imported(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "mine")
    write(root, "basket/task.toml", DESCRIBED.replace('"([],)"', '"(...,)"'))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        (problem,) = (await engine.import_suite("folder", root)).problems
        assert "case 3 is not made of Python literals" in problem.reason
