"""An acknowledged row survives kill -9."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

from core.store.database import Store

_N_KILLS = 50
_SCRIPT = Path(__file__).with_name("writer_process.py")


def _acknowledged_until_killed(
    directory: Path, start: int, n_lines: int, delay_s: float
) -> set[str]:
    """Rows a fresh process acknowledged before it was killed, some time after its nth."""
    process = subprocess.Popen(
        [sys.executable, str(_SCRIPT), str(directory), str(start)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    killer = threading.Timer(delay_s, process.kill)
    acknowledged: set[str] = set()
    for line in process.stdout:
        if line.endswith("\n"):
            acknowledged.add(line.strip())
        if len(acknowledged) == n_lines:
            killer.start()
    process.wait()
    process.stdout.close()
    killer.join()
    return acknowledged


async def test_no_acknowledged_row_is_lost_by_fifty_kills(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for kill in range(_N_KILLS):
        n_lines, delay_s = chance.randrange(1, 60), chance.random() * 0.03
        acknowledged |= _acknowledged_until_killed(tmp_path, kill * 1_000_000, n_lines, delay_s)
    store = Store.open(tmp_path)
    rows = {name for (name,) in await store.fetch("SELECT run_id FROM run_states")}
    texts = {name for (name,) in await store.fetch("SELECT state FROM states")}
    store.close()
    assert len(acknowledged) >= _N_KILLS
    assert acknowledged <= rows
    assert rows <= texts, "what was queued before a durable row is durable too"
