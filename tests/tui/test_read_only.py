"""The app over a workspace that may only be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store.database import Store
from tests.tui.grid import app_on, until_shown
from tests.tui.hosting import hosted
from tests.tui.pair_rows import store_pairs

_MARKS = {"3": "usable pairs", "4": "amount -= price", "5": "no job yet", "6": "valuation"}


async def test_the_status_line_says_read_only_and_every_screen_shows(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path, read_only=True)
    async with hosted(tmp_path, read_only=True), app.run_test(size=(80, 24)) as pilot:
        for key, mark in _MARKS.items():
            await pilot.press(key)
            await until_shown(pilot, "read-only, engine", mark)


@pytest.mark.parametrize("is_engine_read_only", [True, False])
async def test_a_decision_is_refused_in_one_sentence_and_not_stored(
    tmp_path: Path, is_engine_read_only: bool
) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path, read_only=True)
    hosting = hosted(tmp_path, read_only=is_engine_read_only)
    async with hosting, app.run_test(size=(120, 40)) as pilot:
        await pilot.press("4")
        await until_shown(pilot, "amount -= price", "6 undecided")
        await pilot.press("a")
        await until_shown(pilot, "open read-only, since", "nothing was changed", "6 undecided")
    store = Store.open(tmp_path)
    assert await store.fetch("SELECT count(*) FROM decisions") == [(0,)]
    store.close()
