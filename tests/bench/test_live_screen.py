"""What the app writes and burns while a run goes on: on its screen, and on another one."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.service.connect import stop_engine
from core.workspace import Workspace
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.bench

_SPAN_S = 10.0
_MAX_SHOWN_BYTES, _MAX_HIDDEN_BYTES = 15_000, 1_000
_MAX_CPU = 0.05


@pytest.fixture
def terminal(tmp_path: Path, workspace: Path) -> Iterator[Terminal]:
    home = tmp_path / "home"
    home.mkdir()
    terminal = Terminal(home, 120, 40)
    try:
        terminal.run("--workspace", str(workspace))
        yield terminal
    finally:
        terminal.close()
        asyncio.run(stop_engine(Workspace(workspace)))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measured(terminal: Terminal, file: Path) -> tuple[float, float]:
    """Bytes per second and share of a CPU."""
    began, cpu_s, n_bytes = time.monotonic(), _cpu_s(terminal.pid()), file.stat().st_size
    terminal.until(lambda: time.monotonic() - began > _SPAN_S, "the span is over")
    span_s = time.monotonic() - began
    return (file.stat().st_size - n_bytes) / span_s, (_cpu_s(terminal.pid()) - cpu_s) / span_s


def test_a_run_costs_little_on_its_screen_and_next_to_nothing_on_another(
    terminal: Terminal,
    workspace: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    terminal.until_shown("engine ", "leave")
    terminal.press("3")
    terminal.until_shown("no run yet")
    words = ["rollouts", "run", "--seeds", "40", "--workspace", str(workspace)]
    running = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", *words], stderr=subprocess.DEVNULL, env=os.environ
    )
    request.addfinalizer(running.wait)
    request.addfinalizer(running.kill)
    terminal.until_shown("running", "idle", " left")
    file = tmp_path / "written"
    file.touch()
    terminal.record(file)
    shown, shown_cpu = _measured(terminal, file)
    terminal.press("6")
    terminal.until_shown("no evaluation yet")
    hidden, hidden_cpu = _measured(terminal, file)
    figures = f"shown {shown:,.0f} B/s {shown_cpu:.1%}, hidden {hidden:,.0f} B/s {hidden_cpu:.1%}"
    record_testsuite_property("figures", figures)
    assert shown <= _MAX_SHOWN_BYTES, figures
    assert hidden <= _MAX_HIDDEN_BYTES, figures
    assert max(shown_cpu, hidden_cpu) <= _MAX_CPU, figures
