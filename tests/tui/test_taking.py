"""What is under the cursor leaves the app by a key, and a pane gets the whole screen."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import PIPELINE, store_rows
from tui.editor import open_in_editor
from tui.finding import find_offer, pane_of
from tui.offer import Offer
from tui.widgets.cells import UNICODE
from tui.widgets.frame import frame
from tui.widgets.virtual_list import Column, Page, Row, VirtualList


class Knowing(Static, can_focus=True):
    """A widget that knows better than what can be seen of it."""

    def offer(self) -> Offer:
        return Offer("job j1", "j1", "all of j1")


class Drawn(Widget, can_focus=True):
    def render(self) -> Content:
        return Content("a picture")


class Panes(App[None]):
    def compose(self) -> ComposeResult:
        yield from frame("plan", UNICODE)
        yield Knowing("seen", id="knowing")
        with VerticalScroll(id="page"):
            yield Static(Content("line [/b]\n" * 200 + "end"))
        yield Drawn(id="drawn")


async def test_who_knows_better_is_asked_and_else_what_is_shown_is_taken() -> None:
    app = Panes()
    async with app.run_test(size=(80, 24)):
        found = {}
        for name in ("knowing", "page", "drawn"):
            app.screen.set_focus(app.query_one(f"#{name}"))
            found[name] = find_offer(app.screen)
    assert found["knowing"] == Offer("job j1", "j1", "all of j1")
    assert found["page"] == Offer("what is shown", "line [/b]\n" * 200 + "end")
    assert found["drawn"] == Offer("what is shown", "a picture")


async def test_without_focus_the_whole_screen_is_taken_but_not_its_frame() -> None:
    app = Panes()
    async with app.run_test(size=(80, 24)):
        app.screen.set_focus(None)
        offer = find_offer(app.screen)
    assert offer is not None
    assert isinstance(offer.text, str)
    assert offer.text.startswith("seen\nline")
    assert offer.text.endswith("end\na picture")


async def test_a_pane_that_allows_it_is_maximised_around_the_focus() -> None:
    app = Panes()
    async with app.run_test(size=(80, 24)):
        app.screen.set_focus(app.query_one("#drawn"))
        assert pane_of(app.screen) is app.query_one("#drawn")
        app.screen.set_focus(app.query_one("#page"))
        assert pane_of(app.screen) is app.query_one("#page")


async def test_what_is_copied_is_also_in_the_file_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    place = tmp_path / "work"
    await store_rows(place, *PIPELINE)
    app = app_on(place)
    async with hosted(place), app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        rows = app.screen.query_one(VirtualList)
        await until(pilot, lambda: rows.row is not None)
        await pilot.press("y")
        await until_shown(pilot, "sent to the clipboard", "copied.txt")
    assert "job" in app.clipboard
    assert (tmp_path / "gemel" / "copied.txt").read_text() == f"{app.clipboard}\n"


async def test_z_shows_one_pane_alone_and_z_or_the_key_that_leaves_brings_back_all(
    tmp_path: Path,
) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        before = await until_shown(
            pilot, "gemel pairs export", "engine ", "total", "$5.00", "run next"
        )
        for back in ("z", "q", "escape"):
            await pilot.press("z")
            await until(pilot, lambda: "verdict" not in grid(app))
            alone = grid(app).splitlines()
            assert "1 Plan" in alone[0]
            assert "tasks" in grid(app)
            assert "engine " in alone[-2]
            await pilot.press(back)
            await until(pilot, lambda: grid(app) == before)
        assert app.is_running


def test_the_editor_gets_a_file_that_it_cannot_write_and_the_text_starts_nothing(
    tmp_path: Path,
) -> None:
    trap, copy = tmp_path / "trap", tmp_path / "copy"
    text = f"$(touch {trap}); `touch {trap}`\n# vim: set modeline:\n"
    script = (
        "import os, shutil, sys; shutil.copyfile(sys.argv[1], %r); "
        "sys.exit(os.stat(sys.argv[1]).st_mode & 0o777)"
    )
    editor = shlex.join([sys.executable, "-c", script % str(copy)])
    said = open_in_editor(text, {"EDITOR": "false", "VISUAL": editor})
    assert f"ended with code {0o400 & 0xFF}" in said
    assert copy.read_text() == text
    assert not trap.exists()


@pytest.mark.parametrize(
    ("editor", "said"), [("no-such-editor-here", "cannot be started"), ("'open", "cannot be used")]
)
def test_an_editor_that_cannot_be_used_is_said(editor: str, said: str) -> None:
    assert said in open_in_editor("text", {"EDITOR": editor})


async def test_all_cells_of_a_row_can_be_read_also_those_that_have_no_room() -> None:
    class OneList(App[None]):
        def compose(self) -> ComposeResult:
            columns = (Column("task", 0), Column("wide", 8, from_width=200))
            yield VirtualList(columns, UNICODE)

    async def fetch(offset: int, limit: int) -> Page:
        return Page([Row("r1", ("a task", ("✓ passed", "bold")))][offset : offset + limit], 1)

    app = OneList()
    async with app.run_test(size=(80, 24)):
        rows = app.query_one(VirtualList)
        assert rows.offer() is None
        await rows.show(fetch)
        assert rows.offer() == Offer("r1", "r1", "r1\ntask: a task\nwide: ✓ passed")
