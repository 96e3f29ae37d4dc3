"""The pairs screen over a real engine: what is shown, decided, undone, filtered and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.store.database import Store
from core.store.decisions import load_decisions
from tests.tui.grid import app_on, check_snapshot, colours, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.pair_rows import another, store_pairs
from tui.app import GemelApp
from tui.screens.pairs import PairsScreen
from tui.widgets.cells import ASCII

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m[/foo][@click=app.quit]x[/]\u202e\x00"


def _steady(app: GemelApp) -> str:
    """The grid without its status, which tells of this machine."""
    lines = grid(app).split("\n")
    return "\n".join([*lines[:-3], "(status)", *lines[-2:]])


async def _open(pilot: Pilot[None], *texts: str) -> str:
    await pilot.press("4")
    return await until_shown(pilot, "q leave", *texts)


async def _stored_ids(directory: Path) -> list[str]:
    """Of the pairs, while the engine has the store."""
    async with another(directory) as engine:
        return [row.pair_id for row in (await engine.pairs_page()).rows]


async def _stored(directory: Path) -> dict[str, tuple[str, bool, str]]:
    store = Store.open(directory)
    try:
        found = await load_decisions(store, "build")
    finally:
        store.close()
    return {name: (d.choice.value, d.is_swapped, d.note) for name, d in found.items()}


@pytest.mark.parametrize("theme", ["dark", "high-contrast"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_pair_looks_as_agreed(tmp_path: Path, size: str, theme: str) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path, theme=theme)
    async with hosted(tmp_path), app.run_test(size=SIZES[size]) as pilot:
        details = ["▅"] if size == "120x40" else []
        await _open(pilot, "amount -= price", "6 undecided", "spent", *details)
        check_snapshot(f"pairs-{size}-{theme}", f"{_steady(app)}colours {colours(app)}\n")


async def test_the_screen_is_plain_ascii_where_the_terminal_is(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path, glyphs=ASCII)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        assert (await _open(pilot, "amount -= price", "expected 3", "spent")).isascii()


async def test_decisions_go_on_to_the_next_undecided_pair_and_can_be_taken_back(
    tmp_path: Path,
) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        await pilot.press("a", "d", "f", "s", "u", "u", "ctrl+r")
        shown = await until_shown(pilot, "1 kept, 1 dropped, 1 flagged, 3 undecided", "redo: ")
        assert "▸ ! flag      kata/total_3" in shown
        await until_shown(pilot, " ! flag   kata/total_3")
        await pilot.press("a")
        await until_shown(pilot, "2 kept, 1 dropped, 0 flagged", "▸ · undecided kata/total_4")
    decided = sorted(choice for choice, _, _ in (await _stored(tmp_path)).values())
    assert decided == ["drop", "keep", "keep", "undecided"]


async def test_a_note_is_words_that_can_be_changed_later(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    for old, new in (("", "two words"), ("two words", "two words [/b] more")):
        app = app_on(tmp_path)
        async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
            await _open(pilot, "amount -= price")
            await pilot.press("m")
            await until_shown(pilot, "Note on kata/total_1")
            assert app.screen.query_one(Input).value == old
            app.screen.query_one(Input).value = new
            await pilot.press("enter")
            await until_shown(pilot, f"note: {new}")


async def test_a_decision_of_yesterday_is_undone_today(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    for keys, claim in (("a", "1 kept"), ("u", "0 kept")):
        app = app_on(tmp_path)
        async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
            await _open(pilot, "amount -= price")
            await pilot.press(keys)
            await until_shown(pilot, claim)


async def test_a_swap_exchanges_the_programs_and_a_note_stays_with_the_pair(
    tmp_path: Path,
) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "+         amount += price")
        await pilot.press("s")
        await until_shown(pilot, "+         amount -= price", "undecided, swapped", "chosen ✗")
        await pilot.press("m")
        await until_shown(pilot, "Note on kata/total_1")
        app.screen.query_one(Input).value = "wrong"
        await pilot.press("enter")
        await until_shown(pilot, "note: wrong")
    assert list((await _stored(tmp_path)).values()) == [("undecided", True, "wrong")]


async def test_a_filter_narrows_the_queue_and_says_what_it_does_not_understand(
    tmp_path: Path,
) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "kata/total_1")
        await pilot.press("slash")
        await until_shown(pilot, "Show only")
        app.screen.query_one(Input).value = "colour:red"
        await pilot.press("enter")
        await until_shown(pilot, "colour:red is no filter")
        app.screen.query_one(Input).value = "total_4"
        await pilot.press("enter")
        shown = await until_shown(pilot, "1 of 6 pairs (total_4)", "kata/total_4", "c shows all")
        assert "kata/total_1" not in shown
        await pilot.press("o", "o")
        await until_shown(pilot, "0 of 6 pairs (total_4, only keep)", "No pair fits")
        await pilot.press("c")
        shown = await until_shown(pilot, " 0 of 6 decided", "kata/total_1")
        assert "only keep" not in shown


async def test_details_maximise_and_layout_keys_change_what_is_seen(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        await pilot.press("i")
        assert "amount" not in await until_shown(pilot, "expected 3", "rollout-1-bad, iteration 1")
        await pilot.press("q", "v")
        await until_shown(pilot, "│")
        await pilot.press("z")
        await until(pilot, lambda: "kata/total_2" not in grid(app))
        assert "amount = 0" in grid(app)


async def test_export_asks_for_a_path_and_writes_what_was_decided(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        await pilot.press("d", "x")
        await until_shown(pilot, "Write 5 pairs of 5 tasks", "5 undecided", "1 dropped stay out")
        screen = app.screen
        screen.query_one("#path", Input).value = str(tmp_path / "out.jsonl")
        screen.query_one("#format", Input).value = "trl"
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "out.jsonl").exists())
        await pilot.press("x")
        await until_shown(pilot, "Write 5 pairs")
        app.screen.query_one("#path", Input).value = str(tmp_path / "out.jsonl")
        await pilot.press("enter")
        await until_shown(pilot, "out.jsonl exists; overwrite: yes replaces it")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(lines) == 5
    assert all(set(line) == {"prompt", "chosen", "rejected"} for line in lines)


async def test_copy_offers_the_parts_of_a_pair_and_says_what_and_where(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        await pilot.press("y")
        await until_shown(pilot, "Copy of this pair", "gemel pairs show")
        await pilot.press("enter")
        await until_shown(pilot, "patch: sent to the clipboard", "copied.txt")
        assert "\n+        amount += price\n" in app.clipboard
        assert "\n-        amount -= price\n" in app.clipboard
        await pilot.press("y")
        await until_shown(pilot, "Copy of this pair")
        await pilot.press("j", "j", "j", "enter")
        await until_shown(pilot, "pair id: sent to the clipboard")
        assert app.clipboard in await _stored_ids(tmp_path)


async def test_without_pairs_the_screen_names_the_key_that_builds_them(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "No pairs yet: b builds them")
        await pilot.press("b")
        await until_shown(pilot, "Build pairs from a run", "cap", "forks", "graded")
        await pilot.press("enter")
        await until_shown(pilot, "build pairs: ")


async def test_hostile_programs_and_logs_are_shown_and_do_nothing(tmp_path: Path) -> None:
    await store_pairs(tmp_path, 1, f"        amount = 1  # {HOSTILE}", HOSTILE)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        await _open(pilot, "amount = 1", "rollout-1-bad")
        screen = app.screen
        assert isinstance(screen, PairsScreen)
        strips = [screen.pane.diff.render_line(y).text for y in range(screen.pane.diff.size.height)]
        assert any("[/foo][@click" in text for text in strips)
        assert all(text.isprintable() for text in strips)
        shown = grid(app)
        assert shown.count("[/foo][@click=app.quit]x[/]") >= 1
        assert not any(sign in shown for sign in "\x1b\x07\x9b\u202e\x00")
