"""Pairs of rollouts that work with tools: on a state that several met, what each changed there.

No such rollout's change answers the first state, so its pairs are all forks. The chosen side is
the last change of a rollout that passed; the rejected one a change that was made on the same
state by a rollout that never passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from core.agent.limits import Speech
from core.agent.toolbox import CHANGES, Done
from core.agent.turns import answer_of
from core.pairs.candidates import DropReason, PairKind, Side, TaskPairs
from core.pairs.patches import has_passed
from core.store.pairs import ActionRow
from core.store.runs import RolloutRow


class Spoken(msgspec.Struct, frozen=True):
    """How an arm speaks, as far as its pairs are concerned."""

    protocol: Speech = Speech.EDIT
    prompts: str = ""

    @property
    def tools(self) -> str:
        """What a pair says of the tools that could be called natively."""
        return self.prompts if self.protocol is Speech.TOOLS_NATIVE else ""


@dataclass(frozen=True, slots=True)
class _Change:
    """One answer that changed files."""

    row: RolloutRow
    iteration: int
    state: str
    text: str
    """As a policy would learn it."""

    @property
    def side(self) -> Side:
        return Side(self.row.rollout_id, self.iteration, self.state, "", "")


def make_tool_pairs(
    task: TaskPairs, usable: Sequence[RolloutRow], actions: Iterable[ActionRow], spoken: Spoken
) -> None:
    """Pair what a task's usable rollouts changed where they met."""
    rollouts = {row.rollout_id: row for row in usable}
    changes = [change for each in actions for change in _read(each, rollouts, spoken)]
    if not any(has_passed(row) for row in usable):
        for row in usable:
            task.drop(DropReason.NO_PASS, "", row.rollout_id)
        return
    last: dict[str, int] = {}
    met: dict[str, list[_Change]] = defaultdict(list)
    for change in changes:
        name = change.row.rollout_id
        last[name] = max(change.iteration, last.get(name, 0))
        met[change.state].append(change)
    for state in sorted(met, key=lambda name: (min(c.iteration for c in met[name]), name)):
        _part(task, sorted(met[state], key=_cost), last, spoken)


def _part(
    task: TaskPairs, changes: Sequence[_Change], last: Mapping[str, int], spoken: Spoken
) -> None:
    best = next((c for c in changes if _passes(c, last)), None)
    for change in changes:
        name = change.row.rollout_id
        if best is None:
            task.drop(DropReason.OTHER_STATE, "", name)
        elif name != best.row.rollout_id:
            reason = _reason(task, best, change)
            if reason is None:
                sides = (best.side, change.side)
                task.keep_texts(PairKind.FORK, sides, (best.text, change.text), spoken.tools)
            else:
                task.drop(reason, best.row.rollout_id, name)


def _reason(task: TaskPairs, best: _Change, change: _Change) -> DropReason | None:
    if change.text == best.text:
        return DropReason.IDENTICAL
    if has_passed(change.row):
        return DropReason.TIE
    if task.has_rejected_text(change.state, change.text):
        return DropReason.DUPLICATE
    return DropReason.OVER_CAP if task.is_full else None


def _read(each: ActionRow, rollouts: Mapping[str, RolloutRow], spoken: Spoken) -> Iterable[_Change]:
    row = rollouts.get(each.rollout_id)
    done = msgspec.json.decode(each.actions, type=tuple[Done, ...])
    if row is not None and any(one.tool in CHANGES and not one.is_error for one in done):
        yield _Change(row, each.iteration, each.state, _text(done, each.iteration, spoken))


def _text(done: Sequence[Done], iteration: int, spoken: Spoken) -> str:
    """The answer as the states that follow it show it."""
    is_native = spoken.protocol is Speech.TOOLS_NATIVE
    message = answer_of(done, iteration, is_native=is_native)
    return msgspec.json.encode(message).decode() if is_native else message.content


def _passes(change: _Change, last: Mapping[str, int]) -> bool:
    return has_passed(change.row) and change.iteration == last[change.row.rollout_id]


def _cost(change: _Change) -> tuple[object, ...]:
    return (change.iteration, len(change.text), change.text, change.row.rollout_id)
