"""An engine in a process of its own that rents a machine, says so, and waits to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from core.engine import open_engine
from core.held import Pace
from core.leases.planning import LeaseWish
from core.workspace import Workspace


async def _main(directory: Path, model: str, grace_s: float, n_minutes: int) -> None:
    pace = Pace(poll_s=0.01, look_s=0.05, watch_s=0.02, grace_s=grace_s, slack_s=0.2)
    async with open_engine(Workspace(directory), n_workers=1, pace=pace) as engine:
        if model:
            await engine.start_lease(model, LeaseWish(n_minutes, most_microusd=10**9))
        sys.stdout.write("rented\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    place, model, grace, minutes = sys.argv[1:]
    asyncio.run(_main(Path(place), model, float(grace), int(minutes)))
