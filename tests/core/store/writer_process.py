"""Writes numbered rows until it is killed, printing each number once it is durable.

Of some it writes a row that may wait, alone, and says so at once.

Each writer is a fork of this loaded process. Reads one JSON list per line: the store's
directory, the first number, and a pipe; the fork writes its process id there, then its rows.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TextIO

from core.store.database import Store
from core.store.runs import RunStateRow, StateRow

_N_WRITERS, _N_LATER = 8, 3


async def _write(store: Store, writer: int, start: int, out: TextIO) -> None:
    for n in range(start, start + 1_000_000):
        name = f"{writer}-{n}"
        store.submit("states", [StateRow(name, "x" * 300)], may_wait=True)
        if n % _N_LATER:
            out.write(f"{name} later\n")
            await asyncio.sleep(0)
            continue
        await store.insert(
            "run_states", [RunStateRow(name, "running", "", datetime.fromisoformat("2026-01-01"))]
        )
        out.write(name + "\n")
        out.flush()


async def _work(directory: Path, start: int, out: TextIO) -> None:
    out.write(f"{os.getpid()}\n")
    store = Store.open(directory)
    async with asyncio.TaskGroup() as group:
        for writer in range(_N_WRITERS):
            group.create_task(_write(store, writer, start, out))


signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
for line in sys.stdin:
    if os.fork() == 0:
        place, first, pipe = json.loads(line)
        with open(pipe, "w") as told:
            asyncio.run(_work(Path(place), first, told))
