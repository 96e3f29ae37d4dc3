"""The rollouts screen over a real engine: its grid, its traces, and what its keys start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from core.service.connect import connect
from core.workspace import Workspace
from tests.tui.grid import app_on, check_snapshot, colours, grid, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import admitted_rows, store_rows
from tests.tui.run_store import EVAL_RUN, EVALUATION, JOB, RUN, TASKS, run_parts, store_runs
from tui.app import GemelApp
from tui.screens.run_pane import RolloutsPane
from tui.widgets.cells import ASCII
from tui.widgets.heat_grid import HeatGrid

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
        await until_shown(pilot, f"▸ {RUN}", "1/4", "usable pairs")
        check_snapshot(f"rollouts-{size}-{theme}", _steady(app))
        await pilot.press("enter", "enter")
        await until_shown(pilot, "answer 1", "step 1 of 2", "spent")
        check_snapshot(f"trace-{size}-{theme}", _steady(app))
        await pilot.press("5")
        await until_shown(pilot, JOB, "step 30/30", "5/5", "q leave", "spent")
        check_snapshot(f"training-{size}-{theme}", _steady(app))
        await pilot.press("6")
        await until_shown(pilot, EVALUATION, "kata/test_0", "+37.5 [", "within 20 it", "q leave")
        check_snapshot(f"evaluation-{size}-{theme}", _steady(app))


async def test_everything_is_said_in_ascii_where_the_terminal_needs_it(tmp_path: Path) -> None:
    await store_runs(tmp_path)
    app = app_on(tmp_path, glyphs=ASCII)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        for key, text in (("3", "32/32 100%"), ("5", "step 30/30"), ("6", "inconclusive")):
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
        await until_shown(pilot, "enter goes on")
        app.screen.query_one("#policy", Input).value = "gpt-9"
        await pilot.press("enter")
        await until_shown(pilot, "price of gpt-9 is unknown")
        app.screen.query_one("#policy", Input).value = "builtin"
        app.screen.query_one("#side", Input).value = "rest"
        await pilot.press("enter")
        await until_shown(pilot, "side: one of train")
        app.screen.query_one("#side", Input).value = "train"
        app.screen.query_one("#tests", Input).value = "sometimes"
        await pilot.press("enter")
        await until_shown(pilot, "tests: one of on_write, on_final, never")
        app.screen.query_one("#tests", Input).value = "never"
        app.screen.query_one("#temperature", Input).value = "3"
        await pilot.press("enter")
        await until_shown(pilot, "temperature: 0 to 2")


def _stand_on_a_running_cell(app: GemelApp) -> None:
    view, cells = app.screen.query_one(RolloutsPane).view, app.screen.query_one(HeatGrid)
    assert view is not None
    place = view.place_of(min(view.board.running))
    assert place is not None
    cells.focus()
    cells.action_move(-len(TASKS), -400)
    cells.action_move(place.row, place.column)


async def test_a_run_is_started_held_stopped_and_resumed_by_keys(workspace: Path) -> None:
    app = app_on(workspace)
    async with hosted(workspace), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "no run yet: S starts one")
        await pilot.press("S")
        await until_shown(pilot, "enter goes on")
        app.screen.query_one("#tasks", Input).value = "8"
        app.screen.query_one("#seeds", Input).value = "400"
        await pilot.press("enter")
        await until_shown(pilot, "on 8 tasks of train: 3,200 rollouts, at most", "$0.00?")
        await pilot.press("y")
        await until_shown(pilot, "▸ running", "calling")
        await pilot.press("R")
        await until_shown(pilot, "the run under the cursor goes on; space holds it")
        await pilot.press("space")
        await until_shown(pilot, "· paused", "asked for by the app", "waiting")
        await pilot.press("tab", "enter")
        await until_shown(pilot, "· running", "seed ", "tokens, $0.00")
        await pilot.press("q")
        await until_shown(pilot, "· paused", "waiting")
        _stand_on_a_running_cell(app)
        await pilot.press("enter")
        await until_shown(pilot, "· running", "seed ", "tokens, $0.00")
        await pilot.press("q")
        await until_shown(pilot, "· paused", "waiting")
        app.screen.query_one(HeatGrid).action_move(0, 400)
        await pilot.press("enter")
        await until_shown(pilot, "nothing to open here: no rollout that is begun")
        app.screen.query_one("#live").focus()
        await pilot.press("shift+tab", "space")
        await until_shown(pilot, "▸ running", "calling")
        client = await connect(Workspace(workspace), start=False)
        await client.pause_run(by="another pane")
        await client.close()
        await until_shown(pilot, "· paused", "asked for by another pane", "/3,200 paused")
        await pilot.press("X")
        await until_shown(pilot, "Stop run-")
        await pilot.press("y")
        await until_shown(pilot, "· stopped", "asked for by the app")
        await pilot.press("space")
        await until_shown(pilot, "pause: the run under the cursor is not going on")
        await pilot.press("R")
        await until_shown(pilot, "Resume run-", "$0.00?")
        await pilot.press("y")
        await until_shown(pilot, "▸ running", "calling")
        await pilot.press("d")
        await until_shown(pilot, "Drain run-", "in flight are finished")
        await pilot.press("y")
        await until_shown(pilot, "· stopped", "drained, asked for by the app")


async def test_what_infrastructure_ended_is_done_again_by_a_key_and_a_result_stands(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, admitted_rows(TASKS), run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4", "1 error")
        await pilot.press("A")
        await until_shown(pilot, "put the cursor on it")
        await pilot.press("enter", "A")
        await until_shown(pilot, "Do rollout ", "at most 20 calls, $0.00?")
        await pilot.press("y")
        await until_shown(pilot, "ended as passed, which is a result and stands")
        await pilot.press("j", "right", "A", "y")
        await until_shown(pilot, "1 rollout is to be done again", "9/12 rollouts")
        assert "1 error" not in grid(app)


async def test_what_the_cursor_stands_on_is_copied_and_a_rollout_is_exported(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4")
        await pilot.press("y")
        await until_shown(pilot, f"{RUN}: sent to the clipboard")
        assert app.clipboard == RUN
        await pilot.press("enter", "y")
        await until_shown(pilot, "rollout ", ": sent to the clipboard")
        rollout_id = app.clipboard
        await pilot.press("enter")
        await until_shown(pilot, "answer 1")
        await pilot.press("J", "y")
        await until_shown(pilot, "the answer of step 2: sent")
        assert app.clipboard == "answer 2: x = 2"
        await pilot.press("x")
        await until_shown(pilot, "enter goes on")
        app.screen.query_one("#path", Input).value = str(tmp_path / "a.txt")
        await pilot.press("enter")
        await until_shown(pilot, "a name that ends in .md or .json")
        app.screen.query_one("#path", Input).value = str(tmp_path / "a.md")
        await pilot.press("enter")
        await until_shown(pilot, "written to ~/a.md")
        assert f"# Rollout {rollout_id}" in (tmp_path / "a.md").read_text("utf-8")


async def test_the_ceiling_of_a_run_is_set_and_lifted_by_a_key(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4", "$0.00")
        await pilot.press("m")
        await until_shown(pilot, f"Ceiling of {RUN}: ", "spent")
        await pilot.press(*"-3", "enter")
        await until_shown(pilot, "'-3' is no amount of dollars above 0")
        app.screen.query_one("#limit", Input).value = "2.50"
        await pilot.press("enter")
        await until_shown(pilot, f"{RUN} may spend at most $2.50", " of $2.50")
        await pilot.press("m")
        await until_shown(pilot, "ceiling $")
        app.screen.query_one("#limit", Input).value = ""
        await pilot.press("enter")
        await until_shown(pilot, f"{RUN} may spend without a ceiling")
