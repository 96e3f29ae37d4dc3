"""The app as people see it: a grid of characters, and its comparison with a stored one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.strip import Strip

from core.workspace import Workspace
from tui.app import GemelApp
from tui.widgets.cells import UNICODE, Glyphs

_SNAPSHOTS = Path(__file__).parent / "snapshots"
_UPDATE = "GEMEL_UPDATE_SNAPSHOTS"
_FILL = re.compile(r"-r\d+ \{ fill: (#[0-9a-f]{6})")
_N_POLLS = 1000


def app_on(
    directory: Path,
    config: Path | None = None,
    theme: str = "dark",
    glyphs: Glyphs = UNICODE,
    *,
    read_only: bool = False,
) -> GemelApp:
    environ = {"GEMEL_THEME": theme}
    return GemelApp(
        Workspace(directory, read_only),
        config or directory / "no-config",
        environ=environ,
        glyphs=glyphs,
        survives=False,
    )


def grid(app: GemelApp) -> str:
    """The screen's text, line by line."""
    visible_screen_stack.set(app._background_screens)
    strips = app.screen._compositor.render_strips()
    return "".join(f"{_line(strip)}\n" for strip in strips)


def _line(strip: Strip) -> str:
    """Each character at its cell; a wide one leaves the next cell to its segment's end."""
    row, start = [" "] * strip.cell_length, 0
    for segment in strip:
        row[start : start + len(segment.text)] = segment.text
        start += segment.cell_length
    return "".join(row).replace("\xa0", " ").rstrip()


def colours(app: GemelApp) -> str:
    """Every colour of text on the screen, in order."""
    return " ".join(sorted(set(_FILL.findall(app.export_screenshot()))))


async def until(pilot: Pilot[None], is_true: Callable[[], bool]) -> None:
    """Wait for a claim about the app, for a bounded time."""
    for _ in range(_N_POLLS):
        if is_true():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"did not come true; the screen:\n{grid(_app(pilot))}")


async def until_shown(pilot: Pilot[None], *texts: str) -> str:
    """Wait for all the texts; returns the grid that has them."""
    await until(pilot, lambda: all(text in grid(_app(pilot)) for text in texts))
    return grid(_app(pilot))


def check_snapshot(name: str, found: str) -> None:
    """Compare with the stored file; with GEMEL_UPDATE_SNAPSHOTS=1 store it, never on CI."""
    file = _SNAPSHOTS / f"{name}.txt"
    if os.environ.get(_UPDATE) == "1":
        assert not os.environ.get("CI"), "snapshots are not updated on CI"
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, "utf-8")
    assert file.exists(), f"{file.name} is missing: {_UPDATE}=1 stores it"
    assert found == file.read_text("utf-8"), f"{file.name} differs; the screen:\n{found}"


def _app(pilot: Pilot[None]) -> GemelApp:
    assert isinstance(pilot.app, GemelApp)
    return pilot.app
