"""Looking at finished rollouts: filtered, one after the other, folded, two beside each other."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import store_rows
from tests.tui.run_store import run_parts


async def test_rollouts_are_filtered_in_the_grid_and_in_the_list(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4", "usable pairs", "contrast")
        await pilot.press("slash", *"is:nonsense", "enter")
        await until_shown(pilot, "is:nonsense is no filter", "tampered")
        app.screen.query_one("#words", Input).value = "is:passed"
        await pilot.press("enter")
        n_rows = (await until_shown(pilot, "only is:passed: 3 of 2 tasks")).count("kata/sum_")
        assert n_rows == 2
        await pilot.press("v")
        listed = await until_shown(pilot, "rollout of", "1/3")
        assert (listed.count("✓ passed"), listed.count("kata/sum_")) == (3, 3)
        await pilot.press("C")
        await until_shown(pilot, "1/10", "E error")
        await pilot.press("o", "o")
        await until_shown(pilot, "only is:failed", "1/2")
        await pilot.press("enter")
        await until_shown(pilot, "answer 1", "✗ failed")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until_shown(pilot, "no other rollout in this direction")


async def test_two_rollouts_of_a_task_are_picked_and_opened_beside_each_other(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4", "usable pairs")
        await pilot.press("b")
        await until_shown(pilot, "b marks a finished rollout")
        await pilot.press("enter", "b")
        await until_shown(pilot, "sum_odd-00, seed 0 is marked")
        await pilot.press("right", "b")
        await until_shown(
            pilot,
            "sum_odd-00, seed 0",
            "sum_odd-00, seed 1",
            "step 1 of 2",
            "both rollouts are the same",
        )


async def test_states_are_folded_then_all_but_titles_and_a_search_opens_them(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4")
        await pilot.press("enter", "enter")
        await until_shown(pilot, "Goal: sum", "state: user ─")
        await pilot.press("c")
        shown = await until_shown(pilot, "states folded", "state: user, 1 line")
        assert "Goal: sum" not in shown
        await pilot.press("slash", *"goal", "enter")
        await until_shown(pilot, "Goal: sum")
        await pilot.press("c")
        shown = await until_shown(pilot, "titles only", "✗ 3 of 4 tests fail")
        assert "step 2 of 2: 600 + 30 tokens, $0.0003, 0.10 s; $0.0005 so far" in shown
        assert "answer 1" not in shown
        await pilot.press("c")
        await until_shown(pilot, "all open", "answer 1")
        await pilot.press("a")
        await until_shown(pilot, "step 2 of 2", "state: user, 1 line")
        await pilot.press("a")
        await until(pilot, lambda: "step 2 of 2" not in grid(app))


async def test_the_change_of_a_rollout_is_shown_or_why_there_is_none(
    workspace_with_pairs: Path,
) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "usable pairs", "builtin")
        await pilot.press("o", "v")
        await until_shown(pilot, "rollout of", "✓ passed")
        await pilot.press("enter")
        await until_shown(pilot, "step 1 of", "answer")
        await pilot.press("d")
        shown = await until_shown(pilot, "before", "+ after, passed", "1/1")
        lines = shown.splitlines()
        signs = [line.split()[1] for line in lines if line.startswith("▸")]
        assert signs in (["-", "+"], ["-"], ["+"]) or signs[0] == "-", "what goes stands first"
        await pilot.press("d")
        await until_shown(pilot, "── answer")


async def test_a_rollout_without_a_change_says_so(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "1/4")
        await pilot.press("enter", "enter")
        await until_shown(pilot, "answer 1")
        await pilot.press("d")
        await until_shown(pilot, "the task kata/sum_odd-00 is gone")


async def test_two_rollouts_open_where_they_part_with_what_differs_marked(
    workspace_with_pairs: Path,
) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "usable pairs", "builtin")
        await pilot.press("enter", "b", "right", "b")
        shown = await until_shown(pilot, "they part at step", "on the same state", "≠ ")
        assert shown.count("<<<<<<< SEARCH") >= 2
        await pilot.press("J")
        await until_shown(pilot, "step 2 of")
        await pilot.press("f")
        await until(
            pilot, lambda: "they part at step 1" not in grid(app) or "step 1 of" in grid(app)
        )
        await pilot.press("4")
        await until_shown(pilot, "undecided", "chosen")
        await pilot.press("T")
        await until_shown(pilot, "chosen, kata/", "rejected, kata/", "they part at step")
