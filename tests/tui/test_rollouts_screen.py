"""The rollouts screen over a real engine: its grid, its traces, and what its keys start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.grid import app_on, check_snapshot, colours, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import store_rows
from tests.tui.run_store import EVAL_RUN, EVALUATION, JOB, RUN, run_parts, store_runs
from tui.app import GemelApp
from tui.screens.form import FormScreen
from tui.widgets.cells import ASCII

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


def _steady(app: GemelApp) -> str:
    """The grid without its status, which tells of this machine."""
    lines = grid(app).split("\n")
    text = "\n".join([*lines[:-3], "(status)", *lines[-2:]])
    return f"{text}colours {colours(app)}\n"


@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
@pytest.mark.parametrize("size", SIZES)
async def test_run_trace_job_and_evaluation_look_as_agreed(
    tmp_path: Path, size: str, theme: str
) -> None:
    await store_runs(tmp_path)
    app = app_on(tmp_path, theme=theme)
    async with hosted(tmp_path), app.run_test(size=SIZES[size]) as pilot:
        await pilot.press("3")
        await until_shown(pilot, EVAL_RUN, "1/8", "q leave", "spent")
        await pilot.press("j")
        await until_shown(pilot, f"▸ {RUN}", "1/4")
        check_snapshot(f"rollouts-{size}-{theme}", _steady(app))
        await pilot.press("enter", "enter")
        await until_shown(pilot, "answer 1", "step 1 of 2", "spent")
        check_snapshot(f"trace-{size}-{theme}", _steady(app))
        await pilot.press("5")
        await until_shown(pilot, JOB, "step 30/30", "q leave", "spent")
        check_snapshot(f"training-{size}-{theme}", _steady(app))
        await pilot.press("6")
        await until_shown(pilot, EVALUATION, "kata/test_0", "q leave", "spent")
        check_snapshot(f"evaluation-{size}-{theme}", _steady(app))


async def test_everything_is_said_in_ascii_where_the_terminal_needs_it(tmp_path: Path) -> None:
    await store_runs(tmp_path)
    app = app_on(tmp_path, glyphs=ASCII)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        for key, text in (("3", "rollouts 100%"), ("5", "step 30/30"), ("6", "inconclusive")):
            await pilot.press(key)
            assert (await until_shown(pilot, text, "q leave")).isascii()


async def test_a_search_goes_to_the_step_that_holds_the_text(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4")
        await pilot.press("enter", "enter")
        await until_shown(pilot, "answer 1")
        await pilot.press("slash", *"x = 2", "enter")
        shown = await until_shown(pilot, "step 2 of 2", "answer 2")
        assert "Goal: sum [/b] ␛[2J" in shown
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "seed 1", "step 1 of 2")


async def test_what_cannot_be_started_is_refused_in_the_form(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4")
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#policy", Input).value = "gpt-9"
        await pilot.press("enter")
        await until_shown(pilot, "price of gpt-9 is unknown")
        app.screen.query_one("#policy", Input).value = "builtin"
        app.screen.query_one("#side", Input).value = "rest"
        await pilot.press("enter")
        await until_shown(pilot, "side: one of train")
