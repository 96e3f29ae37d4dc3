"""The first screen over a real engine: stages, the next step, and what a plan would cost."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widget import Widget

from core.config import with_api_keys
from core.costs.library import load_scenario, save_scenario, scenario_names
from tests.tui.grid import app_on, check_snapshot, colours, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import PIPELINE, check_rows, job_rows, store_rows, suite_rows
from tui.app import GemelApp
from tui.screens.confirm import ConfirmScreen
from tui.screens.form import FormScreen
from tui.widgets.cells import ASCII

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m[/foo][@click=app.quit]x[/]\u202e\x00"
_ENGINE = re.compile(r"^ engine \d+ \S+ ", re.MULTILINE)


def _steady(app: GemelApp) -> str:
    """The grid without what depends on the machine."""
    return _ENGINE.sub(" engine ", grid(app).replace(str(app.workspace.directory.parent), ""))


def _total(app: GemelApp) -> str:
    return next(line for line in grid(app).splitlines() if " total " in line)


@pytest.mark.parametrize("size", SIZES)
async def test_a_filled_workspace_looks_as_agreed(tmp_path: Path, size: str) -> None:
    place = tmp_path / "repair"
    await store_rows(place, *PIPELINE)
    app = app_on(place)
    async with hosted(place), app.run_test(size=SIZES[size]) as pilot:
        await until_shown(pilot, "y copies it", "q leave", "total", "spent $5.00")
        for theme in ("dark", "high-contrast"):
            app.theme = theme
            await pilot.pause()
            check_snapshot(f"plan-{size}-{theme}", f"{_steady(app)}colours {colours(app)}\n")


async def test_a_first_run_is_guided_in_ascii_until_there_is_a_suite(tmp_path: Path) -> None:
    place = tmp_path / "repair"
    app = app_on(place, glyphs=ASCII)
    async with hosted(place), app.run_test(size=(80, 24)) as pilot:
        shown = await until_shown(pilot, "d  tries it", "d run demo", "q leave", "spent $0.00")
        assert shown.isascii()
        check_snapshot("plan-first-80x24-ascii", _steady(app))
    await store_rows(place, suite_rows())
    app = app_on(place, glyphs=ASCII)
    async with hosted(place), app.run_test(size=(80, 24)) as pilot:
        shown = await until_shown(pilot, "gemel suite check kata", "what if")
        assert "tries it" not in shown
        assert "run demo" not in shown


async def test_without_its_engine_the_screen_keeps_what_it_knows_and_r_finds_the_next_one(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, suite_rows())
    app = app_on(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        async with hosted(tmp_path):
            await until_shown(pilot, "gemel suite check kata", "engine ")
        shown = await until_shown(pilot, "engine stopped, r starts it")
        assert "gemel suite check kata" in shown
        await store_rows(tmp_path, check_rows())
        async with hosted(tmp_path):
            await pilot.press("r")
            shown = await until_shown(pilot, "gemel split make kata", "2 admitted")
            assert "engine stopped, r" not in shown


async def test_n_does_the_next_step_and_its_refusal_is_a_message(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE[:2])
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "gemel split make kata")
        await pilot.press("n")
        # All tasks of these rows are of one family, which cannot stand on three sides.
        await until_shown(pilot, "gemel split make kata: ", "families")
        assert app.messages.all[-1].is_warning
        await pilot.press("l")
        shown = await until_shown(pilot, "1 Plan", "messages")
        assert "gemel split make kata: begun" in shown


async def test_typing_a_value_moves_the_bill_and_switches_no_screen(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    await store_rows(tmp_path, *PIPELINE)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "3,000")
        before = _total(app)
        await pilot.press("enter", "6", "0", "0", "0")
        await until(pilot, lambda: _total(app) != before)
        typed = await until_shown(pilot, "6000_")
        assert app.current_mode == "plan"
        await pilot.press("escape")
        await until(pilot, lambda: _total(app) == before)
        assert "6000" in typed
        await pilot.press("right")
        assert "3,100" in await until_shown(pilot, "3,100")
        assert _total(app) != before
        await pilot.press("p")
        await until_shown(pilot, "pilot  ", "One rollout on each of 20 tasks")


async def test_a_value_that_cannot_be_says_why_and_keeps_the_bill(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "3,000")
        before = _total(app)
        await pilot.press("enter", "x")
        await until_shown(pilot, "n_tasks = 'x' cannot be used: a whole number (tasks)")
        assert _total(app) == before


async def test_copy_writes_the_whole_command_to_the_file_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = tmp_path / "work"
    await store_rows(place, *PIPELINE[:2])
    app = app_on(place)
    async with hosted(place), app.run_test(size=(160, 24)) as pilot:
        await until_shown(pilot, "gemel split make kata")
        await pilot.press("y")
        await until_shown(pilot, "copied.txt")
    command = f"gemel split make kata --workspace {place}"
    assert app.clipboard == command
    assert (tmp_path / "gemel" / "copied.txt").read_text() == command + "\n"


async def test_stored_text_reaches_the_terminal_without_control_bytes(tmp_path: Path) -> None:
    place = tmp_path / "\x1b[31mred\x9b"
    failed = job_rows("failed", HOSTILE)
    await store_rows(place, suite_rows(HOSTILE), *PIPELINE[:5], failed)
    app = app_on(place)
    async with hosted(place), app.run_test(size=(300, 24)) as pilot:
        shown = await until_shown(pilot, "[/foo]")
        assert "red" in shown.splitlines()[0]
        app.say(HOSTILE)
        await pilot.press("l")
        await until(pilot, lambda: grid(app).count("[/foo]") > 1)
        texts = [
            widget.render_line(y).text
            for screen in app.screen_stack
            for widget in screen.walk_children(Widget)
            for y in range(widget.size.height)
        ]
    hostile = [c for text in texts for c in text if ord(c) < 32 or 127 <= ord(c) < 160]
    assert not hostile
    assert "\u202e" not in "".join(texts)


async def test_scenarios_are_saved_duplicated_chosen_and_deleted_by_keys(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total")
        await pilot.press("right", "s")
        await until_shown(pilot, "Save these inputs", "student-as-generator-2")
        await pilot.press("enter")
        await until_shown(pilot, "saved as student-as-generator-2")
        await pilot.press("c")
        await until_shown(pilot, "student-as-generator-3 is a copy of student-as-generator-2")
        assert load_scenario("student-as-generator-3", tmp_path).n_tasks == 3_100
        await pilot.press("o")
        await until_shown(pilot, "Scenarios", "shipped", "saved")
        await pilot.press("G", "k", "enter")
        await until_shown(pilot, "what if     student-as-generator-2")
        await pilot.press("D")
        await until_shown(pilot, "Delete the scenario student-as-generator-2?")
        await pilot.press("y")
        await until_shown(pilot, "student-as-generator-2 is deleted")
        assert scenario_names(tmp_path)[-1] == "student-as-generator-3"
        await pilot.press("D")
        await until_shown(pilot, "is a shipped scenario and stays")


async def test_a_saved_scenario_is_replaced_only_when_asked(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    save_scenario(replace(load_scenario("pilot"), name="mine"), tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total")
        await pilot.press("o", "G", "enter", "right", "s", "enter")
        await until_shown(pilot, "mine is saved already. Replace it?")
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
        assert load_scenario("mine", tmp_path).n_tasks == load_scenario("pilot").n_tasks
        await pilot.press("s", "enter")
        await until_shown(pilot, "Replace it?")
        await pilot.press("y")
        await until_shown(pilot, "saved as mine")
        assert load_scenario("mine", tmp_path).n_tasks != load_scenario("pilot").n_tasks


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_scenarios_stand_side_by_side_with_their_differences_marked(
    tmp_path: Path, width: int
) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(width, 50)) as pilot:
        await until_shown(pilot, "student-as-generator", "total")
        await pilot.press("b", "right")
        shown = await until_shown(pilot, "inputs that differ", "warnings")
        total = next(line for line in shown.splitlines() if " total " in line)
        assert total.count("$") == 2
        assert total.count("*") == 1
        assert re.search(r"tasks +3,000 +3,100\*", shown)
        await pilot.press("B")
        await until(pilot, lambda: "inputs that differ" not in grid(app))


async def test_the_forecast_is_held_against_the_ledger_and_the_ledger_is_a_page(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 50)) as pilot:
        await until_shown(pilot, "student-as-generator", "total", "$5.00")
        await pilot.press("f")
        await until_shown(pilot, "a rollout of run-3, 4 done", "came to", "outside !")
        await pilot.press("m")
        await until_shown(pilot, "by stage", "by model", "by day", "by run", "$5.00")
        await pilot.press("q")
        await until_shown(pilot, "what if")


async def test_a_key_for_remote_models_is_typed_unseen_and_kept_for_its_owner_only(
    tmp_path: Path,
) -> None:
    place = tmp_path / "none"
    app = app_on(place)
    async with hosted(place), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "a  adds a key")
        await pilot.press("a")
        await until_shown(pilot, "together_api_key")
        await pilot.press(*"sk-0123456789abcdef")
        assert "0123456789" not in grid(app)
        await pilot.press("enter")
        await until_shown(pilot, "together_api_key is kept in", "credentials.toml")
        (file,) = tmp_path.rglob("credentials.toml")  # noqa: ASYNC240 - a test
        assert file.stat().st_mode & 0o777 == 0o600
        assert with_api_keys({})["TOGETHER_API_KEY"] == "sk-0123456789abcdef"
        assert "0123456789" not in app.messages.as_text


async def test_a_first_run_leads_to_suites_of_ones_own(tmp_path: Path) -> None:
    place = tmp_path / "none"
    app = app_on(place)
    async with hosted(place), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "i  brings in bugs of your own")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
