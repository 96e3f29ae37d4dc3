"""An acknowledged row survives kill -9."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.store.database import Store

_N_KILLS = 50
_LATER = " later"
_SCRIPT = Path(__file__).with_name("writer_process.py")


@contextmanager
def _forks() -> Iterator[IO[str]]:
    """Where writers are asked for."""
    root = _SCRIPT.parents[3]
    program = [sys.executable, str(_SCRIPT)]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(program, stdin=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdin is not None
        yield process.stdin


def _acknowledged_until_killed(
    pipe: Path, forks: IO[str], request: tuple[str, int], n_lines: int, delay_s: float
) -> set[str]:
    """Rows a fresh process acknowledged before it was killed, some time after its nth."""
    forks.write(json.dumps([*request, str(pipe)]) + "\n")
    forks.flush()
    with pipe.open() as told:
        killer = threading.Timer(delay_s, os.kill, (int(told.readline()), signal.SIGKILL))
        acknowledged: set[str] = set()
        for line in told:
            if line.endswith("\n"):
                acknowledged.add(line.strip())
            if len(acknowledged) == n_lines:
                killer.start()
    killer.join()
    return acknowledged


async def test_no_acknowledged_row_is_lost_by_fifty_kills(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    pipe = tmp_path / "told"
    os.mkfifo(pipe)
    with _forks() as forks:
        for kill in range(_N_KILLS):
            n_lines, delay_s = chance.randrange(1, 60), chance.random() * 0.03
            request = (str(tmp_path), kill * 1_000_000)
            acknowledged |= _acknowledged_until_killed(pipe, forks, request, n_lines, delay_s)
    store = Store.open(tmp_path)
    rows = {name for (name,) in await store.fetch("SELECT run_id FROM run_states")}
    texts = [name for (name,) in await store.fetch("SELECT state FROM states")]
    store.close()
    later = {name.removesuffix(_LATER) for name in acknowledged if name.endswith(_LATER)}
    acknowledged = {name for name in acknowledged if not name.endswith(_LATER)}
    assert min(len(acknowledged), len(later)) >= _N_KILLS
    assert acknowledged <= rows
    assert rows | later <= set(texts), "what was written before, and what may wait, is there too"
    assert len(set(texts)) == len(texts), "nothing is written twice"
