"""What the app takes on a terminal: to its first paint, when nothing happens, and for a key."""

from __future__ import annotations

import asyncio
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.service.connect import stop_engine
from core.workspace import Workspace
from tests.bench.figures import Figures, p95, slowness
from tests.bench.processes import cpu_s, rss_mb
from tests.bench.screen import Screen

pytestmark = pytest.mark.bench

_N_KEYS, _SPAN_S = 100, 10.0
_FIRST_PAINT_S, _IDLE_CPU = 0.6, 0.5
_KEY_P50_MS, _KEY_P95_MS = 25.0, 60.0
_ECHO = """
import os, tty
tty.setraw(0)
os.write(1, b"ready")
while byte := os.read(0, 1):
    os.write(1, byte)
"""


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Screen]:
    """A program that only writes what is typed: what the machine takes at least."""
    screen = Screen(["-c", _ECHO], tmp_path)
    screen.until_written("ready")
    yield screen
    screen.close()


@pytest.fixture
def screen(workspace_with_pairs: Path, tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(["-m", "tui.cli", "--workspace", str(workspace_with_pairs)], tmp_path)
    try:
        yield screen
    finally:
        screen.close()
        asyncio.run(stop_engine(Workspace(workspace_with_pairs)))


def test_the_app_is_quick_to_paint_quiet_when_idle_and_quick_to_answer(
    screen: Screen, echo: Screen, figures: Figures
) -> None:
    screen.until_written("gemel")
    slow = slowness()
    figures.add("how slow the machine is now", slow, "x")
    figures.add("first paint, CPU", cpu_s(screen.pid), "s", _FIRST_PAINT_S * slow)
    screen.until(lambda: bool(re.search(rb"engine \d", screen.text)), "is connected")
    screen.drain(3.0)
    before = cpu_s(screen.pid)
    figures.add("idle: written to the terminal", screen.n_bytes(_SPAN_S), "bytes", 0)
    share = (cpu_s(screen.pid) - before) / _SPAN_S * 100
    figures.add("idle: share of a CPU", share, "%", _IDLE_CPU * slow)
    screen.press(b"4")
    screen.drain(1.0)
    times, bare = (
        [each.first_byte_s(b"jk"[n % 2 : n % 2 + 1]) * 1000 for n in range(_N_KEYS)]
        for each in (screen, echo)
    )
    # On a busy machine the key of a program that does nothing is late as well.
    busy = max(1.0, p95(bare) / 5.0)
    figures.add("a key of a program that only echoes, p95", p95(bare), "ms")
    figures.add("key to first byte, p50", statistics.median(times), "ms", _KEY_P50_MS * busy)
    figures.add("key to first byte, p95", p95(times), "ms", _KEY_P95_MS * busy)
    figures.add("memory of the app", rss_mb(screen.pid), "MB", 150)
    figures.check()
