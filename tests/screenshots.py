"""Pictures of the six screens for the README.

`python -m tests.screenshots WORKSPACE` writes an SVG of each into docs/screens. The workspace
is one that `gemel demo --workspace WORKSPACE` has finished; a copy of it is opened.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.grid import app_on, grid
from tests.tui.hosting import hosted
from tui.app import GemelApp
from tui.widgets.frame import NAMES

SIZE = (120, 36)
KEYS: dict[str, tuple[str, ...]] = {"suites": ("tab",)}
"""Pressed before the picture, where the first sight is not the best one."""

_FONTS = "DejaVu Sans Mono, Menlo, Consolas"
_FETCHED = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_TARGET = Path(__file__).parent.parent / "docs" / "screens"
_N_EQUAL = 8
_PAUSE_S = 0.1


async def take(workspace: Path, theme: str = "dark") -> dict[str, str]:
    """The pictures of a workspace that nobody else has open, by name."""
    pictures: dict[str, str] = {}
    app = app_on(workspace, theme=theme)
    async with hosted(workspace), app.run_test(size=SIZE) as pilot:
        while app.link.engine is None:
            await pilot.pause(_PAUSE_S)
        for number, name in enumerate(NAMES, 1):
            await pilot.press(str(number), *KEYS.get(name, ()))
            await _rest(pilot, app)
            pictures[f"{number}-{name}"] = _plain(app.export_screenshot(title=f"gemel: {name}"))
    return pictures


async def _rest(pilot: Pilot[None], app: GemelApp) -> None:
    """Wait until the screen has not changed for some time."""
    n_equal, before = 0, ""
    while n_equal < _N_EQUAL:
        await pilot.pause(_PAUSE_S)
        now = grid(app)
        n_equal, before = (n_equal + 1 if now == before else 0), now


def _plain(svg: str) -> str:
    """The picture with fonts that are at hand, so that nobody who looks at it fetches one."""
    return _FETCHED.sub("", svg).replace("Fira Code", _FONTS)


def main() -> int:
    """Take the pictures; returns the exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m tests.screenshots WORKSPACE\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="gemel-") as directory:
        os.environ["HOME"] = directory  # so that the picture has no place of this machine
        copy = Path(directory) / "repair"
        shutil.copytree(sys.argv[1], copy)
        pictures = asyncio.run(take(copy))
    _TARGET.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        file = _TARGET / f"{name}.svg"
        file.write_text(picture, "utf-8")
        sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
