"""The training screen over a real engine: a job's curves, and what its keys start."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from textual.widgets import Input

from core.engine import open_engine
from core.pairs.decisions import Action
from core.store.jobs import MetricRow
from core.workspace import Workspace
from tests.tui.grid import app_on, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import store_rows
from tests.tui.run_store import JOB, event_parts, job_parts, run_parts, store_runs
from tui.screens.form import FormScreen
from tui.screens.job_form import JobForm


async def test_without_a_job_the_screen_names_the_key(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet: S trains")
        await pilot.press("S")
        await until_shown(pilot, "new job, builtin  there are no pairs yet: key 4")


async def test_a_job_is_started_and_cancelled_by_keys(workspace_with_pairs: Path) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        await pilot.press("S")
        await until_shown(pilot, "new job, builtin  6 steps  $0.00")
        await pilot.press(*"jjj", "enter", *"1000", "enter")
        await pilot.press("j", "enter", "1", "enter")
        await until_shown(pilot, "23,000 steps", "Pairs of one step.")
        await pilot.press("S")
        await until_shown(pilot, "Train builtin now, $0.00?")
        await pilot.press("y")
        await until_shown(pilot, "▸ running", "batch 1", "loss")
        await pilot.press("X")
        await until_shown(pilot, "Cancel job-")
        await pilot.press("y")
        await until_shown(pilot, "· cancelled  ", " stopped by the user")


async def test_a_setting_is_explained_and_what_makes_no_sense_is_said_at_once(
    workspace_with_pairs: Path,
) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        await pilot.press("S")
        await until_shown(pilot, "6 steps", "! few-steps: The job makes 6 steps.")
        await pilot.press(*"jjjjjj")
        await until_shown(
            pilot, "beta  default 0.1", "How dearly distance from the parent is paid."
        )
        await pilot.press("enter", "-", "1")
        await until_shown(pilot, "beta must be from 1e-06 to 100, not -1")
        await pilot.press("enter", "S")
        assert isinstance(app.screen, JobForm), "nothing starts with a value that is refused"
        await pilot.press("q", "S")
        await until_shown(
            pilot, "beta must be from 1e-06 to 100, not -1", "beta                        -1"
        )
        await pilot.press(*"jjjjjj", "d", "right")
        await until_shown(pilot, "beta                      0.11", "6 steps")
        await pilot.press("p")
        await until_shown(pilot, "! few-steps", "Build more pairs, make the batch smaller, or add")


async def test_events_stand_below_the_curves_and_enter_shows_one_in_full(tmp_path: Path) -> None:
    await store_rows(tmp_path, run_parts(), job_parts("failed"), event_parts("failed"))
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        shown = await until_shown(pilot, "▸ 12:04:00        ✗ the machine went away", "5/5")
        assert "pass 1 of 1: loss 0.300" in shown
        assert "! one batch" not in shown, "why it failed is worth more than an alarm"
        await pilot.press("tab", "tab", "k", "k")
        await until_shown(pilot, "▸ 12:04:00        ! One batch of 40 holds all 40 pairs.")
        await pilot.press("k", "enter")
        await until_shown(pilot, "on [/b] ␛[2J a machine")
        await pilot.press("q", "y")
        await until(pilot, lambda: app.clipboard == "on [/b] ␛[2J a machine")
        await pilot.press("tab", "y")
        await until(pilot, lambda: app.clipboard.startswith(f"{JOB}, trainer builtin"))
        await pilot.press("enter")
        await until_shown(
            pilot,
            "40 pairs of 20 distinct tasks; 40 of them could be used, in 30 steps",
            "12 kept by a person, 24 undecided, 1 flagged, 3 dropped; 2 swapped",
        )


async def test_alarms_are_named_on_the_screen_and_explained_on_the_page(tmp_path: Path) -> None:
    rising = job_parts()
    rising["job_metrics"] = [
        replace(row, value=1.4 - row.value) if row.name == "loss" else row
        for row in rising["job_metrics"]
    ]
    await store_rows(tmp_path, run_parts(), rising, event_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "! loss rises: enter explains")
        await pilot.press("enter")
        await until_shown(
            pilot,
            "! The loss went from 0.727 to 1.087",
            "The steps are too large",
            "Lower the learning rate, by a factor of three or more.",
        )


async def test_other_curves_come_by_key_and_a_policy_goes_to_an_evaluation(tmp_path: Path) -> None:
    await store_runs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "loss", "margin")
        await pilot.press("tab", "left", "left")
        await until_shown(pilot, "0.3267  from 0.6867, step 28 of 30")
        await pilot.press("tab", "m")
        await until_shown(pilot, "accuracy", "share of pairs told apart")
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.query_one("#tuned", Input).value == "builtin:5afb7cdc1ed72d28"
        await pilot.press("escape", "tab", "enter")
        await until_shown(pilot, "what it was trained on")
        await pilot.press("E")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))


async def test_metrics_of_any_name_are_shown_by_what_they_are_about(tmp_path: Path) -> None:
    values = {
        "train/loss": 0.5,
        "eval/loss": 0.75,
        "eval/approx. KL/chosen": 0.25,
        "eval/[/b]\x1b[2J owned": math.nan,
    }
    job = job_parts()
    job["job_metrics"] = [MetricRow(JOB, 5, name, value) for name, value in values.items()]
    await store_rows(tmp_path, run_parts(), job, event_parts())
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        shown = await until_shown(
            pilot,
            "a loss 0.5000  b eval loss 0.7500",
            "eval approx kl chosen 0.2500",
            "eval [ b]␛[2j owned",
        )
        assert "1 not a number" in shown or "no value yet" in shown


async def test_a_marked_job_lies_beside_the_one_under_the_cursor(tmp_path: Path) -> None:
    other = "job-20261123-110000-eeee"
    steep = job_parts(n_steps=60, job_id=other)
    await store_rows(tmp_path, run_parts(), job_parts(), event_parts(), steep)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "loss     0.3000")
        await pilot.press("space")
        await until_shown(pilot, f"▸ + {other}")
        await pilot.press("j")
        shown = await until_shown(pilot, "loss     a cccc 0.3000  b eeee 0.3000", "step 60 of 60")
        assert "▸ a job-20261123-123000-cccc" in shown
        assert "  b job-20261123-110000-eeee" in shown
        await pilot.press("space", "k", "space", "j", "space")
        await until_shown(pilot, "loss     0.3000  from 0.6867, step 30 of 30")


async def test_what_a_job_would_be_refused_for_is_said_before_it_starts(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        pair_id = (await engine.pairs_page()).rows[0].pair_id
        await engine.decide(pair_id, Action.FLAG)
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(80, 24)) as pilot:
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        await pilot.press("S")
        await until_shown(pilot, "refused: Flagged pairs wait for a decision: 1")
        await pilot.press("S")
        await until_shown(pilot, "train: Flagged pairs wait for a decision: 1")
        await pilot.press(*"jjjjjjjjj", "right")
        await until_shown(pilot, "flagged pairs              yes", "1 flagged")
        await pilot.press("S")
        await until_shown(
            pilot, "0 kept, 22 undecided, 1 flagged", "distinct tasks", "no family stands", "$0.00?"
        )


async def test_a_form_asks_again_when_the_engine_is_back(workspace_with_pairs: Path) -> None:
    app = app_on(workspace_with_pairs)
    async with app.run_test(size=(80, 24)) as pilot:
        async with hosted(workspace_with_pairs):
            await pilot.press("5")
            await until_shown(pilot, "no job yet")
            await pilot.press("S")
            await until_shown(pilot, "6 steps")
        await until_shown(pilot, "engine stopped")
        await pilot.press(*"jjj", "right")
        await until_shown(pilot, "new job, builtin  there is no engine to ask yet")
        async with hosted(workspace_with_pairs):
            await pilot.press("r")
            await until_shown(pilot, "new job, builtin  8 steps")
