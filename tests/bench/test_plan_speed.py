"""How long it takes until the results of Plan follow a key, with four scenarios side by side."""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest

from tests.bench.figures import Figures, p95, slowness
from tests.tui.grid import app_on, grid, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import PIPELINE, store_rows
from tui.screens.whatif import WhatIfPanel
from tui.widgets.input_list import InputList

pytestmark = pytest.mark.bench

_N_KEYS, _MOST_MS = 60, 50.0


async def test_results_follow_a_typed_value_within_the_budget(
    tmp_path: Path, figures: Figures
) -> None:
    await store_rows(tmp_path, *PIPELINE)
    app = app_on(tmp_path)
    slow = slowness()
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "student-as-generator", "total")
        panel = app.screen.query_one(WhatIfPanel)
        # Engine and test share this process, so its collector has more to look through than
        # the app's own would; what is there by now is left out of it.
        gc.collect()
        gc.freeze()
        for n_beside in range(4):
            if n_beside:
                await pilot.press("b", "p")
            times = []
            for n in range(_N_KEYS):
                began = time.thread_time()
                # As a typed sign does it: the values, the results, and the lines of the screen.
                panel.on_input_list_typed(InputList.Typed("n_tasks", str(1_000 + n)))
                grid(app)
                times.append((time.thread_time() - began) * 1_000)
                await pilot.pause()
            name = f"typed value to results, {n_beside + 1} side by side, p95 CPU"
            figures.add(name, p95(times), "ms", _MOST_MS * slow)
    gc.unfreeze()
    figures.add("how slow the machine is now", slow, "x")
    figures.check()
