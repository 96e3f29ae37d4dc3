"""Drives a run: so many rollouts at once, resumable, stoppable, one row each when done."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.agent.limits import Outcome
from core.agent.rollout import Conditions, Grader, Result, Rollout
from core.agent.state import Baseline
from core.chat import ChatReply, Policy
from core.clock import Clock
from core.costs.prices import ChatPrice
from core.errors import ErrorKind, boundary
from core.events import Emit, ProgressMade, RolloutFinished, RunEnded, RunStarted
from core.live import LiveRollout, LiveRun, LiveStage
from core.rollouts.grading import TaskGrader
from core.rollouts.journal import StoreJournal, past_replies, rollout_row
from core.rollouts.plan import RunPlan, Slot, slots
from core.rollouts.watch import Meter, WatchedJournal
from core.sandbox.pool import Sandbox
from core.store.database import Store
from core.store.runs import RunStateRow, load_calls, load_iterations, load_rollouts
from core.task import Task


@dataclass(frozen=True, slots=True)
class LiveArm:
    """An arm ready to run."""

    policy: Policy
    price: ChatPrice
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run works with."""

    store: Store
    sandbox: Sandbox
    clock: Clock
    emit: Emit
    n_concurrent: int


@dataclass(slots=True)
class Run:
    """One run over its plan; `drive()` does what is missing."""

    bench: Bench
    run_id: str
    plan: RunPlan
    arms: Mapping[str, LiveArm]
    tasks: Mapping[str, tuple[Task, Baseline]]
    label: str = "rollouts"
    _outcomes: Counter[str] = field(default_factory=Counter)
    _past: dict[str, tuple[ChatReply, ...]] = field(default_factory=dict)
    _n_steps: Counter[str] = field(default_factory=Counter)
    _states: set[str] = field(default_factory=set)
    _graders: dict[str, TaskGrader] = field(default_factory=dict)
    _live: dict[str, LiveRollout] = field(default_factory=dict)
    _meter: Meter = field(init=False)
    _started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._meter = Meter.of(self.run_id, self.bench.emit, self.bench.clock, ())
        self._started_at = self._now()

    def view(self) -> LiveRun:
        """The run as it stands."""
        calls = self._meter.total
        return LiveRun(
            run_id=self.run_id,
            label=self.label,
            started_at=self._started_at,
            n_planned=self.plan.n_rollouts,
            outcomes=dict(sorted(self._outcomes.items())),
            n_calls=calls.n_calls,
            n_prompt_tokens=calls.n_prompt_tokens,
            n_completion_tokens=calls.n_completion_tokens,
            n_cached_tokens=calls.n_cached_tokens,
            cost_microusd=calls.cost_microusd,
            rollouts=tuple(self._live.values()),
        )

    async def drive(self) -> None:
        """Run every rollout that has no row yet; a stop leaves the rest unfinished."""
        done = await self._recall()
        todo = iter([s for s in slots(self.run_id, self.plan) if s.rollout_id not in done])
        await self._mark("running", "")
        self.bench.emit(RunStarted(self.run_id, self.label, len(done), self.plan.n_rollouts))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.bench.n_concurrent):
                    group.create_task(self._work(todo))
        except asyncio.CancelledError:
            await self._mark("stopped", "stopped by the user")
            raise
        except BaseExceptionGroup as failures:
            first = failures.exceptions[0]
            await self._mark("failed", str(first))
            raise first from failures
        await self._mark("finished", "")

    async def _recall(self) -> set[str]:
        finished = await load_rollouts(self.bench.store, self.run_id)
        self._outcomes.update(row.outcome for row in finished)
        by_rollout = defaultdict(list)
        calls = await load_calls(self.bench.store, self.run_id)
        self._meter = Meter.of(self.run_id, self.bench.emit, self.bench.clock, calls)
        for call in calls:
            by_rollout[call.rollout_id].append(call)
            self._states.add(call.state)
        for step in await load_iterations(self.bench.store, self.run_id):
            self._n_steps[step.rollout_id] = step.iteration
        done = {row.rollout_id for row in finished}
        self._past = {k: past_replies(v) for k, v in by_rollout.items() if k not in done}
        return done

    async def _work(self, todo: Iterator[Slot]) -> None:
        for slot in todo:
            with boundary(ErrorKind.AGENT, f"rollout {slot.rollout_id} of {slot.task_id}"):
                await self._one(slot)

    async def _one(self, slot: Slot) -> None:
        bench, arm = self.bench, self.arms[slot.arm_id]
        task, baseline = self.tasks[slot.task_id]
        past = self._past.pop(slot.rollout_id, ())
        grader: Grader = self._grader(task)
        rollout = Rollout(
            task,
            baseline,
            arm.policy,
            arm.price,
            arm.conditions,
            slot.seed,
            grader,
            self._journal(slot, arm, past),
            bench.clock,
            past,
        )
        try:
            result = await rollout.run()
            row = rollout_row(self.run_id, slot, result, bench.sandbox.level, bench.clock)
            await bench.store.insert("rollouts", [row])
        finally:
            del self._live[slot.rollout_id]
        self._tell(slot, result)

    def _journal(self, slot: Slot, arm: LiveArm, past: Sequence[ChatReply]) -> WatchedJournal:
        bench, now = self.bench, self._now()
        n_known = self._n_steps[slot.rollout_id]
        journal = StoreJournal(
            bench.store, bench.clock, self.run_id, slot, arm.policy.name, self._states, n_known
        )
        picture = LiveRollout(
            rollout_id=slot.rollout_id,
            task_id=slot.task_id,
            arm_id=slot.arm_id,
            seed=slot.seed,
            stage=LiveStage.CALLING,
            n_iterations=0,
            n_tokens=sum(r.usage.n_prompt_tokens + r.usage.n_completion_tokens for r in past),
            cost_microusd=sum(arm.price.cost(reply.usage) for reply in past),
            started_at=now,
            active_at=now,
        )
        return WatchedJournal(journal, self._meter, bench.clock, self._live, picture)

    def _grader(self, task: Task) -> TaskGrader:
        return self._graders.setdefault(task.task_id, TaskGrader(self.bench.sandbox, task))

    def _tell(self, slot: Slot, result: Result) -> None:
        self._outcomes[result.outcome.value] += 1
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
        )
        self.bench.emit(finished)
        n_done = self._outcomes.total()
        n_passed = self._outcomes[Outcome.PASSED.value]
        note = f"{n_passed} passed ({n_passed / n_done:.0%})"
        self.bench.emit(ProgressMade(self.label, n_done, self.plan.n_rollouts, note))

    async def _mark(self, status: str, reason: str) -> None:
        row = RunStateRow(self.run_id, status, reason, self._now())
        await self.bench.store.insert("run_states", [row])
        if status != "running":
            self._meter.flush()
            self.bench.emit(RunEnded(self.run_id, status))

    def _now(self) -> datetime:
        return self.bench.clock.now().replace(tzinfo=None)
