"""The link to a real engine, without a screen."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from pathlib import Path

from core.engine import Engine
from core.events import OperationStarted, ProgressMade
from core.service.picture import Snapshot, Told
from core.workspace import Workspace
from tests.tui.hosting import hosted
from tui.link import Link, LinkState, LinkView

N_PROGRESS = 25


class Heard:
    """Keeps what the link tells."""

    def __init__(self) -> None:
        self.is_found = asyncio.Event()
        self.is_enough = asyncio.Event()
        self.states: list[LinkState] = []
        self.batches: list[tuple[float, Sequence[Told]]] = []

    @property
    def told(self) -> list[Told]:
        return [each for _, batch in self.batches for each in batch]

    def link_changed(self, view: LinkView) -> None:
        self.states.append(view.state)

    def engine_found(self, snapshot: Snapshot) -> None:
        self.is_found.set()

    def events_came(self, told: Sequence[Told]) -> None:
        self.batches.append((time.monotonic(), told))
        if sum(isinstance(each.event, ProgressMade) for each in self.told) >= N_PROGRESS:
            self.is_enough.set()

    def engine_failed(self, message: str) -> None:
        raise AssertionError(message)

    def work_failed(self, error: BaseException) -> None:
        raise AssertionError(str(error))


async def test_every_event_comes_in_order_in_at_most_four_batches_a_second(tmp_path: Path) -> None:
    heard = Heard()
    link = Link(Workspace(tmp_path), heard)
    async with hosted(tmp_path):
        link.start()
        await asyncio.wait_for(heard.is_found.wait(), 20)
        engine = link.engine
        assert isinstance(engine, Engine)
        link.begin(engine.forge())
        await asyncio.wait_for(heard.is_enough.wait(), 20)
        await link.close()
    assert heard.states == [LinkState.CONNECTING, LinkState.CONNECTED]
    assert isinstance(heard.told[0].event, OperationStarted)
    numbers = [each.seq for each in heard.told]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [at for at, _ in heard.batches]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps
    assert min(gaps) > 0.24
