"""From a run's rollouts to pairs, task by task, in an order that depends on content alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from core.pairs.candidates import Built, DropReason, PairOptions, TaskPairs
from core.pairs.forks import make_forks
from core.pairs.patches import make_patches, usable_of
from core.pairs.tools import Spoken, make_tool_pairs
from core.store.pairs import ActionRow, DroppedRow, OutputRow
from core.store.runs import RolloutRow
from core.task import Task


@dataclass(frozen=True, slots=True)
class WithTools:
    """A run whose agents worked with tools."""

    spoken: Spoken
    actions: Mapping[str, Sequence[ActionRow]]
    """By rollout."""


def build_pairs(
    build_id: str,
    rollouts: Iterable[RolloutRow],
    tasks: Mapping[str, tuple[Task, str]],
    options: PairOptions,
    outputs: Iterable[OutputRow] = (),
    with_tools: WithTools | None = None,
) -> Built:
    """Pairs and dropped candidates of all tasks, each given with its family.

    `outputs` are the edits on states that several rollouts met; without them there are no forks.
    A run with tools has forks alone.
    """
    by_task: dict[str, list[RolloutRow]] = defaultdict(list)
    task_of: dict[str, str] = {}
    for row in rollouts:
        by_task[row.task_id].append(row)
        task_of[row.rollout_id] = row.task_id
    outputs_of: dict[str, list[OutputRow]] = defaultdict(list)
    for output in outputs:
        if (task_id := task_of.get(output.rollout_id)) is not None:
            outputs_of[task_id].append(output)
    built = Built([], [])
    for task_id in sorted(by_task):
        if task_id not in tasks:
            built.dropped.extend(_gone(build_id, task_id, row) for row in by_task[task_id])
            continue
        maker = TaskPairs(build_id, *tasks[task_id], options, built)
        if with_tools is not None:
            usable = usable_of(maker, by_task[task_id])
            actions = [with_tools.actions[r.rollout_id] for r in usable]
            make_tool_pairs(maker, usable, chain.from_iterable(actions), with_tools.spoken)
            continue
        usable = make_patches(maker, by_task[task_id])
        make_forks(maker, usable, outputs_of[task_id])
    return built


def _gone(build_id: str, task_id: str, row: RolloutRow) -> DroppedRow:
    return DroppedRow(build_id, task_id, DropReason.TASK_GONE.value, "", row.rollout_id)
