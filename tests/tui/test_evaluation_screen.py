"""The evaluation screen over a real engine: interval, verdict, tasks and both traces of one."""

from __future__ import annotations

from pathlib import Path

from tests.tui.grid import app_on, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import store_rows
from tests.tui.run_store import evaluation_parts, job_parts, run_parts, store_runs


async def test_a_task_opens_as_both_traces_of_the_same_seed(tmp_path: Path) -> None:
    await store_runs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "kata/test_0")
        await pilot.press("enter", "j", "enter")
        await until_shown(pilot, "base, kata/test_1, seed 500", "tuned, kata/test_1, seed 500")
        await until_shown(pilot, "- limit", "✓ passed")
        await pilot.press("right_square_bracket", "J")
        await until_shown(pilot, "base, kata/test_1, seed 501", "tuned, kata/test_1, seed 501")
        shown = await until_shown(pilot, "step 2 of 2")
        assert shown.count("step 2 of 2") == 2


async def test_the_budget_key_shows_the_rates_at_another_budget(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts(), evaluation_parts(n_won=3))
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "kata within 20 iterations: base 0.0%, tuned 37.5%")
        await pilot.press("b")
        await until_shown(pilot, "kata within 5 iterations: base 0.0%, tuned 25.0%")


async def test_the_newest_policy_is_offered_and_the_amount_is_asked(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts(), job_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "no evaluation yet: S compares")
        await pilot.press("S", "enter")
        await until_shown(pilot, "Compare builtin:5afb7cdc1ed72d28 with builtin", "$0.00?")
        await pilot.press("n")
        await until_shown(pilot, "not done")
