"""Writes numbered rows until it is killed, printing each number once it is durable."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from core.store.database import Store
from core.store.runs import RunStateRow, StateRow

_N_WRITERS = 8


async def _write(store: Store, writer: int, start: int) -> None:
    for n in range(start, start + 1_000_000):
        name = f"{writer}-{n}"
        store.submit("states", [StateRow(name, "x" * 300)])
        await store.insert(
            "run_states", [RunStateRow(name, "running", "", datetime.fromisoformat("2026-01-01"))]
        )
        sys.stdout.write(name + "\n")
        sys.stdout.flush()


async def _main(directory: Path, start: int) -> None:
    store = Store.open(directory)
    async with asyncio.TaskGroup() as group:
        for writer in range(_N_WRITERS):
            group.create_task(_write(store, writer, start))


asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
