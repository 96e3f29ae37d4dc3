"""What the frame does on every screen: help, palette, themes, keys, first paint."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.rows import PIPELINE, store_rows

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
    (tmp_path / "keys.toml").write_text('reload = ["x", "["]\n')
    app = app_on(tmp_path / "none", tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "gemel demo")
        await pilot.press("question_mark")
        shown = await until_shown(pilot, "other keys")
        lines = [line.split() for line in shown.splitlines()]
        assert ["x", "[", "reload", "reload"] in lines
        assert ["d", "run", "demo", "run-demo"] in lines
        assert ["ctrl+z", "suspend", "to", "the", "shell", "suspend"] in lines
        await pilot.press("q")
        await until_shown(pilot, "gemel demo")
        await pilot.press("x")
        await until_shown(pilot, "read again")


async def test_keys_that_clash_are_refused_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('reload = "t"\n')
    app = app_on(tmp_path / "none", tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        shown = await until_shown(
            pilot, "keys.toml was not used: t would mean both reload and theme"
        )
        assert "r reload" in shown
        await pilot.press("t")
        await until(pilot, lambda: app.theme != "dark")


async def test_a_broken_theme_costs_a_message_not_the_app(tmp_path: Path) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text("dark = true\ncolour = 1\n")
    app = app_on(tmp_path / "none", tmp_path, theme="mine")
    async with app.run_test(size=(120, 30)) as pilot:
        shown = await until_shown(pilot, "theme mine.toml was not used: unknown key colour")
        assert (
            "there is no theme mine; GEMEL_THEME may be ansi, dark, high-contrast, light" in shown
        )


async def test_t_goes_round_the_themes_and_says_how_to_keep_one(tmp_path: Path) -> None:
    app = app_on(tmp_path / "none")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "gemel demo")
        before = app.screen.styles.background
        await pilot.press("t", "t")
        await until_shown(pilot, "theme light; GEMEL_THEME=light keeps it")
        await until(pilot, lambda: app.screen.styles.background != before)


async def test_sixteen_colours_get_the_theme_made_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", "screen")
    assert app_on(tmp_path, theme="").theme == "ansi"
    assert app_on(tmp_path, theme="light").theme == "light"


async def test_the_palette_offers_what_the_keys_do(tmp_path: Path) -> None:
    app = app_on(tmp_path / "none")
    async with app.run_test(size=(80, 30)) as pilot:
        await until_shown(pilot, "gemel demo")
        await pilot.press("colon")
        shown = await until_shown(pilot, "suspend to the shell")
        assert ["run", "demo", "d"] in [line.split() for line in shown.splitlines()]
        await pilot.press(*"reload")
        await until(pilot, lambda: "suspend" not in grid(app))
        await pilot.press("enter")
        await until_shown(pilot, "read again")
