"""The split and its relatives over a real engine: look, move, answer, check, stop."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from core.task import Reference
from tests.core.splits.small import opened, put, task_of
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tui.app import GemelApp
from tui.screens.page import PageScreen
from tui.screens.task import TaskScreen

SIZE = (120, 40)
RATIOS = (0.5, 0.2, 0.3)


async def _store(directory: Path, *, compares: bool = True) -> None:
    """Both small suites; kata is divided, and everything compared."""
    async with opened(directory) as engine:
        await engine.make_split(("kata",), RATIOS, 1)
        if compares:
            await engine.compare_tasks()


async def _fill(app: GemelApp, **values: str) -> None:
    for name, value in values.items():
        app.screen.query_one(f"#{name}", Input).value = value


async def _show(pilot: Pilot[None], key: str, *texts: str) -> str:
    await pilot.press("2")
    await until_shown(pilot, "  p0-100", "spent")
    await pilot.press(key)
    return await until_shown(pilot, *texts)


async def test_a_family_opens_to_its_tasks_and_enter_on_one_shows_it(tmp_path: Path) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        shown = await _show(pilot, "s", "train 6 in 3", "test 4 in 2", "+ p")
        assert "…-1" not in shown
        await pilot.press("tab", "enter")
        await until_shown(pilot, "…-1")
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, TaskScreen))
        await until_shown(pilot, "will not see")


async def test_marks_tell_which_families_leak_and_which_are_unsure(tmp_path: Path) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "s", "! p1", "! q1", "? p0", "? q0")


async def test_a_moved_family_is_on_its_new_side_and_the_old_split_can_still_be_shown(
    tmp_path: Path,
) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "s", "train 6 in 3", "validation 2 in 1")
        await pilot.press("tab", "m")
        await until_shown(pilot, "from train; the old split stays")
        await _fill(app, side="validation")
        await pilot.press("enter")
        await until_shown(pilot, "A move needs a reason")
        await _fill(app, reason="too easy")
        await pilot.press("enter")
        await until_shown(pilot, "train 4 in 2", "validation 4 in 2", "too easy", "1 of 2")
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "train 6 in 3", "2 of 2")


async def test_tasks_that_were_not_compared_are_compared_when_their_relatives_are_asked_for(
    tmp_path: Path,
) -> None:
    await _store(tmp_path, compares=False)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        shown = await _show(pilot, "L", "✗ leak", "? unsure", "15 tasks compared")
        assert "more/q1-51" in shown


async def test_a_yes_and_its_undo_show_at_once_and_what_is_certain_takes_no_answer(
    tmp_path: Path,
) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "L", "✗ leak", "? unsure", "are the same text")
        await pilot.press("d")
        await until_shown(pilot, "That is certain")
        await pilot.press("j")
        await until_shown(pilot, "contracts are", "Squares the petals")
        await pilot.press("a")
        await until_shown(pilot, "are one task", "may be empty")
        await _fill(app, reason="one tulip")
        await pilot.press("enter")
        await until(pilot, lambda: grid(app).count("✗ leak") == 2)
        await pilot.press("u")
        await until_shown(pilot, "taken back", "? unsure")


async def test_the_leak_check_shows_its_certificate_and_warns_of_a_copy(tmp_path: Path) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "s", "train 6 in 3")
        await pilot.press("c", "enter")
        await until(pilot, lambda: isinstance(app.screen, PageScreen))
        await until_shown(pilot, "no leak found", "compared by equal texts")
        await pilot.press("q", "c")
        await until_shown(pilot, "there is: more")
        await _fill(app, heldout="more")
        await pilot.press("enter")
        await until_shown(pilot, "1 leak: related tasks are on two sides", "more/q1-51 (heldout)")


async def test_leaving_the_split_goes_back_to_the_tasks_and_only_then_out(tmp_path: Path) -> None:
    await _store(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "s", "train 6 in 3", "q back")
        await pilot.press("q")
        shown = await until_shown(pilot, "tasks of kata", "q leave")
        assert "train 6 in 3" not in shown


async def test_what_goes_on_is_stopped_from_the_screen_after_a_question(tmp_path: Path) -> None:
    endless = "def f(x):\n    while x < 100:\n        x = x + {} - {}\n"
    async with opened(tmp_path) as engine:
        tasks = [task_of("slow", f"s{n}", n, f"def f(x): return {n}") for n in range(40)]
        fixes = [Reference(t.task_id, endless.format(n, n)) for n, t in enumerate(tasks)]
        await put(engine, tasks, fixes)
        await engine.compare_tasks()
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=SIZE) as pilot:
        await _show(pilot, "L", "? unsure")
        await pilot.press("b")
        await until_shown(pilot, "compare behaviour")
        await pilot.press("X")
        await until_shown(pilot, "Stop `compare tasks")
        await pilot.press("y")
        await until_shown(pilot, "was stopped")
