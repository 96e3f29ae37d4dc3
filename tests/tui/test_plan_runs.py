"""What goes between Plan and the runs: measured inputs, a run that begins, past forecasts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.widgets import Input

from core.costs.history import PastFigure, PastForecast
from core.costs.library import load_scenario
from core.costs.model import Part
from core.store.forecasts import ForecastGradeRow, ForecastRow
from core.store.runs import RunStateRow
from tests.core.costs.made import NOWHERE, predict, seed_plan
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import PIPELINE, at, store_rows
from tests.tui.run_store import RUN, run_parts
from tui.screens.forecasts import history_content
from tui.screens.plan_run import run_values
from tui.screens.whatif_text import View, interval_bar, outcome, side_by_side
from tui.widgets.cells import ASCII, UNICODE


async def test_inputs_are_measured_on_a_run_and_the_run_they_describe_is_handed_over(
    workspace_with_pairs: Path,
) -> None:
    app = app_on(workspace_with_pairs)
    async with hosted(workspace_with_pairs), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "pairs       done")
        await pilot.press("F")
        await until_shown(pilot, "Take tokens, turns and pass rate from the rollouts of", "run-")
        await pilot.press("enter")
        shown = await until_shown(pilot, "inputs measured on", "s saves them")
        assert re.search(r"generator +builtin", shown)
        assert re.search(r"max iterations +12", shown)
        await pilot.press("S")
        await until_shown(pilot, "start a run", "enter goes on")
        assert app.current_mode == "rollouts"
        values = {field.id: field.value for field in app.screen.query(Input)}
        assert (values["policy"], values["iterations"], values["ceiling"]) == ("builtin", "12", "")
        assert values["tasks"] == str(load_scenario("student-as-generator").n_tasks)


async def test_bars_take_the_place_of_amounts_where_there_is_no_room_for_both(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "$52.02")
        await pilot.press("v")
        shown = await until_shown(pilot, "█ low ▒ mean ░ high")
        assert "$52.02" not in shown
        await pilot.press("v")
        await until_shown(pilot, "$52.02")
        await pilot.resize_terminal(120, 40)
        await until_shown(pilot, "$52.02", "█ low ▒ mean ░ high")


async def test_past_forecasts_are_a_page_with_what_came(tmp_path: Path) -> None:
    figures = {"cost": ("micro-dollars", 2e6), "calls": ("calls", 40.0)}
    foretold = [
        ForecastRow(RUN, name, unit, mean / 2, mean, 2 * mean, 9 * mean, "a [/b] guess", 12, at(2))
        for name, (unit, mean) in figures.items()
    ]
    grades = [ForecastGradeRow(RUN, "cost", 5e6, 12, at(3))]
    rows: dict[str, Sequence[Any]] = {
        "forecasts": foretold,
        "forecast_grades": grades,
        "run_states": [RunStateRow(RUN, "finished", "", at(4))],
    }
    await store_rows(tmp_path, *PIPELINE, run_parts(), rows)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "pairs       done")
        await pilot.press("P")
        shown = await until_shown(pilot, "1 run foretold; 0 of 1 figure came inside")
        assert "from a [/b] guess" in shown
        assert re.search(r"cost +\$1.00 +\$2.00 +\$4.00 +\$5.00 +\+150%  ✗ outside", shown)
        assert re.search(r"calls +20 +40 +80 +not finished", shown)
        await pilot.press("q")
        await until(pilot, lambda: "what if" in grid(app))


def test_nothing_foretold_says_what_foretells() -> None:
    assert "a run of rollouts is, as it begins" in history_content([], UNICODE).plain
    figure = PastFigure("pass rate", "share", 0.1, 0.2, 0.3, 1.0, 0.25, 0.25, True)
    past = PastForecast("run-1", "finished", "8 rollouts", 8, 8, at(1), (figure,))
    assert "0.25" in history_content([past], ASCII).plain


def test_a_bar_shows_low_mean_and_high_to_one_scale() -> None:
    assert (
        interval_bar(Part("total", 10, 20, 40), 40, 40, UNICODE) == "█" * 10 + "▒" * 10 + "░" * 20
    )
    assert interval_bar(Part("total", 10, 20, 40), 40, 4, ASCII) == "#=--"
    assert interval_bar(Part("start", 0, 0, 1), 10_000, 20, UNICODE) == "░"
    assert interval_bar(Part("nothing", 0, 0, 0), 0, 20, UNICODE) == ""


def test_what_does_not_fit_is_never_wider_than_its_room() -> None:
    four = [seed_plan(), predict(load_scenario("pilot")), seed_plan(n_tasks=9), seed_plan(budget=7)]
    for width in (45, 60, 90, 160):
        lines = list(side_by_side(four, {"n_tasks": "tasks", "budget": "budget"}, width))
        assert max(len(line.plain) for line in lines) <= width
        total = next(line.plain for line in lines if line.plain.startswith("total"))
        assert total.count("$") == 4
    for view, width in ((View.AMOUNTS, 46), (View.BARS, 46), (View.BOTH, 66)):
        lines = list(outcome(four[0], view, width, UNICODE))
        assert max(len(line.plain) for line in lines) <= width


def test_a_scenario_is_handed_over_with_the_ceiling_of_its_rollouts() -> None:
    found = seed_plan()
    values = run_values(found)
    assert values["policy"] == "together:Qwen/Qwen2.5-72B-Instruct-Turbo"
    assert float(values["ceiling"]) * 1e6 == round(found.bill.ceiling_microusd, -4)
    tight = replace(load_scenario("pilot", NOWHERE), budget=100_000, generator="builtin:a1")
    tight = replace(tight, prompt_price=0, completion_price=0, cached_price=0)
    handed = run_values(predict(tight))
    assert (handed["policy"], handed["ceiling"], handed["seeds"]) == ("builtin:a1", "0.10", "1")
