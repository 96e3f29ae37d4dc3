"""Imports can be stopped anywhere, go on where they were, and replace a suite at once or not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.engine import Engine, open_engine
from core.errors import SuiteError, UsageError
from core.events import Event, ProgressMade
from core.selection import Selection
from core.store.imports import load_done
from core.store.suites import load_summary
from core.suites.folder import open_folder
from core.suites.importing import ImportOptions
from core.suites.progress import Progress, duration
from core.workspace import Workspace
from tests.core.suites.folders import KATA, make_folder, write
from tests.core.suites.pack_rows import CASES, write_lines
from tests.core.suites.test_swebench import row


@dataclass
class Listener:
    """Keeps progress, and stops a task when it was told of a certain number."""

    stop_at: int = -1
    stop: Callable[[], object] = lambda: None
    heard: list[ProgressMade] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, ProgressMade):
            self.heard.append(event)
            if 0 < self.stop_at <= event.n_done:
                self.stop_at = -1
                self.stop()


def many_rows(path: Path, n: int = 100) -> Path:
    return write_lines(path, [CASES[0].row(number) for number in range(n)])


async def stopped(engine: Engine, listener: Listener, work: Callable[[], object]) -> None:
    """Begin, and cancel at the listener's number."""
    task = asyncio.ensure_future(work())  # type: ignore[call-overload]
    listener.stop = task.cancel
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stopped_import_goes_on_where_it_was(tmp_path: Path) -> None:
    listener, rows = Listener(stop_at=40), many_rows(tmp_path / "rows.jsonl")
    async with open_engine(Workspace(tmp_path / "w"), emit=listener) as engine:
        await stopped(engine, listener, lambda: engine.import_suite("humanevalfix", rows))
        assert await load_summary(engine.context.store, "humanevalfix") is None
    listener.heard.clear()
    async with open_engine(Workspace(tmp_path / "w"), emit=listener) as engine:
        report = await engine.import_suite("humanevalfix", rows)
        assert (report.n_tasks, report.problems) == (100, ())
        assert 40 <= report.n_resumed < 100
        assert listener.heard[0].n_done == report.n_resumed
        assert (listener.heard[-1].n_done, listener.heard[-1].n_total) == (100, 100)
        again = await engine.import_suite("humanevalfix", rows)
        assert again.n_resumed == 0  # nothing was left lying about


async def test_a_source_that_changed_meanwhile_is_read_from_the_start(tmp_path: Path) -> None:
    listener, rows = Listener(stop_at=40), many_rows(tmp_path / "rows.jsonl")
    async with open_engine(Workspace(tmp_path / "w"), emit=listener) as engine:
        await stopped(engine, listener, lambda: engine.import_suite("humanevalfix", rows))
        many_rows(rows, 90)
        report = await engine.import_suite("humanevalfix", rows)
        assert (report.n_tasks, report.n_resumed) == (90, 0)
        left = await engine.context.store.fetch("SELECT count(*) FROM import_rows")
        assert left == [(0,)]


async def test_the_older_suite_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    listener = Listener()
    async with open_engine(Workspace(tmp_path / "w"), emit=listener) as engine:
        await engine.import_suite("humanevalfix", many_rows(tmp_path / "old.jsonl", 3))
        await engine.check("humanevalfix")
        listener.stop_at = 40
        rows = many_rows(tmp_path / "new.jsonl")
        await stopped(engine, listener, lambda: engine.import_suite("humanevalfix", rows))
        summary = await load_summary(engine.context.store, "humanevalfix")
        assert summary is not None
        assert (summary.n_tasks, summary.n_admitted) == (3, 3)


