"""A difference of 2,000 lines: CPU time until it stands, and of a key."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

import pytest

from tests.tui.test_diff_view import DiffApp
from tui.widgets.diff_lines import Side, compare
from tui.widgets.diff_syntax import tokens_of
from tui.widgets.diff_view import DiffView

N_LINES = 2_000
OPEN_MS, SCROLL_P95_MS = 400, 40


def _programs() -> tuple[str, str]:
    rng = random.Random(1)
    left = [f"    item_{rng.randrange(300)} = make({n % 97}, [0, 1, 2])" for n in range(N_LINES)]
    right = [line if rng.random() > 0.05 else line.replace("make", "made") for line in left]
    return "\n".join(left), "\n".join(right)


@pytest.mark.bench
@pytest.mark.parametrize(
    "move",
    [
        DiffView.action_move,
        DiffView.action_page,
        DiffView.action_difference,
        DiffView.action_hit,
    ],
)
async def test_a_long_difference_opens_and_scrolls_within_its_budget(
    move: Callable[[DiffView, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    app = DiffApp("a", "b")
    texts = _programs()
    async with app.run_test(size=(120, 40)) as pilot:
        began = time.process_time()
        diff = compare(*texts)
        syntax = {Side.LEFT: tokens_of(diff.left), Side.RIGHT: tokens_of(diff.right)}
        app.diff.show(diff, "one", "other", syntax)
        app.diff.search("97")
        await pilot.pause()
        open_ms = (time.process_time() - began) * 1000
        times = []
        for _ in range(40):
            began = time.process_time()
            move(app.diff, 1)
            for y in range(app.diff.size.height):
                app.diff.render_line(y)
            times.append((time.process_time() - began) * 1000)
            await pilot.pause()
    p95 = statistics.quantiles(times, n=20)[-1]
    with capsys.disabled():
        sys.stdout.write(f"\n{move.__name__}: open {open_ms:.0f} ms, p95 {p95:.1f} ms\n")
    assert open_ms <= OPEN_MS
    assert p95 <= SCROLL_P95_MS
