"""What a run is asked to do: arms x tasks x seeds, in an order that keeps part results useful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.digest import short
from core.rollouts.planner import ContrastOptions


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run as asked for; stored before its first rollout."""

    arms: tuple[str, ...]
    """Arm ids."""
    task_ids: tuple[str, ...]
    seeds: tuple[int, ...]
    split_id: str = ""
    side: str = ""
    contrast: ContrastOptions | None = None
    """When given, the planner chooses which of the places are filled, within its budget."""

    @property
    def n_rollouts(self) -> int:
        """Rollouts of the whole run; of a contrast run, its budget."""
        if self.contrast is not None:
            return self.contrast.n_rollouts
        return len(self.arms) * len(self.task_ids) * len(self.seeds)


@dataclass(frozen=True, slots=True)
class Slot:
    """One rollout of a plan."""

    rollout_id: str
    arm_id: str
    task_id: str
    seed: int


def slots(run_id: str, plan: RunPlan) -> Iterator[Slot]:
    """Seed by seed over all tasks, arms side by side, so that both age alike."""
    for seed in plan.seeds:
        for task_id in plan.task_ids:
            for arm_id in plan.arms:
                yield slot_of(run_id, arm_id, task_id, seed)


def slot_of(run_id: str, arm_id: str, task_id: str, seed: int) -> Slot:
    """One rollout by its place."""
    return Slot(short([run_id, arm_id, task_id, seed], 16), arm_id, task_id, seed)
