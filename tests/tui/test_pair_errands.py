"""What the pairs screen does beside deciding: other builds, files, losses, search, and others."""

from __future__ import annotations

import json
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from core.pairs.decisions import Action
from core.pairs.formats import PairFormat
from core.store.pairs import BuildRow, DroppedRow, PairRow
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.pair_rows import another, store_pairs
from tests.tui.rows import at, store_rows
from tui.screens.pairs import PairsScreen

_LINE = {"prompt": "repair this", "chosen": "good one", "rejected": "bad one"}


async def _open(pilot: Pilot[None], *texts: str) -> str:
    await pilot.press("4")
    return await until_shown(pilot, "q leave", *texts)


async def _fill(pilot: Pilot[None], name: str, value: str) -> None:
    pilot.app.screen.query_one(f"#{name}", Input).value = value
    await pilot.press("enter")


async def _store_older_build(directory: Path) -> None:
    pair = ("kata/total_1", "kata/total_1", "graded", "s", "a", "b", "r1", 1, "r2", 1, 0.5)
    await store_rows(
        directory,
        {
            "states": [],
            "pairs": [PairRow("older", "older-pair", *pair)],
            "pair_builds": [BuildRow("older", "run-before", "{}", at(1))],
        },
    )


async def test_another_build_is_chosen_with_its_run_and_counts_and_stays(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    await _store_older_build(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "0 of 6 decided")
        await pilot.press("B")
        await until_shown(pilot, "build            from", "run-before", "older")
        await pilot.press("j", "enter")
        await until_shown(pilot, "build older", "0 of 1 decided", "graded")
        await pilot.press("r", "B")
        await until_shown(pilot, "run-before")
        await pilot.press("enter")
        shown = await until_shown(pilot, "0 of 6 decided")
        assert "build older" not in shown


async def test_a_file_is_checked_line_by_line_and_its_pairs_become_a_build(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    file = tmp_path / "given.jsonl"
    file.write_text(f"{json.dumps(_LINE)}\n{{[/b]\n")
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "0 of 6 decided")
        await pilot.press("I")
        await until_shown(pilot, "Check a preference file")
        await _fill(pilot, "path", str(file))
        await until_shown(pilot, "1 pairs in trl's form", "no JSON")
        await pilot.press("enter")
        await until_shown(pilot, "0 of 1 decided", "imported", "good one")
        file.write_text(json.dumps({**_LINE, "prompt": "another"}))
        await pilot.press("I")
        await until_shown(pilot, "Check a preference file")
        await _fill(pilot, "path", str(file))
        await until_shown(pilot, "on 1 prompts", "Import them?")
        await pilot.press("n")
        await until_shown(pilot, "import pairs: not done")


async def test_the_funnel_opens_examples_of_a_reason_and_a_decision_as_filter(
    tmp_path: Path,
) -> None:
    await store_pairs(tmp_path)
    lost = [DroppedRow("build", f"kata/total_{n}", "no_edit", "", f"r{n}") for n in range(3)]
    await store_rows(tmp_path, {"dropped_candidates": lost})
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "0 of 6 decided")
        await pilot.press("d")
        await until_shown(pilot, "1 of 6 decided")
        await pilot.press("F")
        await until_shown(pilot, "10 candidates", "-3 no edit", "-1 tie", "-1 dropped by a person")
        await pilot.press("j", "enter")
        await until_shown(pilot, "no pair: no_edit", "kata/total_0", "kata/total_2")
        await pilot.press("q")
        await until_shown(pilot, "-1 dropped by a person")
        await pilot.press("j", "j", "j", "enter")
        await until_shown(pilot, "1 of 6 pairs (only drop)", "1 dropped")


async def test_an_order_is_chosen_from_a_list(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "0 of 6 decided")
        await pilot.press("O")
        await until_shown(pilot, "Order of the pairs", "smallest margin", "longest")
        await pilot.press("j", "j", "enter")
        await until_shown(pilot, "(most-changed)", "▸ · undecided kata/total_6")


async def test_what_another_terminal_decides_is_seen_at_once(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot, another(tmp_path) as other:
        await _open(pilot, "0 of 6 decided", "+         amount += price")
        rows = (await other.pairs_page()).rows
        await other.decide(rows[1].pair_id, Action.KEEP)
        await until_shown(pilot, "✓ keep      kata/total_2", "1 of 6 decided")
        await other.decide(rows[0].pair_id, Action.SWAP)
        await until_shown(pilot, "undecided, swapped", "+         amount -= price")
        await other.undo(2)
        await until_shown(pilot, "· undecided kata/total_2", "0 of 6 decided")
        await until_shown(pilot, "+         amount += price")


async def test_slash_searches_in_the_difference_and_filters_in_the_queue(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        await pilot.press("slash")
        await until_shown(pilot, "Show only")
        await pilot.press("escape", "enter", "slash")
        await until_shown(pilot, "Search both programs")
        await _fill(pilot, "text", "amount")
        await until_shown(pilot, "4 found; n and N go through them", "found 1/4")
        await pilot.press("n", "n")
        await until_shown(pilot, "found 3/4")
        await pilot.press("N", "J")
        await until_shown(pilot, "found 1/4", "def total_2")


async def test_an_export_of_imported_pairs_says_that_leaks_cannot_be_known(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    file, out = tmp_path / "given.jsonl", tmp_path / "out.jsonl"
    file.write_text(json.dumps(_LINE))
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot, another(tmp_path) as other:
        report = await other.import_pairs(file)
        await _open(pilot, "0 of 1 decided")
        await pilot.press("x")
        await until_shown(pilot, "Write 1 pairs of 1 tasks")
        await _fill(pilot, "path", str(out))
        await until_shown(pilot, "whether they leak")
        written = await other.export_pairs(
            report.build_id, out, PairFormat.TOGETHER, overwrite=True
        )
    assert written.n_unknown == 1


async def test_the_lists_fit_a_small_terminal(tmp_path: Path) -> None:
    await store_pairs(tmp_path)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(80, 24)) as pilot:
        await _open(pilot, "amount -= price")
        for key, text in (("B", "Builds of pairs"), ("F", "for a dataset"), ("O", "largest")):
            await pilot.press(key)
            shown = await until_shown(pilot, text, "q back")
            assert len(shown.splitlines()) == 24
            await pilot.press("q")
            await until(pilot, lambda: isinstance(app.screen, PairsScreen))
        assert "amount -= price" in grid(app)
