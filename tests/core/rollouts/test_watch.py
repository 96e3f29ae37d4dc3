"""What a run shows while it runs: totals at a bounded rate, rollouts as they stand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from core.agent.asking import Call, CallKind
from core.agent.rollout import Step
from core.agent.talk import Move
from core.chat import ChatReply, Usage
from core.events import CallsMade, Event
from core.live import LiveRollout, LiveStage
from core.rollouts.watch import Meter, WatchedJournal

_START = datetime(2026, 1, 1, tzinfo=UTC)
_NO_CALLS = CallsMade("run", 0, 0, 0, 0, 0)


class StillClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        """Wall-clock time."""
        return datetime.fromtimestamp(_START.timestamp() + self.passed_s, UTC)

    def monotonic(self) -> float:
        """Seconds."""
        return 1000.0 + self.passed_s


class SlowJournal:
    """A journal whose calls are written when a test says so."""

    def __init__(self) -> None:
        self.is_written = asyncio.Event()
        self.steps: list[Step] = []

    async def write_call(self, call: Call) -> None:
        """Wait."""
        await self.is_written.wait()

    def write_step(self, step: Step) -> None:
        """Remember."""
        self.steps.append(step)

    @property
    def newest(self) -> None:
        """Nothing is behind."""


def _meter(clock: StillClock) -> tuple[Meter, list[Event]]:
    told: list[Event] = []
    return Meter(told.append, clock, _NO_CALLS), told


async def test_totals_are_told_at_once_then_at_most_four_times_a_second_and_at_the_end() -> None:
    clock = StillClock()
    meter, told = _meter(clock)
    for _ in range(100):
        meter.add(Usage(10, 2, 5), 7)
    assert told == [CallsMade("run", 1, 10, 2, 5, 7)]
    clock.passed_s = 0.26
    meter.add(Usage(10, 2, 5), 7)
    assert told[1:] == [CallsMade("run", 101, 1010, 202, 505, 707)]
    meter.add(Usage(10, 2, 5), 7)
    meter.flush()
    assert told[2:] == [CallsMade("run", 102, 1020, 204, 510, 714)]


async def test_the_last_calls_are_told_a_little_later_by_themselves() -> None:
    clock = StillClock()
    told: list[Event] = []
    is_told = asyncio.Event()

    def emit(event: Event) -> None:
        told.append(event)
        if len(told) == 2:
            is_told.set()

    meter = Meter(emit, clock, _NO_CALLS)
    meter.add(Usage(1, 1), 0)
    meter.add(Usage(1, 1), 0)
    await asyncio.wait_for(is_told.wait(), 10.0)
    assert told[1] == CallsMade("run", 2, 2, 2, 0, 0)


async def test_a_call_counts_once_it_is_written() -> None:
    clock, journal = StillClock(), SlowJournal()
    meter, told = _meter(clock)
    live: dict[str, LiveRollout] = {}
    now = clock.now().replace(tzinfo=None)
    picture = LiveRollout("r", "kata/a", "arm", 3, LiveStage.CALLING, 0, 40, 5, now, now)
    watched = WatchedJournal(journal, meter, clock, live, picture)
    assert live == {"r": picture}
    reply = ChatReply("text", Usage(20, 4))
    writing = asyncio.create_task(watched.write_call(Call(1, "s", (), reply, "", 9, 0.1)))
    await asyncio.sleep(0)
    assert (live["r"], told) == (picture, [])
    clock.passed_s = 2.0
    journal.is_written.set()
    await writing
    after = live["r"]
    assert (after.stage, after.n_iterations, after.n_tokens) == (LiveStage.TESTING, 1, 64)
    assert (after.cost_microusd, (after.active_at - now).total_seconds()) == (14, 2.0)
    assert told == [CallsMade("run", 1, 20, 4, 0, 9)]
    watched.write_step(Step(1, Move("note"), "note", None))
    assert live["r"].stage is LiveStage.CALLING
    assert [step.iteration for step in journal.steps] == [1]


async def test_an_answer_that_is_coming_is_seen_and_then_gone() -> None:
    clock, journal = StillClock(), SlowJournal()
    journal.is_written.set()
    meter, _ = _meter(clock)
    live: dict[str, LiveRollout] = {}
    now = clock.now().replace(tzinfo=None)
    picture = LiveRollout("r", "kata/a", "arm", 3, LiveStage.CALLING, 0, 40, 5, now, now)
    watched = WatchedJournal(journal, meter, clock, live, picture)
    clock.passed_s = 3.0
    for piece in ("Let me ", "think\x1b[2J"):
        watched.hear(piece)
    assert live["r"].answer == "Let me think␛[2J"
    assert (live["r"].active_at - now).total_seconds() == 3.0
    for _ in range(100):
        watched.hear("and so on ")
    assert len(live["r"].answer) == 200
    reply = ChatReply("text", Usage(20, 4))
    back = Call(1, "s", (), reply, "", 9, 0.1, kind=CallKind.REFLECTION)
    await watched.write_call(back)
    assert (live["r"].answer, live["r"].stage) == ("", LiveStage.CALLING)
