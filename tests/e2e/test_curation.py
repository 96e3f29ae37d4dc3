"""A person decides on twenty pairs with the keyboard alone, in a real terminal."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.service.connect import stop_engine
from core.store.database import Store
from core.store.decisions import load_decisions
from core.workspace import Workspace
from tests.e2e.terminal import Terminal
from tests.tui.pair_rows import store_pairs

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is missing")

N_PAIRS = 20
FIRST, SECOND = "aadafasaad", "aaadaaafaa"
"""Nineteen decisions, one of them on a pair that was exchanged before."""


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    terminal = Terminal(tmp_path)
    try:
        yield terminal
    finally:
        terminal.close()
        await stop_engine(Workspace(tmp_path / "work"))


async def _decisions(directory: Path) -> Counter[tuple[str, bool]]:
    store = Store.open(directory)
    try:
        found = await load_decisions(store, "build")
    finally:
        store.close()
    return Counter((decision.choice.value, decision.is_swapped) for decision in found.values())


async def test_twenty_pairs_are_curated_with_keys_across_a_restart(
    terminal: Terminal, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    await store_pairs(work, N_PAIRS)
    _open(terminal, work, "20 undecided", "amount -= price")
    terminal.press(*FIRST)
    terminal.until_shown("6 kept, 2 dropped, 1 flagged, 11 undecided")
    terminal.press("u")
    terminal.until_shown("1 dropped", "undo: drop -> undecided")
    terminal.press("q")
    terminal.until_shown("code=0")
    await stop_engine(Workspace(work))

    _open(terminal, work, "6 kept, 1 dropped, 1 flagged, 12 undecided", "amount -= price")
    terminal.press("C-r")
    terminal.until_shown("2 dropped", "redo: undecided -> drop")
    terminal.press("J", *SECOND)
    terminal.until_shown("14 kept, 3 dropped, 2 flagged, 1 undecided")
    terminal.press("d")
    terminal.until_shown("4 dropped", "0 undecided; x exports them")
    terminal.press("q")
    terminal.until_shown("code=0")
    await stop_engine(Workspace(work))
    assert await _decisions(work) == {
        ("keep", False): 13,
        ("keep", True): 1,
        ("drop", False): 4,
        ("flag", False): 2,
    }


def _open(terminal: Terminal, work: Path, *texts: str) -> None:
    terminal.type("clear")
    terminal.press("Enter")
    terminal.run("--workspace", str(work))
    terminal.until_shown("Plan", "q leave")
    terminal.press("4")
    terminal.until_shown(*texts)
