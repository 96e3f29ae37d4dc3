"""The evaluation screen over a real engine: interval, verdict, tasks and both traces of one."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from core.engine import open_engine
from core.workspace import Workspace
from tests.tui.grid import app_on, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import store_rows
from tests.tui.run_store import EVALUATION, evaluation_parts, run_parts, store_runs
from tui.screens.form import FormScreen


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


async def test_the_order_key_puts_the_largest_loss_first(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts(), evaluation_parts(n_won=3))
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "▸ kata/test_0 ", "✓ won")
        await pilot.press("o")
        await until_shown(pilot, "tasks: largest loss first", "▸ kata/test_3 ")


async def test_a_report_is_written_where_it_is_wanted_and_replaces_nothing(tmp_path: Path) -> None:
    await store_runs(tmp_path)
    file = tmp_path / "report.md"
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "inconclusive")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.startswith(f"{EVALUATION}\n· inconclusive\n"))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#path", Input).value = str(file)
        await pilot.press("enter")
        await until(pilot, file.exists)
        assert "| `kata/test_0` | 0/2 | 2/2 | won |" in file.read_text()
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#path", Input).value = str(file)
        await pilot.press("enter")
        await until_shown(pilot, "file: it exists already")


async def test_power_and_price_are_said_before_and_a_stopped_one_goes_on_by_key(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        policy = (await engine.train()).policy
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "no evaluation yet: S compares")
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.query_one("#tuned", Input).value == policy
        app.screen.query_one("#margin", Input).value = "500"
        await pilot.press("enter")
        await until_shown(pilot, "A margin is from 0 to 100 points, not 500")
        await pilot.press("S", "enter")
        shown = await until_shown(pilot, "seeds x 2 arms", f"Compare {policy} with builtin, $0.00?")
        assert "with 80% power" in shown
        await pilot.press("y")
        await until_shown(pilot, "running: ")
        await pilot.press("X")
        await until_shown(pilot, "Stop eval-", "What is finished stays")
        await pilot.press("y")
        await until_shown(pilot, "stopped: ", "R goes on, to the verdict")
        await pilot.press("R")
        await until_shown(pilot, "Resume eval-", "$0.00?")
        await pilot.press("n")
        await until_shown(pilot, "resume: not done")
