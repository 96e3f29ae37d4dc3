"""An error that nobody expected costs a message or a screen, and its details are kept."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from core.workspace import Workspace
from tests.tui.grid import grid
from tests.tui.hosting import hosted
from tui.app import GemelApp
from tui.keymap import Group
from tui.modes import MODES
from tui.screens.mode import ModeScreen
from tui.widgets.cells import UNICODE
from tui.widgets.frame import frame


class Fault(Exception):
    """What nobody expects."""


class Fragile(Widget, can_focus=True):
    """Fails in the ways that widgets fail."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "fail('an action')"),
        Binding("b", "work"),
        Binding("c", "tell"),
        Binding("d", "draw"),
        Binding("e", "later"),
    ]

    class Told(Message):
        """Somebody must take this."""

    def __init__(self, *, is_broken: bool = False) -> None:
        super().__init__()
        self.is_broken = is_broken

    def render(self) -> Content:
        if self.is_broken:
            self.action_fail("drawing [/b]")
        return Content("it stands")

    def action_fail(self, what: str) -> None:
        raise Fault(what)

    def action_work(self) -> None:
        async def work() -> None:
            self.action_fail("a worker")

        self.run_worker(work())

    def action_tell(self) -> None:
        self.post_message(self.Told())

    def on_fragile_told(self) -> None:
        self.action_fail("a message")

    def action_draw(self) -> None:
        self.is_broken = True
        self.refresh()

    def action_later(self) -> None:
        self.call_later(self.action_fail, "a callback")


class FragileMode(ModeScreen):
    group = Group.PLAN

    def compose_body(self) -> ComposeResult:
        yield Fragile()


class HopelessMode(ModeScreen):
    group = Group.SUITES

    def compose_body(self) -> ComposeResult:
        yield Fragile(is_broken=True)


class FragilePage(Screen[None]):
    def compose(self) -> ComposeResult:
        yield from frame("page", UNICODE)
        yield Fragile()


class FragileApp(GemelApp):
    CSS_PATH = str(Path(inspect.getfile(GemelApp)).with_name("app.tcss"))
    makers: ClassVar[Mapping[Group, Callable[[], ModeScreen]]] = {
        **MODES, Group.PLAN: FragileMode, Group.SUITES: HopelessMode,
    }  # fmt: skip


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FragileApp:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return FragileApp(Workspace(tmp_path), tmp_path / "no-config", environ={}, glyphs=UNICODE)


def _said(app: FragileApp, text: str) -> str:
    return next((m.text for m in app.messages.all if text in m.text and m.is_warning), "")


def _details(tmp_path: Path) -> str:
    return "".join(file.read_text() for file in (tmp_path / "state" / "gemel").glob("error-*.txt"))


async def until(is_true: Callable[[], bool]) -> None:
    """Wait without the pilot, which would wait for what is broken, too."""
    for _ in range(1000):
        if is_true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("did not come true")


async def until_shown(app: FragileApp, *texts: str) -> None:
    def is_shown() -> bool:
        try:
            found = grid(app)
        except Fault:  # what cannot be drawn cannot be read either
            return False
        return all(text in found for text in texts)

    await until(is_shown)


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("a", "an action"),
        ("b", "a worker"),
        ("c", "a message"),
        ("d", "drawing [/b]"),
        ("e", "a callback"),
    ],
)
async def test_the_app_goes_on_and_says_what_failed_what_was_kept_and_where_details_are(
    app: FragileApp, tmp_path: Path, key: str, what: str
) -> None:
    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        app.simulate_key(key)
        await until(lambda: bool(_said(app, f"Fault: {what}")))
        said = _said(app, f"Fault: {what}")
        assert said.startswith("the screen plan failed unexpectedly")
        assert "Nothing stored was touched" in said
        file = re.search(r"error-[\d-]+\.txt", said)
        assert file is not None
        found = tmp_path / "state" / "gemel" / file.group()
        assert f"Fault: {what}" in found.read_text()
        assert found.stat().st_mode & 0o777 == 0o600
        await until_shown(app, "it stands")
        app.simulate_key("l")
        await until_shown(app, "▸messages")
        assert app.is_running


async def test_a_screen_that_fails_at_once_gives_its_place_to_a_page_and_others_work(
    app: FragileApp,
    tmp_path: Path,
) -> None:
    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        app.simulate_key("2")
        await until_shown(app, "▸2 Suites", "Fault: drawing [/b]", "r tries it again")
        n_said = len(app.messages.all)
        app.simulate_key("r")
        await until(lambda: len(app.messages.all) > n_said)
        await until_shown(app, "▸2 Suites", "r tries it again")
        app.simulate_key("1")
        await until_shown(app, "▸1 Plan", "it stands")
        assert app.is_running


async def test_a_page_that_breaks_is_closed_and_what_is_below_stands(
    app: FragileApp, tmp_path: Path
) -> None:
    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        await app.push_screen(FragilePage())
        await until_shown(app, "▸page", "it stands")
        app.simulate_key("c")
        await until_shown(app, "▸1 Plan", "the screen fragilepage failed", "it stands")


async def test_what_was_asked_of_the_engine_never_fails_in_silence(
    app: FragileApp, tmp_path: Path
) -> None:
    async def work() -> None:
        raise Fault("asked [/b]")

    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        app.link.begin(work())
        await until(lambda: bool(_said(app, "Fault: asked [/b]")))


async def test_when_the_app_itself_breaks_one_line_names_the_file(
    app: FragileApp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise Fault("the root")

    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        app.call_later(fail)
        await until(lambda: not app.is_running)
    assert app.return_code == 1
    assert "Fault: the root" in _details(tmp_path)
    app._print_error_renderables()
    said = capsys.readouterr().err
    assert "gemel: the app failed unexpectedly (Fault: the root)" in said
    assert re.search(r"^The details are in \S+error-[\d-]+\.txt$", said, re.MULTILINE)
    assert "Traceback" not in said


async def test_a_storm_of_failures_ends_the_app(app: FragileApp, tmp_path: Path) -> None:
    async with hosted(tmp_path), app.run_test(size=(120, 30)):
        await until_shown(app, "it stands")
        for _ in range(9):
            app.simulate_key("a")
        await until(lambda: not app.is_running)
    assert app.return_code == 1
