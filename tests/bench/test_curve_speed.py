"""Curves of long jobs: the CPU time to draw all of them, and to move the cursor over them."""

from __future__ import annotations

import math
import statistics
import sys
import time

import pytest

from tests.tui.test_curve import CurvesApp
from tui.widgets.panels import MOST_LINES, Panel, Series

N_STEPS, N_PANELS = 5_000, 5
DRAW_MS, CURSOR_MS = 250, 15


def _panels(seed: int) -> list[Panel]:
    lines = [
        tuple((n, math.sin(n * (k + seed) / 700) / (1 + n / 900)) for n in range(1, N_STEPS + 1))
        for k in range(1, MOST_LINES + 1)
    ]
    series = tuple(Series(f"job {n}", points) for n, points in enumerate(lines))
    return [Panel(f"metric {n}", series) for n in range(N_PANELS)]


def _cpu_ms(began: float) -> float:
    return (time.process_time() - began) * 1000


@pytest.mark.bench
async def test_curves_of_six_long_jobs_are_drawn_and_read_within_their_budget(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = CurvesApp()
    async with app.run_test(size=(200, 60)):
        drawn, moved = [], []
        for n in range(5):
            app.curves.show(_panels(n), N_STEPS)
            began = time.process_time()
            app.curves.render()
            drawn.append(_cpu_ms(began))
            for _ in range(20):
                app.curves.action_read(-1)
                began = time.process_time()
                app.curves.render()
                moved.append(_cpu_ms(began))
    draw, move = statistics.median(drawn), statistics.median(moved)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{N_PANELS} panels x {MOST_LINES} lines x {N_STEPS:,} steps: draw {draw:.0f} ms, "
            f"cursor {move:.1f} ms of CPU\n"
        )
    assert draw <= DRAW_MS
    assert move <= CURSOR_MS