async def test_equal_tasks_that_are_imported_again_keep_their_checks(tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        rows = many_rows(tmp_path / "rows.jsonl", 2)
        await engine.import_suite("humanevalfix", rows)
        await engine.check("humanevalfix")
        await engine.import_suite("humanevalfix", rows)
        summary = await load_summary(engine.context.store, "humanevalfix")
        assert summary is not None
        assert (summary.n_tasks, summary.n_admitted) == (2, 2)


async def test_a_stopped_check_goes_on_where_it_was(tmp_path: Path) -> None:
    listener = Listener(stop_at=0)
    async with open_engine(Workspace(tmp_path / "w"), emit=listener) as engine:
        await engine.import_suite("humanevalfix", many_rows(tmp_path / "rows.jsonl", 30))
        listener.stop_at = 8
        await stopped(engine, listener, lambda: engine.check("humanevalfix"))
        summary = await load_summary(engine.context.store, "humanevalfix")
        assert summary is not None
        assert 8 <= summary.n_admitted < 30
        listener.heard.clear()
        report = await engine.check("humanevalfix")
        assert (report.admitted, report.n_unchecked) == (30, 0)
        assert listener.heard[-1].n_total == 30 - summary.n_admitted


async def test_a_stopped_forge_goes_on_and_makes_the_same_suite(tmp_path: Path) -> None:
    root, listener = tmp_path / "mine", Listener(stop_at=1)
    for name in ("half", "third", "fourth"):
        write(root, f"{name}.py", KATA.replace("half", name))
    async with open_engine(Workspace(tmp_path / "w"), emit=listener, n_workers=1) as engine:
        await stopped(engine, listener, lambda: engine.forge_folder(root))
        assert await load_summary(engine.context.store, "mine") is None
        listener.heard.clear()
        report = await engine.forge_folder(root)
        assert listener.heard[0].n_done >= 1
    async with open_engine(Workspace(tmp_path / "other")) as engine:
        assert await engine.forge_folder(root) == report


async def test_rows_that_are_none_are_kept_with_place_and_reason(tmp_path: Path) -> None:
    rows = many_rows(tmp_path / "rows.jsonl", 2)
    first = rows.read_text("utf-8").splitlines()[0]
    rows.write_text(rows.read_text("utf-8") + f"oops\n{first}\n", "utf-8")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("humanevalfix", rows)
    assert report.n_tasks == 2
    assert [(one.place, one.reason.split(":")[0]) for one in report.problems] == [
        ("rows.jsonl:3", "its line is not JSON"),
        ("rows.jsonl:4", "its name is taken by rows.jsonl"),
    ]


async def test_a_row_that_is_no_unicode_costs_itself_alone(tmp_path: Path) -> None:
    rows = write_lines(tmp_path / "rows.jsonl", [row("1"), row("2"), row("3")])
    rows.write_text(rows.read_text("utf-8").replace("You have to", "\\ud800", 1), "utf-8")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("swebench", rows)
        assert report.n_tasks == 2
        (problem,) = report.problems
        assert (problem.place, "surrogates" in problem.reason) == ("rows.jsonl:1", True)


async def test_a_folder_whose_name_is_no_unicode_is_named_or_read(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "mine")
    os.rename(root / "basket", os.fsencode(root) + b"/b\xff")
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("folder", root)
        assert (report.n_tasks, report.problems) == (2, ())


@pytest.mark.parametrize("name", ["target", "reference", "support", "tests", "case"])
def test_a_change_of_any_file_that_a_task_names_makes_the_source_another(
    tmp_path: Path, name: str
) -> None:
    root = make_folder(tmp_path / "mine")
    source, clock = open_folder(root), root / "time/clock"
    before = source.stamp
    files = {
        "target": clock / "src/clock.py",
        "reference": clock / "fixed.py",
        "support": clock / "src/words.py",
        "tests": clock / "tests/test_clock.py",
        "case": root / "basket/fixed/basket.py",
    }
    assert source.stamp == before
    with files[name].open("a") as file:
        file.write("# more\n")
    assert source.stamp != before


async def test_a_part_is_imported_under_a_name_of_its_own(tmp_path: Path) -> None:
    options = ImportOptions("few", Selection(globs=("grow-*7",), n_tasks=4, seed=1))
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        report = await engine.import_suite("humanevalfix", many_rows(tmp_path / "r.jsonl"), options)
        assert (report.suite, report.n_tasks) == ("few", 4)
        page = await engine.suite_tasks("few")
        assert all(row.task_id.endswith("7") for row in page.rows)
        checked = await engine.check("few", selection=Selection(n_tasks=1))
        assert (checked.admitted, checked.n_unchecked) == (1, 3)


async def test_an_unknown_kind_or_a_bad_name_is_refused(tmp_path: Path) -> None:
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        with pytest.raises(UsageError, match="there are: quixbugs, quixbugs-java, humanevalfix"):
            await engine.import_suite("nonsense", tmp_path)
        with pytest.raises(SuiteError, match="no name for a suite"):
            await engine.import_suite("folder", tmp_path, ImportOptions("a/b"))
        assert await load_done(engine.context.store, "nothing") == set()


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at


def test_progress_tells_about_how_long_the_rest_takes() -> None:
    listener, clock = Listener(), Clock()
    progress = Progress(listener, clock, "import x", 100, 40)
    progress.begin()
    for _ in range(3):
        clock.at += 10.0
        progress.step("1 left out", 15)
    assert [event.n_done for event in listener.heard] == [40, 55, 70, 85]
    assert [event.note for event in listener.heard[1:]] == [
        "1 left out, about 30 s left",  # what was done before does not count for the pace
        "1 left out, about 20 s left",
        "1 left out, about 10 s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (99, "99 s"), (150, "2 min"), (7200, "2.0 h")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
