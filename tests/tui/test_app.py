"""What the frame does on every screen: help, palette, themes, keys, first paint."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import PIPELINE, store_rows
from tui.screens.mode import ModeScreen

FIRST_PAINT = """
import sys
from pathlib import Path
from textual.drivers.headless_driver import HeadlessDriver
from core.workspace import Workspace
from tui.app import GemelApp
from tui.widgets.cells import UNICODE

HEAVY = ("duckdb", "numpy", "together", "pytest")
seen = []

class Driver(HeadlessDriver):
    is_headless = False
    def write(self, data):
        if "stage" in data and not seen:
            seen.append([name for name in HEAVY if name in sys.modules])
        if "keep" in data and app.is_running:
            seen.append([name for name in HEAVY if name in sys.modules])
            app.exit()

app = GemelApp(Workspace(Path(sys.argv[1])), Path(sys.argv[1]), environ={}, glyphs=UNICODE)
app.driver_class = Driver
app.run(size=(80, 24))
print(seen[0], "duckdb" in seen[1])
"""


async def test_the_first_paint_comes_before_heavy_imports(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    async with hosted(tmp_path):
        done = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FIRST_PAINT, str(tmp_path), stdout=PIPE, stderr=PIPE
        )
        out, err = await asyncio.wait_for(done.communicate(), 30)
    assert out.decode().splitlines()[-1:] == ["[] True"], err.decode()


async def test_without_a_terminal_the_app_refuses_and_names_the_commands() -> None:
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tui.cli", stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    _, err = await asyncio.wait_for(done.communicate(), 30)
    assert done.returncode == 2
    assert "needs a terminal" in err.decode()


async def test_help_lists_the_keys_in_force_and_q_goes_back(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('reload = ["0", "9"]\n')
    place = tmp_path / "none"
    app = app_on(place, tmp_path)
    async with hosted(place), app.run_test(size=(80, 40)) as pilot:
        await until_shown(pilot, "gemel suite forge")
        await pilot.press("question_mark")
        shown = await until_shown(pilot, "other keys", "engine ")
        lines = [line.split() for line in shown.splitlines()]
        assert ["0", "9", "read", "again", "reload"] in lines
        assert ["d", "run", "demo", "run-demo"] in lines
        assert ["ctrl+z", "suspend", "to", "the", "shell", "suspend"] in lines
        await pilot.press("q")
        await until_shown(pilot, "gemel suite forge")


async def test_files_that_cannot_be_used_cost_a_message_not_the_app(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('reload = "t"\n')
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text("dark = true\ncolour = 1\n")
    place = tmp_path / "none"
    app = app_on(place, tmp_path, theme="mine")
    async with hosted(place), app.run_test(size=(120, 30)) as pilot:
        await until_shown(
            pilot, "there is no theme mine; GEMEL_THEME may be ansi, dark, high-contrast, light"
        )
        await pilot.press("l")
        await until_shown(
            pilot,
            "keys.toml was not used: t would mean both reload and theme",
            "theme mine.toml was not used: unknown key colour",
        )
        await pilot.press("t")
        await until(pilot, lambda: app.theme != "dark")
        keeps = f"theme {app.theme}; `gemel config set theme {app.theme}` keeps it"
        assert app.messages.all[-1].text == keeps


async def test_sixteen_colours_get_the_theme_made_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", "screen")
    assert app_on(tmp_path, theme="").theme == "ansi"
    assert app_on(tmp_path, theme="light").theme == "light"


async def test_the_palette_does_what_the_keys_do(tmp_path: Path) -> None:
    place = tmp_path / "none"
    app = app_on(place)
    async with hosted(place), app.run_test(size=(80, 40)) as pilot:
        await until_shown(pilot, "gemel suite forge")
        await pilot.press("colon")
        shown = await until_shown(pilot, "suspend to the shell")
        assert ["run", "demo", "d"] in [line.split() for line in shown.splitlines()]
        await pilot.press(*"messages")
        await until(pilot, lambda: "suspend" not in grid(app))
        await pilot.press("enter")
        await until_shown(pilot, "Nothing was said yet")


async def test_the_log_is_copied_with_the_time_of_each_message(tmp_path: Path) -> None:
    place = tmp_path / "none"
    app = app_on(place)
    async with hosted(place), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "gemel suite forge")
        app.say("one [/foo]")
        app.say("two\x1b[2J", is_warning=True)
        await pilot.press("l", "y")
        await until_shown(pilot, "sent to the clipboard")
    times = [line[:8] for line in app.clipboard.splitlines()]
    assert app.clipboard == f"{times[0]}  one [/foo]\n{times[1]}  two␛[2J"
    assert all(time.strptime(text, "%H:%M:%S") for text in times)


@pytest.mark.parametrize(("key", "is_done"), [("y", True), ("n", False), ("q", False)])
async def test_only_y_does_what_a_question_asks(tmp_path: Path, key: str, is_done: bool) -> None:
    done: list[object] = []
    ended: list[bool] = []
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "gemel suite forge")
        assert isinstance(app.screen, ModeScreen)
        app.screen.ask(
            "spend",
            lambda engine: engine.describe(),
            then=done.append,
            question="Spend $5.00 [/b]?",
            after=lambda: ended.append(True),
        )
        await until_shown(pilot, "Spend $5.00 [/b]?", "y yes")
        await pilot.press(key)
        await until(pilot, lambda: ended == [True])
        assert bool(done) is is_done


async def test_what_was_asked_goes_on_when_the_app_is_left(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path) as server:
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "gemel suite forge")
            await pilot.press("n")
            await until(pilot, lambda: bool(server.operations()))
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running)
        assert app.return_code == 0
        assert [view.label for view in server.operations()] == ["forge"]


async def test_a_demo_belongs_to_the_engine_and_is_shown_to_whoever_comes_back(
    tmp_path: Path,
) -> None:
    app, again = app_on(tmp_path), app_on(tmp_path)
    async with hosted(tmp_path) as server:
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "d  tries it", "run demo")
            await pilot.press("d")
            await until(pilot, lambda: bool(server.operations()))
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running)
        assert [view.label for view in server.operations()] == ["demo"]
        async with again.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: again.is_busy)
            await until_shown(pilot, "the engine is at work")
