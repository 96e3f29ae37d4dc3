"""Which rollouts of a contrast run are due, decided anew after every round from the store alone.

A round is a batch of the planner; it is over when every rollout of it has its row. Going
through the rounds again from the first always leads to the same place, so a resumed run goes
on with the round it was in. Where rollouts are done again that infrastructure ended, it may lead
elsewhere; the budget holds all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from core.outcome import UNCOUNTED, Outcome
from core.rollouts.plan import RunPlan, Slot, slot_of
from core.rollouts.planner import ContrastOptions, Planner, Tally, probes_due
from core.store.verdicts import VerdictRow

Place = tuple[str, int]
"""Task and seed."""


@dataclass(frozen=True, slots=True)
class Due:
    """Where a contrast run stands."""

    slots: tuple[Slot, ...]
    """Of the round that is not over; empty when nothing more is worth its price."""
    tallies: Mapping[str, Tally]
    """After the rounds that are over."""
    probes: Mapping[str, Tally] | None
    """After the probes alone; None until they are over."""


def due(run_id: str, plan: RunPlan, options: ContrastOptions, rows: Iterable[VerdictRow]) -> Due:
    """Go through the rounds up to the first that is not over."""
    done = {(row.task_id, row.seed): row for row in rows}
    seen: dict[str, list[VerdictRow]] = {task_id: [] for task_id in plan.task_ids}
    planner: Planner | None = None
    probes = None
    while True:
        tallies = {task_id: tally_of(found) for task_id, found in seen.items()}
        batch = probes_due(tallies, options) if planner is None else planner.next_batch(tallies)
        if not batch and planner is None:
            planner, probes = Planner(tallies, options), tallies
            continue
        asked = _in_turn(
            [(task_id, seed) for seed in plan.seeds[len(seen[task_id]) : len(seen[task_id]) + n]]
            for task_id, n in batch.items()
        )
        if not asked or any(place not in done for place in asked):
            left = max(0, options.n_rollouts - len(done))
            missing = [place for place in asked if place not in done][:left]
            (arm_id,) = plan.arms
            slots = tuple(slot_of(run_id, arm_id, *place) for place in missing)
            return Due(slots, tallies, probes)
        for place in asked:
            seen[place[0]].append(done[place])


def _in_turn(by_task: Iterable[list[Place]]) -> list[Place]:
    """The first place of every task, then the second: a part of a round is useful, too."""
    turns = zip_longest(*by_task)
    return [place for turn in turns for place in turn if place is not None]


def tally_of(rows: Iterable[VerdictRow]) -> Tally:
    """What rollouts of one task tell; those without a verdict only count against the budget."""
    rows = list(rows)
    judged = [row for row in rows if row.outcome not in UNCOUNTED]
    failing = [row for row in judged if row.outcome != Outcome.PASSED]
    programs = {(row.find, row.replacement, row.others) for row in failing if _is_usable(row)}
    return Tally(
        n_passed=len(judged) - len(failing),
        n_failed=len(failing),
        n_distinct=len(programs),
        n_lost=len(rows) - len(judged),
        cost=float(sum(row.cost_microusd for row in rows)),
    )


def pairs_of(tallies: Mapping[str, Tally], n_per_task: int) -> int:
    """Usable pairs: a pass beside distinct fails, so many a task."""
    return sum(min(t.n_distinct, n_per_task) for t in tallies.values() if t.n_passed)


def _is_usable(row: VerdictRow) -> bool:
    """A fail whose edits could be a rejected side."""
    return bool(row.find or row.others) and row.outcome != Outcome.TAMPERED
