"""What is known of the run on the screen, kept up to date by events; draws nothing.

A batch of events costs as much as it has events, whatever the size of the run.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from core.events import CallsMade, RolloutFinished, RolloutRequeued
from core.live import RunStatus
from core.outcome import UNCOUNTED
from core.rollouts.plan import slot_of

if TYPE_CHECKING:  # importing these for real loads the database
    from core.live import LiveCost, LiveRun
    from core.rollouts.board import RunGrid
    from core.rollouts.operations import RunReport

_RATE_S = 20.0
"""The rate is that of the last so many seconds."""

Slot = tuple[str, str, int]
"""Task, arm and seed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a run come to; cached tokens are known while it runs."""

    n_calls: int = 0
    n_prompt_tokens: int | None = None
    n_completion_tokens: int | None = None
    n_cached_tokens: int | None = None
    n_tokens: int = 0
    cost_microusd: int = 0


@dataclass(slots=True)
class RunBoard:
    """One run: its slots, and how far it is."""

    grid: RunGrid
    status: str
    n_planned: int
    spent: Spent
    rollout_ids: dict[Slot, str] = field(default_factory=dict)
    outcomes: dict[Slot, str] = field(default_factory=dict)
    reasons: dict[Slot, str] = field(default_factory=dict)
    n_iterations: dict[Slot, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    running: frozenset[Slot] = frozenset()
    aside: frozenset[Slot] = frozenset()
    """Put aside, to be done again."""
    is_draining: bool = False
    cost: LiveCost | None = None
    """What the whole will have cost, while it goes on."""
    reason: str = ""
    """Why it does not go on, when it does not."""
    unseen_microusd: int = 0
    """At most so much more than what is spent: for calls that were never answered."""
    limit_microusd: int | None = None
    """What it may spend at most; None leaves it to the workspace's ceiling."""
    _ticks: deque[tuple[float, int]] = field(default_factory=deque)
    _names: dict[str, Slot] = field(default_factory=dict)
    _by_task: dict[str, set[bool]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, grid: RunGrid, report: RunReport) -> RunBoard:
        """The run as it is stored."""
        spent = Spent(report.n_calls, n_tokens=report.n_tokens, cost_microusd=report.cost_microusd)
        board = cls(grid, report.status, report.n_planned, spent)
        board.reason, board.unseen_microusd = report.reason, report.unseen_microusd
        for cell in grid.cells:
            slot = (cell.task_id, cell.arm_id, cell.seed)
            board._finish(slot, cell.rollout_id, cell.outcome, cell.n_iterations, cell.reason)
        return board

    def rollout_id_of(self, slot: Slot) -> str:
        """The id that a rollout has, or will have."""
        task_id, arm_id, seed = slot
        return slot_of(self.grid.run_id, arm_id, task_id, seed).rollout_id

    @property
    def n_done(self) -> int:
        """Finished rollouts."""
        return self.counts.total()

    @property
    def n_contrast(self) -> int:
        """Tasks with both a pass and a failure: only these can give pairs of two patches."""
        return sum(len(kinds) == 2 for kinds in self._by_task.values())

    @property
    def rate(self) -> float | None:
        """Rollouts per second, of late; None before two looks at it."""
        if len(self._ticks) < 2 or self._ticks[-1][0] <= self._ticks[0][0]:
            return None
        (since, n_before), (now, n_now) = self._ticks[0], self._ticks[-1]
        return (n_now - n_before) / (now - since)

    @property
    def eta_s(self) -> float | None:
        """Seconds until the end at this rate."""
        rate = self.rate
        return (self.n_planned - self.n_done) / rate if rate else None

    def seen(self, task_id: str) -> frozenset[bool]:
        """Whether passes and whether failures were seen of a task."""
        return frozenset(self._by_task.get(task_id, ()))

    @property
    def gives_pairs(self) -> bool:
        """Whether its rollouts can become pairs: those of a comparison of arms do not."""
        return self.grid.kind == "rollouts"

    def finish(self, event: RolloutFinished) -> Slot | None:
        """Take an event of this run; returns the slot that changed."""
        slot = (event.task_id, event.arm_id, event.seed)
        if event.run_id != self.grid.run_id or slot in self.outcomes:
            return None
        counts = (event.n_iterations, event.reason)
        self._finish(slot, event.rollout_id, event.outcome, *counts)
        return slot

    def spend(self, calls: CallsMade | LiveRun) -> None:
        """Take the totals of this run's calls."""
        if calls.run_id != self.grid.run_id:
            return
        self.spent = Spent(
            calls.n_calls,
            calls.n_prompt_tokens,
            calls.n_completion_tokens,
            calls.n_cached_tokens,
            calls.n_prompt_tokens + calls.n_completion_tokens,
            calls.cost_microusd,
        )

    def requeue(self, event: RolloutRequeued) -> Slot | None:
        """Forget how a rollout of this run ended; returns its slot, if it had ended."""
        slot = (event.task_id, event.arm_id, event.seed)
        if event.run_id != self.grid.run_id or slot not in self.outcomes:
            return None
        self.counts[self.outcomes.pop(slot)] -= 1
        self.counts += Counter()  # what came to zero is gone
        self.aside |= {slot}
        return slot

    def watch(self, live: LiveRun | None) -> frozenset[Slot]:
        """Take which rollouts run now or wait aside; returns the slots that are otherwise."""
        running, aside = frozenset[Slot](), frozenset[Slot]()
        if live is not None:
            running = frozenset((r.task_id, r.arm_id, r.seed) for r in live.rollouts)
            aside = frozenset(slot for slot in map(self._slot_of, live.aside) if slot is not None)
        changed = (running ^ self.running) | (aside ^ self.aside)
        self.running, self.aside = running, aside
        self.is_draining = live is not None and live.is_draining
        self.cost = live.cost if live is not None else None
        if live is not None:
            self.unseen_microusd = live.unseen_microusd
        return changed

    def stand(self, status: str) -> None:
        """Take how it stands; the time of a pause is in no rate."""
        if status != self.status:
            self.status, self.reason = status, ""
            self._ticks.clear()

    def tick(self, now_s: float) -> None:
        """Note how far it is, for the rate."""
        if self.status == RunStatus.PAUSED:
            return
        self._ticks.append((now_s, self.n_done))
        while self._ticks[-1][0] - self._ticks[0][0] > _RATE_S:
            self._ticks.popleft()

    def _slot_of(self, rollout_id: str) -> Slot | None:
        """The slot of a rollout that is not finished; looked for only where some wait aside."""
        if not self._names:
            grid = self.grid
            every = product(grid.task_ids, (arm.arm_id for arm in grid.arms), grid.seeds)
            self._names = {self.rollout_id_of(slot): slot for slot in every}
        return self._names.get(rollout_id)

    def _finish(
        self, slot: Slot, rollout_id: str, outcome: str, n_iterations: int, reason: str
    ) -> None:
        self.outcomes[slot], self.reasons[slot] = outcome, reason
        self.rollout_ids[slot] = rollout_id
        self.n_iterations[slot] = n_iterations
        self.counts[outcome] += 1
        if outcome not in UNCOUNTED:
            self._by_task[slot[0]].add(outcome == "passed")
