"""The training screen over a real engine: a job's curves, and what its keys start."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.tui.grid import app_on, until, until_shown
from tests.tui.hosting import hosted
from tui.screens.form import FormScreen


async def test_without_a_job_the_screen_names_the_key(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet: S trains")
        await pilot.press("S", "enter")
        await until_shown(pilot, "there are no pairs yet: key 4")


async def test_a_job_is_started_and_cancelled_by_keys(workspace_with_pairs: Path) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#beta", Input).value = "-1"
        await pilot.press("enter")
        await until_shown(pilot, "beta must be from")
        app.screen.query_one("#beta", Input).value = "0.2"
        app.screen.query_one("#epochs", Input).value = "1000"
        app.screen.query_one("#batch", Input).value = "1"
        await pilot.press("enter")
        await until_shown(pilot, "$0.00?")
        await pilot.press("y")
        await until_shown(pilot, "▸ running", "beta 0.2", "loss")
        await pilot.press("X")
        await until_shown(pilot, "Cancel job-")
        await pilot.press("y")
        await until_shown(pilot, "· cancelled  ", " stopped by the user")
