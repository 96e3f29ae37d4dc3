"""The walls between rooms hold at run time: what one import pulls in, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = ("textual", "rich", "cyclopts", "together", "tui")


def _loaded_by(module: str) -> set[str]:
    script = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_engine_needs_no_screen_and_no_service() -> None:
    assert _loaded_by("core.engine").isdisjoint(_HEAVY)


def test_the_commands_load_no_textual_and_no_service() -> None:
    assert _loaded_by("tui.commands.tree").isdisjoint(("textual", "together"))


@pytest.mark.parametrize("room", ["core.edits.enumerate", "core.sandbox.pool", "core.splits.split"])
def test_a_room_that_stores_nothing_loads_no_database(room: str) -> None:
    assert "duckdb" not in _loaded_by(room)
