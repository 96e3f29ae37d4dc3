"""What happens at this moment: the runs being driven, and what must not happen twice at once.

Kept in memory only, for screens and guards; everything that must last is in the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import RefusedError, UsageError


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    PAUSED = "paused"
    """Held by its engine: nothing new is begun, what was begun keeps its place."""
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


class LiveStage(StrEnum):
    """What a running rollout waits for."""

    CALLING = "calling"
    TESTING = "testing"
    WAITING = "waiting"
    """For the end of a pause, or for a turn at a busy model."""


@dataclass(frozen=True, slots=True)
class LiveRollout:
    """A rollout that is running; tokens and cost include what an earlier start paid."""

    rollout_id: str
    task_id: str
    arm_id: str
    seed: int
    stage: LiveStage
    n_iterations: int
    n_tokens: int
    cost_microusd: int
    started_at: datetime
    active_at: datetime
    """When it last got an answer, a piece of one, or a test result."""
    answer: str = ""
    """The end of the answer that is coming, where answers come piece by piece."""


@dataclass(frozen=True, slots=True)
class LiveCost:
    """What a run will have cost in the end, in micro-dollars, as it looks now."""

    n_left: int
    """Rollouts that are not finished."""
    low_microusd: int | None
    """With `high`, a 90 % t interval over task means; None with rollouts of fewer than 2 tasks."""
    mean_microusd: int | None
    """What is spent, and what is left times the mean of the last ones; None before the first."""
    high_microusd: int | None
    worst_microusd: int
    """When all that is left goes to its limits; never above the ceilings."""
    n_tasks: int
    """That the interval rests on; with fewer than 8 it says little."""


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that is being driven; counts include what was done before a resume."""

    run_id: str
    label: str
    started_at: datetime
    n_planned: int
    outcomes: dict[str, int]
    n_calls: int
    n_prompt_tokens: int
    n_completion_tokens: int
    n_cached_tokens: int
    cost_microusd: int
    rollouts: tuple[LiveRollout, ...]
    status: RunStatus = RunStatus.RUNNING
    n_concurrent: int = 0
    """Rollouts that may go on at once."""
    paused_s: float = 0.0
    """How long it was held, all pauses together, since it was started or resumed."""
    aside: tuple[str, ...] = ()
    """Rollouts that were put aside; requeued or resumed they go on from where they stood."""
    cost: LiveCost | None = None
    """What it will come to; None before it has begun."""
    is_draining: bool = False
    """Whether it begins nothing new and stops when what is begun is done."""
    unseen_microusd: int = 0
    """At most so much more than its cost: for calls that were never answered."""
    rest_s: float = 0.0
    """Seconds until its model may be asked again."""


class Driven(Protocol):
    """A run that is being driven, as whoever controls it sees it."""

    def view(self) -> LiveRun:
        """The run as it stands."""

    async def pause(self, reason: str) -> None:
        """Begin nothing new; returns when that is stored."""

    async def go_on(self, reason: str) -> None:
        """End a pause."""

    def set_concurrency(self, n_concurrent: int) -> None:
        """Let so many rollouts go on at once; those that are begun are ended first."""

    async def put_aside(self, rollout_id: str) -> None:
        """End one running rollout, to be done when the run is resumed."""

    def drain(self, reason: str) -> None:
        """Finish what is begun, begin nothing new, then stop; what is left can be resumed."""

    async def requeue(self, rollout_id: str) -> None:
        """Do one again that was put aside, or that infrastructure ended."""


@dataclass(frozen=True, slots=True)
class _Driving:
    task: asyncio.Task[object]
    run: Driven


@dataclass(slots=True)
class Live:
    """Shared by everything that works on one open workspace."""

    _runs: dict[str, _Driving] = field(default_factory=dict)
    _jobs: dict[str, asyncio.Task[object]] = field(default_factory=dict)
    _claims: set[str] = field(default_factory=set)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    watchman: Callable[[str], None] | None = None
    """Begins to watch a remote job in the engine's own name; None where no engine lasts."""

    def runs(self) -> tuple[LiveRun, ...]:
        """The runs being driven, as they stand."""
        return tuple(driving.run.view() for driving in self._runs.values())

    @contextmanager
    def driving(self, run_id: str, run: Driven) -> Iterator[None]:
        """Show a run as live inside; refuses a run that already is."""
        task = asyncio.current_task()
        assert task is not None
        with self.claim(f"The run {run_id}"):
            self._runs[run_id] = _Driving(task, run)
            try:
                yield
            finally:
                del self._runs[run_id]

    def driven(self, run_id: str) -> Driven:
        """A run to be controlled; raises `UsageError` when it is not going on."""
        return self._driving(run_id).run

    async def stop(self, run_id: str, reason: str) -> None:
        """End what drives a run and return when it is marked as stopped."""
        task = self._driving(run_id).task
        task.cancel(reason)
        await asyncio.wait([task])

    def _driving(self, run_id: str) -> _Driving:
        if run_id not in self._runs:
            raise UsageError(f"{run_id} is not running: there is nothing to stop or to pause.")
        return self._runs[run_id]

    @contextmanager
    def training(self, job_id: str) -> Iterator[None]:
        """Let a job be stopped inside; refuses one that is worked on already."""
        task = asyncio.current_task()
        assert task is not None
        if job_id in self._jobs:
            raise RefusedError(
                f"{job_id} is being worked on by another command. Nothing was changed; wait for "
                "it or stop it, then try again."
            )
        self._jobs[job_id] = task
        try:
            yield
        finally:
            del self._jobs[job_id]

    def is_training(self, job_id: str) -> bool:
        """Whether a job is being trained here."""
        return job_id in self._jobs

    def ask_to_watch(self, job_id: str) -> None:
        """Have a remote job followed, whoever started it goes or stays."""
        if self.watchman is not None and not self.is_training(job_id):
            self.watchman(job_id)

    async def wait_for(self, job_id: str) -> None:
        """Wait until nothing trains or follows a job any more."""
        if (task := self._jobs.get(job_id)) is not None:
            await asyncio.wait([task])

    async def stop_job(self, job_id: str) -> None:
        """End what trains a job and return when it is marked as cancelled."""
        task = self._jobs.get(job_id)
        if task is None:
            raise UsageError(f"{job_id} is not running: there is nothing to cancel.")
        task.cancel()
        await asyncio.wait([task])

    @contextmanager
    def claim(self, what: str) -> Iterator[None]:
        """Refuse a second one inside; for work that is too long to queue behind."""
        if what in self._claims:
            raise RefusedError(
                f"{what} is being worked on by another command. "
                "Nothing was changed; wait for it or stop it, then try again."
            )
        self._claims.add(what)
        try:
            yield
        finally:
            self._claims.discard(what)

    @asynccontextmanager
    async def turn(self, what: str) -> AsyncIterator[None]:
        """One after the other inside; for short work that looks before it writes."""
        async with self._locks.setdefault(what, asyncio.Lock()):
            yield
