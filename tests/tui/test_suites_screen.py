"""The suites screen over a real engine: lists, split, one task, and what its keys start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.grid import app_on, check_snapshot, colours, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.suite_store import SPLIT_ID, store_suites
from tui.app import GemelApp
from tui.widgets.cells import ASCII

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


def _steady(app: GemelApp) -> str:
    """The grid without its status, which tells of this machine."""
    lines = grid(app).split("\n")
    return "\n".join([*lines[:-3], "(status)", *lines[-2:]])


async def _open(pilot: Pilot[None], *texts: str) -> str:
    await pilot.press("2")
    return await until_shown(pilot, *texts)


@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
@pytest.mark.parametrize("size", SIZES)
async def test_suites_split_and_task_look_as_agreed(tmp_path: Path, size: str, theme: str) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path, theme=theme)
    async with hosted(tmp_path), app.run_test(size=SIZES[size]) as pilot:
        await _open(pilot, "  add_1 ", "q leave", "spent")
        check_snapshot(f"suites-{size}-{theme}", f"{_steady(app)}colours {colours(app)}\n")
        await pilot.press("s")
        await until_shown(pilot, "train 3 in 3", "add_3")
        check_snapshot(f"suites-split-{size}-{theme}", f"{_steady(app)}colours {colours(app)}\n")
        await pilot.press("s", "tab", "enter")
        await until_shown(pilot, "will not see", "q leave")
        check_snapshot(f"suites-task-{size}-{theme}", f"{_steady(app)}colours {colours(app)}\n")


async def test_the_screen_is_plain_ascii_where_the_terminal_is(tmp_path: Path) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path, glyphs=ASCII)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        shown = await _open(pilot, "x quarantined", ". unchecked", "+ admitted")
        assert shown.isascii()
        await pilot.press("tab", "enter")
        assert (await until_shown(pilot, "will not see", "+ its text is in none")).isascii()


async def test_without_a_suite_the_screen_names_the_keys_that_make_one(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "F forges the built-in one, i imports one")
        await pilot.press("s")
        await until_shown(pilot, "No split yet: c checks a suite, then M divides it")
        await pilot.press("c")
        await until_shown(pilot, "F forges the built-in one, i imports one.\n")


async def test_the_cursor_on_a_suite_chooses_whose_tasks_are_listed(tmp_path: Path) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "tasks of kata", "1/7")
        await pilot.press("j")
        shown = await until_shown(pilot, "tasks of more", "  add_9 ", "heldout")
        assert "  add_1 " not in shown


async def test_a_filter_leaves_the_tasks_that_have_the_text(tmp_path: Path) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "1/7")
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.screen.query_one("#text", Input).value = "passes the tests"
        await pilot.press("enter")
        shown = await until_shown(pilot, "  add_6 ", "with 'passes the tests'")
        assert "  add_1 " not in shown


async def test_families_fold_under_enter_and_all_of_them_under_o(tmp_path: Path) -> None:
    await store_suites(tmp_path, n_per_program=3)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        shown = await _open(pilot, "- 3/3 ok", "    add_2 ", "1/9")
        await pilot.press("tab", "enter")
        shown = await until_shown(pilot, "+ 3/3 ok", "1/6")
        assert "    add_2 " not in shown
        assert "3 tasks, enter folds them; family kata/sum" in shown
        assert "    add_5 " in shown
        await pilot.press("o")
        shown = await until_shown(pilot, "1/4")
        assert "    add_5 " not in shown
        assert "  add_7 " in shown
        await pilot.press("o")
        await until_shown(pilot, "    add_2 ", "1/9")


async def test_check_proves_what_is_unchecked_and_then_asks_before_all_again(
    tmp_path: Path,
) -> None:
    await store_suites(tmp_path, n_rounds=2)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        shown = await _open(pilot, "· unchecked", "1/7")
        await pilot.press("c")
        shown = await until_shown(pilot, "kata: 6 admitted, 1 quarantined; M divides it")
        await until(pilot, lambda: "· unchecked" not in grid(app))
        await pilot.press("c")
        await until_shown(pilot, "All 7 tasks of kata are checked", "y yes")
        await pilot.press("n")
        shown = await until_shown(pilot, "check kata: not done")
        assert "✗ quarantined" in shown


async def test_a_split_is_made_of_shares_that_sum_to_one(tmp_path: Path) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "1/7")
        await pilot.press("M")
        await until_shown(pilot, "Divide the admitted tasks", "kata")
        app.screen.query_one("#test", Input).value = "0.4"
        await pilot.press("enter")
        await until_shown(pilot, "must sum to 1")
        app.screen.query_one("#test", Input).value = "0.3"
        await pilot.press("enter")
        shown = await until_shown(pilot, "5 families; s shows it")
        await pilot.press("s")
        shown = await until_shown(pilot, "0.6,0.1,0.3, seed 0", "1 of 2")
        assert SPLIT_ID[:8] not in shown


async def test_forge_and_import_ask_or_refuse_before_anything_is_replaced(tmp_path: Path) -> None:
    await store_suites(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "1/7")
        await pilot.press("F")
        await until_shown(pilot, "empty: the built-in ones")
        await pilot.press("enter")
        await until_shown(pilot, "Its 7 tasks and their checks are replaced")
        await pilot.press("n")
        await until_shown(pilot, "forge kata: not done", "  add_1 ")
        await pilot.press("i")
        await until_shown(pilot, "Import a benchmark")
        app.screen.query_one("#path", Input).value = str(tmp_path / "nothing")
        await pilot.press("enter")
        shown = await until_shown(pilot, "import quixbugs:", "no correct_python_programs")
        assert "  add_1 " in shown
