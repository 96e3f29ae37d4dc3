"""The first screen over real stores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.widget import Widget

from core.store.lock import StoreLock
from tests.tui.grid import app_on, check_snapshot, colours, until, until_shown
from tests.tui.rows import (
    PIPELINE,
    check_rows,
    job_rows,
    store_rows,
    suite_rows,
)
from tui.widgets.cells import ASCII

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m[/foo][@click=app.quit]x[/]\u202e\x00"


async def test_an_absent_workspace_is_explained_and_not_made(tmp_path: Path) -> None:
    place = tmp_path / "not-there"
    app = app_on(place)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await until_shown(pilot, "gemel demo", "d run demo")
        assert "Nothing is stored yet" in shown
        assert "not-there" in shown.splitlines()[0]
    assert not place.exists()


@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_filled_workspace_looks_as_agreed(tmp_path: Path, size: str, theme: str) -> None:
    await store_rows(tmp_path / "repair", *PIPELINE)
    app = app_on(tmp_path / "repair", theme=theme)
    async with app.run_test(size=SIZES[size]) as pilot:
        shown = await until_shown(pilot, "y copies it", "q leave")
        check_snapshot(f"filled-{size}-{theme}", f"{shown}colours {colours(app)}\n")


async def test_an_absent_workspace_looks_as_agreed_in_ascii(tmp_path: Path) -> None:
    app = app_on(tmp_path / "repair", glyphs=ASCII)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await until_shown(pilot, "d runs it", "d run demo", "q leave")
        assert shown.isascii()
        check_snapshot("absent-80x24-ascii", shown)


async def test_reload_shows_what_another_process_stored(tmp_path: Path) -> None:
    await store_rows(tmp_path, suite_rows())
    app = app_on(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "gemel suite check kata")
        await store_rows(tmp_path, check_rows())
        await pilot.press("r")
        shown = await until_shown(pilot, "gemel split make kata")
        assert "2 admitted, 1 quarantined" in shown


async def test_a_locked_store_names_its_owner_and_keeps_what_is_known(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "keep")
        lock = StoreLock(tmp_path / "store.lock")
        try:
            await pilot.press("r")
            shown = await until_shown(pilot, f"in use by process {os.getpid()}; r tries again")
        finally:
            lock.release()
        assert "+30.0 points" in shown
        await pilot.press("r")
        await until_shown(pilot, "read again")


async def test_a_damaged_store_shows_its_message_and_the_app_goes_on(tmp_path: Path) -> None:
    (tmp_path / "store.duckdb").write_bytes(b"no database" * 1000)
    app = app_on(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        shown = await until_shown(pilot, "cannot be opened")
        assert "unknown" in shown
        await pilot.press("n")
        await until_shown(pilot, "not known before the store is read")


async def test_copy_writes_the_whole_command_to_the_file_it_names(tmp_path: Path) -> None:
    await store_rows(tmp_path, *PIPELINE[:2])
    app = app_on(tmp_path)
    async with app.run_test(size=(160, 24)) as pilot:
        await until_shown(pilot, "gemel split make kata")
        await pilot.press("y")
        await until_shown(pilot, "copied.txt")
    command = f"gemel split make kata --workspace {tmp_path}"
    assert (tmp_path / "copied.txt").read_text() == command + "\n"
    assert app.clipboard == command


async def test_stored_text_reaches_the_terminal_without_control_bytes(tmp_path: Path) -> None:
    place = tmp_path / "\x1b[31mred\x9b"
    failed = job_rows("failed", HOSTILE)
    await store_rows(place, suite_rows(HOSTILE), *PIPELINE[:5], failed)
    app = app_on(place)
    async with app.run_test(size=(300, 24)) as pilot:
        shown = await until_shown(pilot, "[/foo]")
        assert "red" in shown.splitlines()[0]
        texts = [
            widget.render_line(y).text
            for widget in app.screen.walk_children(Widget)
            for y in range(widget.size.height)
        ]
    hostile = [c for text in texts for c in text if ord(c) < 32 or 127 <= ord(c) < 160]
    assert not hostile
    assert "\u202e" not in "".join(texts)


async def test_keys_that_need_a_terminal_say_what_to_do_without_one(tmp_path: Path) -> None:
    app = app_on(tmp_path / "none")
    async with app.run_test(size=(160, 24)) as pilot:
        await until_shown(pilot, "gemel demo")
        await pilot.press("d")
        await until_shown(pilot, "in a shell: gemel demo --workspace")
        await pilot.press("ctrl+c")
        await until_shown(pilot, "q esc leaves gemel")
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0
