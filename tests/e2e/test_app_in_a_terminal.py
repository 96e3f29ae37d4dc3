"""The real app in tmux: it draws, obeys, leaves the engine alone, and gives the terminal back."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.tui.rows import PIPELINE, store_rows

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is missing")

MODES = ("Plan", "Suites", "Rollouts", "Pairs", "Training", "Evaluation")
OpenTerminal = Callable[[], Terminal]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """A workspace whose engine, if the app started one, ends with the test."""
    place = tmp_path / "work"
    yield place
    stop = [sys.executable, "-m", "tui.cli", "engine", "stop", "--workspace", str(place)]
    subprocess.run(stop, check=True, capture_output=True, timeout=30)


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[OpenTerminal]:
    numbers = itertools.count(1)
    with ExitStack() as opened:

        def open_one() -> Terminal:
            home = tmp_path / f"home-{next(numbers)}"
            home.mkdir()
            terminal = Terminal(home)
            opened.callback(terminal.close)
            return terminal

        yield open_one


@pytest.fixture
def terminal(open_terminal: OpenTerminal) -> Terminal:
    return open_terminal()


def _start(terminal: Terminal, work: Path, *texts: str) -> int:
    """Start the app and wait for its engine, whose process it names."""
    terminal.run("--workspace", str(work))
    return _engine(terminal.until_shown("engine ", "spent $", "? keys", *texts))


def _engine(shown: str) -> int:
    found = re.search(r"^ engine (\d+) ", shown, re.MULTILINE)
    return int(found[1]) if found else 0


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a dead one that nobody waited for is no process either
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def _assert_restored(terminal: Terminal, code: int) -> None:
    shown = terminal.until_shown(f"code={code}\n")
    assert "evaluation" not in shown
    assert terminal.state("alternate_on") == "0"
    assert terminal.state("mouse_any_flag") == "0"
    assert terminal.state("cursor_flag") == "1"
    terminal.type("echo typed-$((40 + 2))")
    terminal.press("Enter")
    terminal.until_shown("echo typed", "typed-42")


async def test_every_screen_shows_at_every_size_and_q_gives_the_terminal_back(
    terminal: Terminal, work: Path
) -> None:
    await store_rows(work, *PIPELINE)
    engine = _start(terminal, work, "+30.0 points")
    for number, name in enumerate(MODES, 1):
        terminal.press(str(number))
        terminal.until_shown(f"▸{number} {name}", f"engine {engine}")
    terminal.press("1")
    terminal.until_shown("▸1 Plan")
    terminal.resize(120, 40)
    terminal.until_shown("gemel rollouts list")
    terminal.resize(60, 15)
    terminal.until(lambda: "gemel rollouts list" not in terminal.screen(), "narrow again")
    terminal.until_shown("evaluation", "? keys")
    terminal.resize(80, 24)
    with terminal.attached():
        terminal.press("?")
        terminal.until_shown("run-next")
    assert terminal.state("session_attached") == "0"
    with terminal.attached():
        terminal.press("q")
        terminal.until_shown("+30.0 points")
    terminal.press("q")
    _assert_restored(terminal, 0)
    assert _is_alive(engine)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_gives_the_terminal_back(
    terminal: Terminal, work: Path, number: signal.Signals
) -> None:
    engine = _start(terminal, work, "d run demo")
    os.kill(terminal.pid(), number)
    _assert_restored(terminal, 128 + number)
    assert _is_alive(engine)


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_closed_terminal_ends_the_app_and_not_the_engine(
    terminal: Terminal, work: Path, is_resumed: bool
) -> None:
    terminal.type("set -m")
    terminal.press("Enter")
    engine = _start(terminal, work, "d run demo")
    if is_resumed:
        terminal.press("C-z")
        terminal.until(lambda: terminal.state("alternate_on") == "0", "the shell is back")
        terminal.type("fg")
        terminal.press("Enter")
        terminal.until_shown("gemel suite forge", "d run demo")
    app = terminal.pid()
    terminal.close()
    terminal.until(lambda: not _is_alive(app), "the app is gone", patience_s=3.0)
    assert _is_alive(engine)


def test_a_killed_app_leaves_its_work_to_the_engine_and_another_app_sees_it(
    open_terminal: OpenTerminal, work: Path
) -> None:
    one, other = open_terminal(), open_terminal()
    engine = _start(one, work, "d run demo")
    assert _start(other, work, "d run demo") == engine
    one.press("n")
    other.until_shown("forge ")
    os.kill(one.pid(), signal.SIGKILL)
    shown = other.until_shown("gemel suite check kata")
    assert _engine(shown) == engine


async def test_a_killed_engine_is_started_again_and_what_is_known_stays(
    terminal: Terminal, work: Path
) -> None:
    await store_rows(work, *PIPELINE)
    engine = _start(terminal, work, "+30.0 points")
    os.kill(engine, signal.SIGKILL)
    shown = terminal.until_shown(f"The engine (process {engine}) is gone")
    assert "+30.0 points" in shown
    terminal.until(lambda: _engine(terminal.screen()) not in (0, engine), "another engine")
    terminal.until_shown("+30.0 points")
