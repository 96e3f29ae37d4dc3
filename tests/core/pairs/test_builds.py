"""A build is in the store once and whole, whatever ended the program that stored it."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from core.pairs.operations import builds
from core.store.pairs import BuildRow, DroppedRow, load_pairs, save_build
from tests.core.pairs.made import WHEN, opened, pair, save

PAIRS = [pair(f"p{n}") for n in range(3)]
LOST = [DroppedRow("b1", "s/f", "tie", "a", "b")]

_KILLED = """
import asyncio, os, signal, sys
from dataclasses import dataclass
from pathlib import Path
from core.store.pairs import BuildRow, save_build
from core.store.runs import StateRow
from tests.core.pairs.made import WHEN, opened
from tests.core.pairs.test_builds import LOST, PAIRS

stores = []

class Deadly(BuildRow):
    @property
    def created_at(self):
        # Once this row is durable, so is whatever was handed to the writer before it.
        stores[0].submit("states", [StateRow("last", "")]).result()
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    with opened(Path(sys.argv[1])) as context:
        stores.append(context.store)
        build = Deadly.__new__(Deadly)
        for name, value in (("build_id", "b1"), ("run_id", "run"), ("body", "{}")):
            object.__setattr__(build, name, value)
        await save_build(context.store, build, PAIRS, LOST)

asyncio.run(main())
"""


async def test_a_kill_between_the_pairs_and_their_build_leaves_neither(tmp_path: Path) -> None:
    done = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, str(tmp_path))
    assert await done.wait() == -signal.SIGKILL
    with opened(tmp_path) as context:
        assert await builds(context) == []
        assert await load_pairs(context.store, "b1") == []
        await save(context, PAIRS, LOST)
        (build,) = await builds(context)
    assert (build.n_pairs, build.n_dropped) == (3, 1)


async def test_pairs_that_an_older_program_left_without_a_build_are_not_doubled(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as context:
        await context.store.insert("pairs", PAIRS[:2])
        await context.store.insert("dropped_candidates", LOST)
        await save(context, PAIRS, LOST)
        assert [p.pair_id for p in await load_pairs(context.store, "b1")] == ["p0", "p1", "p2"]
        (build,) = await builds(context)
    assert (build.n_pairs, build.n_dropped) == (3, 1)


async def test_storing_a_build_again_changes_nothing(tmp_path: Path) -> None:
    row = BuildRow("b1", "run", "{}", WHEN)
    with opened(tmp_path) as context:
        assert await save_build(context.store, row, PAIRS, LOST)
        assert not await save_build(context.store, row, PAIRS, LOST)
        (build,) = await builds(context)
    assert (build.n_pairs, build.n_dropped) == (3, 1)
