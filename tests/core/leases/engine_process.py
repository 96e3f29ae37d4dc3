"""An engine in a process of its own that rents a machine, says so, and waits to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from core.engine import Engine, open_engine
from core.evaluation.operations import EvaluationOptions
from core.events import Event, RolloutFinished
from core.held import Pace
from core.leases.planning import LeaseWish
from core.together.records import is_leased
from core.workspace import Workspace


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _take(event: Event) -> None:
    if isinstance(event, RolloutFinished):
        _say("rented")


async def _rent(engine: Engine, what: str, n_minutes: int) -> None:
    wish = LeaseWish(n_minutes, most_microusd=10**9)
    if is_leased(what):
        options = EvaluationOptions(n_seeds=1, n_tasks=3, budgets=(1, 2))
        await engine.evaluate(what, options, base="deployed", wish=wish)
    else:
        await engine.start_lease(what, wish)
        _say("rented")


async def _main(directory: Path, what: str, grace_s: float, n_minutes: int) -> None:
    pace = Pace(poll_s=0.01, look_s=0.05, watch_s=0.02, grace_s=grace_s, slack_s=0.2)
    async with open_engine(Workspace(directory), _take, n_workers=1, pace=pace) as engine:
        await _rent(engine, what, n_minutes)
        await asyncio.Event().wait()


if __name__ == "__main__":
    place, what, grace, minutes = sys.argv[1:]
    asyncio.run(_main(Path(place), what, float(grace), int(minutes)))
