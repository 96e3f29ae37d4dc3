"""The real app in tmux: it draws, obeys, and gives the terminal back on every way out."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.tui.rows import PIPELINE, store_rows

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is missing")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()


def _assert_restored(terminal: Terminal, code: int) -> None:
    shown = terminal.until_shown(f"code={code}\n")
    assert "evaluation" not in shown
    assert terminal.state("alternate_on") == "0"
    assert terminal.state("mouse_any_flag") == "0"
    assert terminal.state("cursor_flag") == "1"
    terminal.type("echo typed-$((40 + 2))")
    terminal.press("Enter")
    terminal.until_shown("echo typed", "typed-42")


async def test_the_stages_show_at_every_size_and_q_gives_the_terminal_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    await store_rows(tmp_path / "work", *PIPELINE)
    terminal.run("--workspace", str(tmp_path / "work"))
    terminal.until_shown("evaluation", "+30.0 points", "~/work", "? keys")
    terminal.resize(120, 40)
    terminal.until_shown("gemel rollouts list")
    terminal.resize(60, 15)
    terminal.until(lambda: "gemel rollouts list" not in terminal.screen(), "narrow again")
    terminal.until_shown("evaluation", "? keys")
    terminal.resize(80, 24)
    terminal.press("?")
    terminal.until_shown("suspend to the shell")
    terminal.press("q")
    terminal.until_shown("+30.0 points")
    terminal.press("q")
    _assert_restored(terminal, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_gives_the_terminal_back(
    terminal: Terminal, tmp_path: Path, number: signal.Signals
) -> None:
    terminal.run("--workspace", str(tmp_path / "none"))
    terminal.until_shown("gemel demo", "d run demo")
    os.kill(terminal.pid(), number)
    _assert_restored(terminal, 128 + number)
    assert not (tmp_path / "none").exists()


def test_ctrl_z_suspends_and_fg_comes_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("set -m")
    terminal.press("Enter")
    terminal.run("--workspace", str(tmp_path / "none"))
    terminal.until_shown("gemel demo", "d run demo")
    terminal.press("C-z")
    terminal.until(lambda: terminal.state("alternate_on") == "0", "the shell is back")
    terminal.type("fg")
    terminal.press("Enter")
    terminal.until_shown("gemel demo", "d run demo")
    terminal.press("q")
    terminal.until_shown("code=")


async def test_n_runs_the_next_command_outside_and_comes_back_with_its_result(
    terminal: Terminal, tmp_path: Path
) -> None:
    await store_rows(tmp_path / "work", *PIPELINE[:2])
    terminal.run("--workspace", str(tmp_path / "work"))
    terminal.until_shown("gemel split make kata", "n run next")
    terminal.press("n")
    shown = terminal.until_shown("enter goes back to gemel")
    assert "$ gemel split make kata --workspace" in shown
    # All tasks of these rows are of one family, which cannot stand on three sides.
    assert "gemel split make kata: refused by a guard (exit code 3)" in shown
    assert terminal.state("alternate_on") == "0"
    terminal.press("Enter")
    terminal.until_shown("stage", "gemel split make kata: refused by a guard (exit code 3)")
    assert terminal.state("alternate_on") == "1"


def test_a_signal_during_a_command_ends_both(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run("--workspace", str(tmp_path / "work"))
    terminal.until_shown("gemel demo", "d run demo")
    terminal.press("n")
    terminal.until((tmp_path / "work" / "store.duckdb").exists, "the command has begun")
    os.kill(terminal.pid(), signal.SIGTERM)
    terminal.until_shown("gemel suite forge: interrupted")
    _assert_restored(terminal, 143)


def test_ctrl_c_reaches_the_command_and_not_the_app_that_waits(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.run("--workspace", str(tmp_path / "work"))
    terminal.until_shown("gemel demo", "d run demo")
    terminal.press("n")
    terminal.until((tmp_path / "work" / "store.duckdb").exists, "the command has begun")
    terminal.press("C-c")
    terminal.until_shown("gemel suite forge: interrupted", "enter goes back")
    os.kill(terminal.pid(), signal.SIGTERM)
    _assert_restored(terminal, 143)
