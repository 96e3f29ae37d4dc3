"""Makes the rollouts of one run: each with its policy, its journal and its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.agent.asking import Past, Question
from core.agent.limits import TestPolicy
from core.agent.rollout import Conditions, Journal, Rollout
from core.agent.state import Baseline
from core.chat import Policy
from core.costs.ceiling import Ceiling
from core.live import LiveRollout, LiveStage
from core.policies.governor import Governor
from core.rollouts.bench import Bench, LiveArm
from core.rollouts.deposit import Deposit
from core.rollouts.gate import Gate, Turnstile
from core.rollouts.grading import TaskGrader
from core.rollouts.history import History
from core.rollouts.journal import StoreJournal
from core.rollouts.paying import Paying
from core.rollouts.plan import Slot
from core.rollouts.watch import Meter, WatchedJournal
from core.task import Oracle, Task


@dataclass(frozen=True, slots=True)
class Attempts:
    """What all rollouts of a run share."""

    bench: Bench
    run_id: str
    arms: Mapping[str, LiveArm]
    tasks: Mapping[str, tuple[Task, Baseline]]
    gate: Gate
    meter: Meter
    history: History
    most: Callable[[], int]
    """Rollouts that may run at the same time, as it stands."""
    live: dict[str, LiveRollout]
    """Running rollouts; each that is made takes its place here."""
    _graders: dict[str, TaskGrader] = field(default_factory=dict)
    _deposits: dict[str, Deposit] = field(default_factory=dict)
    """By model."""

    async def close(self) -> None:
        """Let go of what is set aside for calls, once none is asked any more."""
        for deposit in self._deposits.values():
            await deposit.close()

    def make(self, slot: Slot) -> Rollout:
        """The rollout of a place, ready to run; what was paid for earlier is asked no more."""
        arm = self.arms[slot.arm_id]
        task, baseline = self.tasks[slot.task_id]
        past = self.history.replies.pop(slot.rollout_id, {})
        payer, journal = self._journal(slot, arm, past)
        clock = self.bench.clock
        turnstile = Turnstile(payer, clock, self.gate, journal.show, arm.governor, journal.hear)
        rollout = Rollout(
            task,
            baseline,
            turnstile,
            arm.price,
            _conditions(task, arm.conditions),
            slot.seed,
            self._grader(task),
            journal,
            turnstile,
            past,
            wait=turnstile.wait,
            wall=clock,
        )
        turnstile.left_s = rollout.wall_left_s
        return rollout

    def _journal(
        self, slot: Slot, arm: LiveArm, past: Mapping[Question, Past]
    ) -> tuple[Policy, WatchedJournal]:
        """The rollout's journal, and its policy as it pays for its calls."""
        bench = self.bench
        now = bench.clock.now().replace(tzinfo=None)
        stored = StoreJournal(
            bench.store,
            bench.clock,
            self.run_id,
            slot,
            arm.policy.name,
            self.history.states,
            self.history.n_steps.get(slot.rollout_id, 0),
            arm.price.price_id(arm.policy.name),
        )
        used = [each.reply.usage for each in past.values()]
        picture = LiveRollout(
            rollout_id=slot.rollout_id,
            task_id=slot.task_id,
            arm_id=slot.arm_id,
            seed=slot.seed,
            stage=LiveStage.CALLING,
            n_iterations=0,
            n_tokens=sum(u.n_prompt_tokens + u.n_completion_tokens for u in used),
            cost_microusd=sum(each.cost_microusd for each in past.values()),
            started_at=now,
            active_at=now,
        )
        policy: Policy = arm.policy
        journal: Journal = stored
        if bench.ceiling is not None:
            deposit = self._deposit(stored.model, bench.ceiling, arm.governor)
            policy = journal = Paying(arm.policy, stored, arm.price, bench.ceiling, deposit)
        return policy, WatchedJournal(journal, self.meter, bench.clock, self.live, picture)

    def _deposit(self, model: str, ceiling: Ceiling, governor: Governor | None) -> Deposit:
        bench = self.bench

        def at_once() -> int:
            return min(self.most(), int(governor.width)) if governor else self.most()

        if model not in self._deposits:
            self._deposits[model] = Deposit(
                bench.store, bench.clock, self.run_id, model, ceiling, at_once
            )
        return self._deposits[model]

    def _grader(self, task: Task) -> TaskGrader:
        return self._graders.setdefault(task.task_id, TaskGrader(self.bench.sandbox, task))


def _conditions(task: Task, wished: Conditions) -> Conditions:
    """Where no test can be run meanwhile, the first edit that applies is the answer."""
    if task.oracle is not Oracle.OFFICIAL:
        return wished
    return replace(wished, test_policy=TestPolicy.NEVER)
