"""A person's verdict on pairs, undoable for ever.

A decision belongs to a pair's content, so it holds in every build that has the pair.
Undo and redo work on one line of decisions for the whole workspace, as in an editor:
undo takes back the newest one, a new decision forgets what was taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from core.context import Context
from core.errors import UsageError
from core.events import PairDecided
from core.store.decisions import (
    Choice,
    Decision,
    DecisionRow,
    Journal,
    amend,
    find_pair_ids,
    load_history,
)
from core.text import clean


class Action(StrEnum):
    """What a person can do to a pair."""

    KEEP = "keep"
    DROP = "drop"
    FLAG = "flag"
    """Leave it open, and out of datasets until it is decided; undoes keep and drop."""
    UNFLAG = "unflag"
    SWAP = "swap"
    """Exchange chosen and rejected; twice is not at all."""
    NOTE = "note"
    """Change the note alone."""
    CLEAR = "clear"
    """Back to a pair that nobody has looked at."""


class Travel(StrEnum):
    """How the journal moves along its own line."""

    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True)
class Change:
    """What an action, an undo or a redo did to a pair."""

    seq: int | None
    """Its number in the journal; None when it changed nothing and was not written."""
    action: str
    pair_id: str
    before: Decision
    after: Decision
    decided_at: datetime


def apply(state: Decision, action: Action, note: str | None = None) -> Decision:
    """The state after an action; a note of None leaves the note as it is."""
    match action:
        case Action.KEEP | Action.DROP | Action.FLAG:
            state = replace(state, choice=Choice(action.value))
        case Action.UNFLAG if state.choice is Choice.FLAG:
            state = replace(state, choice=Choice.UNDECIDED)
        case Action.SWAP:
            state = replace(state, is_swapped=not state.is_swapped)
        case Action.CLEAR:
            state = Decision()
        case _:
            pass
    return state if note is None else replace(state, note=clean(note).strip())


async def decide(context: Context, pair_id: str, action: Action, note: str | None = None) -> Change:
    """Act on a pair, named by its id or the beginning of it; what changes nothing is not kept."""
    if action is Action.NOTE and note is None:
        raise UsageError("A note needs its text; an empty one removes the note.")
    name = await find_pair(context, pair_id)
    now = context.now()
    seen: list[Decision] = []

    def propose(journal: Journal) -> list[DecisionRow]:
        before = journal.state(name)
        seen[:] = [before]
        after = apply(before, action, note)
        if after == before:
            return []
        seq = journal.next_seq()
        return [_row(seq, action.value, seq, name, (before, after), now)]

    made = await amend(context.store, propose)
    if made:
        return _tell(context, made[0])
    return Change(None, action.value, name, seen[0], seen[0], now)


async def undo(context: Context, n: int = 1) -> list[Change]:
    """Take back the newest decisions, newest first: `n` of them, or as many as there are."""
    return await _travel(context, Travel.UNDO, n)


async def redo(context: Context, n: int = 1) -> list[Change]:
    """Do again what was taken back last: `n` decisions, or as many as there are."""
    return await _travel(context, Travel.REDO, n)


async def history(context: Context, pair_id: str) -> list[Change]:
    """Everything that was done to a pair, oldest first."""
    return [_change(row) for row in await load_history(context.store, pair_id)]


async def find_pair(context: Context, pair_id: str, build_id: str = "") -> str:
    """The full id of the one pair with this id, or whose id begins so, in one build or in any."""
    found = await find_pair_ids(context.store, pair_id, build_id) if pair_id else []
    if len(found) == 1 or found[:1] == [pair_id]:
        return found[0]
    where = f" in the build {build_id}" if build_id else ""
    raise UsageError(
        f"More than one pair{where} begins with {pair_id!r}; give more of the id."
        if found
        else f"There is no pair {pair_id!r}{where}: `gemel pairs queue` shows them."
    )


def stacks(moves: Iterable[tuple[str, int]]) -> tuple[list[int], list[int]]:
    """The decisions that can be undone and redone, the next one last in each."""
    done: list[int] = []
    taken_back: list[int] = []
    for action, target in moves:
        if action == Travel.UNDO:
            taken_back.append(done.pop())
        elif action == Travel.REDO:
            done.append(taken_back.pop())
        else:
            done.append(target)
            taken_back.clear()
    return done, taken_back


async def _travel(context: Context, travel: Travel, n: int) -> list[Change]:
    if n < 1:
        raise UsageError(f"At least one decision must be asked for to {travel.value}.")
    now = context.now()

    def propose(journal: Journal) -> list[DecisionRow]:
        done, taken_back = stacks(journal.moves())
        line = done if travel is Travel.UNDO else taken_back
        targets = journal.rows(line[: -n - 1 : -1])
        return _steps(travel, targets, journal.next_seq(), now)

    return [_tell(context, row) for row in await amend(context.store, propose)]


def _steps(
    travel: Travel, targets: Sequence[DecisionRow], first_seq: int, now: datetime
) -> list[DecisionRow]:
    rows = []
    for seq, row in enumerate(targets, first_seq):
        states = (row.after, row.before) if travel is Travel.UNDO else (row.before, row.after)
        rows.append(_row(seq, travel.value, row.seq, row.pair_id, states, now))
    return rows


def _row(
    seq: int,
    action: str,
    target: int,
    pair_id: str,
    states: tuple[Decision, Decision],
    at: datetime,
) -> DecisionRow:
    old, new = states
    return DecisionRow(
        seq=seq,
        action=action,
        target=target,
        pair_id=pair_id,
        old_choice=old.choice.value,
        old_is_swapped=old.is_swapped,
        old_note=old.note,
        choice=new.choice.value,
        is_swapped=new.is_swapped,
        note=new.note,
        decided_at=at,
    )


def _tell(context: Context, row: DecisionRow) -> Change:
    """Tell everybody who looks at pairs, and say what was done."""
    context.emit(
        PairDecided(
            row.seq,
            row.pair_id,
            row.action,
            row.choice,
            row.is_swapped,
            row.old_is_swapped,
            bool(row.note),
        )
    )
    return _change(row)


def _change(row: DecisionRow) -> Change:
    return Change(row.seq, row.action, row.pair_id, row.before, row.after, row.decided_at)
