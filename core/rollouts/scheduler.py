"""Drives a run: so many rollouts at once, resumable, stoppable, one row each when done."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from core.agent.rollout import Result
from core.agent.state import Baseline
from core.errors import ErrorKind, RefusedError, StoreError, UsageError, boundary
from core.events import (
    CallsMade,
    ProgressMade,
    RolloutFinished,
    RolloutRequeued,
    RunContinued,
    RunDraining,
    RunEnded,
    RunPaused,
    RunStarted,
)
from core.live import LiveCost, LiveRollout, LiveRun, RunStatus
from core.outcome import Outcome, passed_text
from core.rollouts.attempts import Attempts
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.gate import Gate
from core.rollouts.history import History, forget, recall
from core.rollouts.journal import rollout_row
from core.rollouts.outlook import Outlook, open_outlook
from core.rollouts.plan import RunPlan, Slot, slots
from core.rollouts.rounds import due
from core.rollouts.watch import Meter
from core.store.runs import RunStateRow
from core.store.verdicts import LONGEST_REASON, load_verdicts
from core.task import Task
from core.text import clean, one_line

MOST_AT_ONCE = 256
_LONGEST_REASON = 400
_INTERRUPTED = "interrupted"


@dataclass(slots=True)
class Run:
    """One run over its plan; `drive()` does what is missing, the rest controls it meanwhile."""

    bench: Bench
    run_id: str
    plan: RunPlan
    arms: Mapping[str, LiveArm]
    tasks: Mapping[str, tuple[Task, Baseline]]
    label: str = "rollouts"
    _todo: deque[Slot] = field(default_factory=deque)
    _aside: set[str] = field(default_factory=set)
    """Rollouts that were ended to be done another time."""
    _refusal: RefusedError | None = None
    """Why nothing more may be bought."""
    _drained: str = ""
    """Who wants nothing new to be begun."""
    _doing: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _outcomes: Counter[str] = field(default_factory=Counter)
    _live: dict[str, LiveRollout] = field(default_factory=dict)
    _outlook: Outlook = field(default_factory=Outlook)
    _group: asyncio.TaskGroup | None = None
    """Of the workers; None before the first, and once one of them was ended."""
    _n_workers: int = 0
    _n_concurrent: int = field(init=False)
    _history: History = field(init=False)
    _attempts: Attempts = field(init=False)
    _gate: Gate = field(init=False)
    _meter: Meter = field(init=False)
    _started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        bench = self.bench
        self._n_concurrent = bench.n_concurrent
        self._gate = Gate(bench.clock)
        self._meter = Meter(bench.emit, bench.clock, CallsMade(self.run_id, 0, 0, 0, 0, 0))
        self._started_at = self._now()

    def view(self) -> LiveRun:
        """The run as it stands."""
        calls = self._meter.total
        return LiveRun(
            run_id=self.run_id,
            label=self.label,
            started_at=self._started_at,
            n_planned=self.plan.n_rollouts,
            outcomes={name: n for name, n in sorted(self._outcomes.items()) if n},
            n_calls=calls.n_calls,
            n_prompt_tokens=calls.n_prompt_tokens,
            n_completion_tokens=calls.n_completion_tokens,
            n_cached_tokens=calls.n_cached_tokens,
            cost_microusd=calls.cost_microusd,
            rollouts=tuple(self._live.values()),
            status=RunStatus.RUNNING if self._gate.is_open else RunStatus.PAUSED,
            n_concurrent=self._n_concurrent,
            paused_s=round(self._gate.closed_s, 1),
            aside=tuple(sorted(self._aside)),
            cost=self._cost(),
            is_draining=bool(self._drained),
            unseen_microusd=self._unseen,
            rest_s=round(self._rest_s, 1),
        )

    @property
    def _rest_s(self) -> float:
        governors = (arm.governor for arm in self.arms.values())
        return max((each.rest_s for each in governors if each is not None), default=0.0)

    @property
    def _unseen(self) -> int:
        return self.bench.ceiling.unseen if self.bench.ceiling else 0

    def _cost(self) -> LiveCost:
        spent, ceiling = self._meter.total.cost_microusd, self.bench.ceiling
        in_flight = sum(each.cost_microusd for each in self._live.values())
        n_left = self.plan.n_rollouts - self._outcomes.total()
        room = ceiling.room if ceiling else None
        return self._outlook.view(spent, in_flight, n_left, room, self._unseen)

    async def pause(self, reason: str) -> None:
        """Begin no call and no rollout any more; what waits for an answer still gets it."""
        self._refuse_at_the_edge()
        if not self._gate.is_open:
            raise UsageError(f"{self.run_id} is paused already.")
        self._gate.close()
        await self._mark(RunStatus.PAUSED, reason)
        self.bench.emit(RunPaused(self.run_id, reason))

    async def go_on(self, reason: str) -> None:
        """End a pause; every rollout goes on where it stood."""
        self._refuse_at_the_edge()
        if self._gate.is_open:
            raise UsageError(f"{self.run_id} is not paused.")
        self._gate.open()
        await self._mark(RunStatus.RUNNING, reason)
        self.bench.emit(RunContinued(self.run_id))

    def set_concurrency(self, n_concurrent: int) -> None:
        """Let so many rollouts go on at once; those that are begun are ended first."""
        if not 1 <= n_concurrent <= MOST_AT_ONCE:
            raise UsageError(f"Rollouts at once: 1 to {MOST_AT_ONCE}, not {n_concurrent}.")
        self._n_concurrent = n_concurrent
        self._hire()

    async def put_aside(self, rollout_id: str) -> None:
        """End one running rollout, to be done when the run is resumed."""
        found = [name for name in self._doing if name.startswith(rollout_id)]
        if len(found) != 1 or not rollout_id:
            raise UsageError(f"No single running rollout of {self.run_id} is {rollout_id!r}.")
        self._aside.add(found[0])
        task = self._doing[found[0]]
        task.cancel()
        await asyncio.wait([task])
        await self.bench.store.flush()

    def drain(self, reason: str) -> None:
        """Finish what is begun, begin nothing new, then stop; a pause ends with it."""
        self._refuse_at_the_edge()
        self._drained = self._drained or reason
        self._todo.clear()
        self._gate.open()
        self.bench.emit(RunDraining(self.run_id, reason))

    async def requeue(self, rollout_id: str) -> None:
        """Do a rollout again: one that was put aside, or whose row says `error` and goes."""
        self._refuse_at_the_edge()
        if self._is_closing:
            raise RefusedError(f"{self.run_id} begins nothing more; resume it, then requeue.")
        every = slots(self.run_id, self.plan)
        slot = next(each for each in every if each.rollout_id == rollout_id)
        was_aside = rollout_id in self._aside
        self._aside.add(rollout_id)  # so that a run which ends meanwhile says what is missing
        await forget(self.bench.store, self._history, self.run_id, rollout_id)
        if not was_aside:
            self._outcomes[Outcome.ERROR.value] -= 1
            self._outlook.again(slot)
        self.bench.emit(
            RolloutRequeued(self.run_id, rollout_id, slot.task_id, slot.arm_id, slot.seed)
        )
        if self._group is not None and not self._is_closing:
            self._aside.discard(rollout_id)
            self._todo.append(slot)
            self._hire()

    async def _recall(self) -> None:
        """Look up what an earlier start of the run has left."""
        store = self.bench.store
        past, self._outlook = await asyncio.gather(
            recall(store, self.run_id),
            open_outlook(store, self.run_id, self.arms, self.tasks),
        )
        self._outlook.leave(self.run_id, self.plan, past.done)
        self._history = past
        self._outcomes.update(past.outcomes)
        self._meter.total = past.calls
        self._attempts = Attempts(
            self.bench,
            self.run_id,
            self.arms,
            self.tasks,
            self._gate,
            self._meter,
            past,
            self._most,
            self._live,
        )

    async def drive(self) -> RunStatus:
        """Run every rollout that has no row yet; a stop leaves the rest unfinished.

        Says whether it is finished, or stopped in order with something left.
        """
        await self._recall()
        try:
            await self._mark(RunStatus.RUNNING, "")
            n_done, n_planned = len(self._history.done), self.plan.n_rollouts
            self.bench.emit(RunStarted(self.run_id, self.label, n_done, n_planned))
            await self._refill()
            await self._work_all()
            while self.plan.contrast and not self._is_ending and await self._refill():
                await self._work_all()
        except asyncio.CancelledError as stop:
            await self._end(RunStatus.STOPPED, str(stop.args[0]) if stop.args else _INTERRUPTED)
            raise
        except BaseExceptionGroup as failures:
            first = failures.exceptions[0]
            with suppress(StoreError):  # it may be what went wrong
                await self._end(RunStatus.FAILED, f"error: {first}")
            raise first from failures
        if self._refusal:
            await self._end(RunStatus.STOPPED, str(self._refusal))
            raise self._refusal
        why = await self._why_unfinished()
        status = RunStatus.STOPPED if why else RunStatus.FINISHED
        await self._end(status, why)
        return status

    async def _why_unfinished(self) -> str:
        if self._drained and await self._is_short():
            return f"drained, {self._drained}"
        if n_aside := len(self._aside):
            said = "1 rollout was" if n_aside == 1 else f"{n_aside} rollouts were"
            return f"{said} put aside; a resume does what is missing"
        return ""

    async def _refill(self) -> bool:
        """Find what is to be done: all that is missing, or the next round of a contrast run."""
        options = self.plan.contrast
        if options is None:
            every = slots(self.run_id, self.plan)
            self._todo.extend(slot for slot in every if slot.rollout_id not in self._history.done)
        else:
            rows = await load_verdicts(self.bench.store, self.run_id)
            self._todo.extend(due(self.run_id, self.plan, options, rows).slots)
        return bool(self._todo)

    async def _is_short(self) -> bool:
        """Whether something is left to be done."""
        if self.plan.contrast is not None:
            return await self._refill()
        return self._outcomes.total() < self.plan.n_rollouts

    @property
    def _is_closing(self) -> bool:
        """Whether nothing new may be begun."""
        return bool(self._refusal or self._drained)

    @property
    def _is_ending(self) -> bool:
        return bool(self._is_closing or self._aside)

    async def _work_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                self._hire()
        finally:
            self._group = None

    def _hire(self) -> None:
        """As many workers as may be, and as there is work for."""
        while self._group is not None and self._n_workers < self._most():
            self._n_workers += 1
            self._group.create_task(self._work())

    def _most(self) -> int:
        return min(self._n_concurrent, self._n_left)

    @property
    def _n_left(self) -> int:
        return len(self._todo) + len(self._doing)

    def _refuse_at_the_edge(self) -> None:
        if self._group is None:
            raise RefusedError(f"{self.run_id} just begins or ends; nothing was changed.")

    async def _work(self) -> None:
        try:
            while self._todo and self._n_workers <= self._n_concurrent:
                if self._gate.is_open:
                    await self._begin(self._todo.popleft())
                else:
                    await self._gate.passed()
        except BaseException:
            self._group = None  # it takes nobody any more
            raise
        finally:
            self._n_workers -= 1

    async def _begin(self, slot: Slot) -> None:
        """One rollout in a task of its own, which may be ended without its worker."""
        worker = asyncio.current_task()
        assert worker is not None
        task = self._doing[slot.rollout_id] = asyncio.create_task(self._one(slot))
        try:
            with boundary(ErrorKind.AGENT, f"rollout {slot.rollout_id} of {slot.task_id}"):
                await task
        except asyncio.CancelledError:
            if worker.cancelling():
                raise
        except RefusedError as error:  # what is in flight may still fit, so it goes on
            self._refusal = self._refusal or error
            self._todo.clear()
        finally:
            self._doing.pop(slot.rollout_id, None)

    async def _one(self, slot: Slot) -> None:
        bench, (task, _) = self.bench, self.tasks[slot.task_id]
        rollout = self._attempts.make(slot)
        try:
            result = await rollout.run()
            self._doing.pop(slot.rollout_id, None)  # too late to be put aside
            level, path = bench.sandbox.level, task.target.path
            row = rollout_row(self.run_id, slot, result, path, level, bench.clock)
            store, after = bench.store, rollout.journal.newest
            await store.until(store.submit("rollouts", [row], after=after))
        finally:
            del self._live[slot.rollout_id]
        self._tell(slot, result)

    def _tell(self, slot: Slot, result: Result) -> None:
        self._outcomes[result.outcome.value] += 1
        self._outlook.add(slot, result.outcome, result.cost_microusd)
        finished = RolloutFinished(
            run_id=self.run_id,
            rollout_id=slot.rollout_id,
            task_id=slot.task_id,
            arm_id=slot.arm_id,
            seed=slot.seed,
            outcome=result.outcome.value,
            n_iterations=result.n_iterations,
            n_tokens=result.usage.n_prompt_tokens + result.usage.n_completion_tokens,
            cost_microusd=result.cost_microusd,
            reason=result.reason[:LONGEST_REASON],
        )
        self.bench.emit(finished)
        n_done = self._outcomes.total()
        note = passed_text(self._outcomes)
        self.bench.emit(ProgressMade(self.label, n_done, self.plan.n_rollouts, note))

    async def _end(self, status: RunStatus, reason: str) -> None:
        said = one_line(clean(reason), _LONGEST_REASON)
        try:
            await asyncio.gather(self._attempts.close(), self._mark(status, said))
        finally:
            self._meter.flush()
            self.bench.emit(RunEnded(self.run_id, status.value, said))

    async def _mark(self, status: RunStatus, reason: str) -> None:
        row = RunStateRow(self.run_id, status.value, reason, self._now())
        await self.bench.store.insert("run_states", [row])

    def _now(self) -> datetime:
        return self.bench.clock.now().replace(tzinfo=None)
