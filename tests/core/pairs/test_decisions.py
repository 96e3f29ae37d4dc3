"""Decisions, undo and redo: the journal against a plain model of an editor."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.context import Context
from core.errors import UsageError
from core.pairs.decisions import Action, decide, history, redo, undo
from core.store.decisions import Choice, Decision, load_decisions
from tests.core.pairs.made import opened, pair, save

NAMES = ("aa1", "aa2", "bb1")
Plain = tuple[str, bool, str]
NOTHING: Plain = ("undecided", False, "")


@dataclass(slots=True)
class Editor:
    """What an editor does: states, and two stacks of whole pictures of them."""

    states: dict[str, Plain] = field(default_factory=lambda: dict.fromkeys(NAMES, NOTHING))
    past: list[dict[str, Plain]] = field(default_factory=list)
    future: list[dict[str, Plain]] = field(default_factory=list)

    def decide(self, name: str, action: str, note: str | None) -> None:
        choice, is_swapped, old_note = self.states[name]
        if action in ("keep", "drop", "flag"):
            choice = action
        elif action == "unflag" and choice == "flag":
            choice = "undecided"
        elif action == "swap":
            is_swapped = not is_swapped
        elif action == "clear":
            choice, is_swapped, old_note = NOTHING
        new = (choice, is_swapped, old_note if note is None else note)
        if new != self.states[name]:
            self.past.append(self.states)
            self.future = []
            self.states = {**self.states, name: new}

    def travel(self, n: int, source: str, target: str) -> int:
        n_done = 0
        while n_done < n and getattr(self, source):
            getattr(self, target).append(self.states)
            self.states = getattr(self, source).pop()
            n_done += 1
        return n_done


async def stored(context: Context) -> dict[str, Plain]:
    known = await load_decisions(context.store, "b1")
    states = {name: known.get(name, Decision()) for name in NAMES}
    return {name: (s.choice.value, s.is_swapped, s.note) for name, s in states.items()}


Step = tuple[str, str, str | None] | int | None
"""A decision; undo for a negative number, redo for a positive one; None reopens the store."""

_NOTES = st.sampled_from([None, None, "", "why", "other"])
_DECISIONS = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from([action.value for action in Action if action is not Action.NOTE]),
    _NOTES,
)
_STEPS = st.one_of(
    _DECISIONS, _DECISIONS, _DECISIONS, st.integers(1, 4), st.integers(-4, -1), st.none()
)


async def play(directory: Path, steps: list[Step], editor: Editor) -> None:
    """Do the steps in both, each stretch between two reopenings in a store of its own."""
    while True:
        n_here = steps.index(None) if None in steps else len(steps)
        with opened(directory) as context:
            assert await stored(context) == editor.states
            for step in steps[:n_here]:
                await do(context, step, editor)
                assert await stored(context) == editor.states
            if n_here == len(steps):
                await undo_and_redo_everything(context, editor)
                return
        steps = steps[n_here + 1 :]


async def do(context: Context, step: Step, editor: Editor) -> None:
    if isinstance(step, tuple):
        name, action, note = step
        await decide(context, name, Action(action), note)
        editor.decide(name, action, note)
    elif step is not None and step < 0:
        changes = await undo(context, -step)
        assert len(changes) == editor.travel(-step, "past", "future")
    elif step is not None:
        changes = await redo(context, step)
        assert len(changes) == editor.travel(step, "future", "past")


async def undo_and_redo_everything(context: Context, editor: Editor) -> None:
    n_undone = len(await undo(context, 1000))
    assert n_undone == len(editor.past)
    assert await stored(context) == dict.fromkeys(NAMES, NOTHING)
    if n_undone:
        await redo(context, n_undone)
    assert await stored(context) == editor.states


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(_STEPS, max_size=14))
def test_any_sequence_equals_an_editor_and_reopening_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    async def check() -> None:
        directory = tmp_path_factory.mktemp("journal")
        with opened(directory) as context:
            await save(context, [pair(name) for name in NAMES])
        await play(directory, steps, Editor())

    asyncio.run(check())


async def test_a_new_decision_forgets_what_was_undone(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair(name) for name in NAMES])
        await decide(context, "aa1", Action.KEEP)
        await decide(context, "aa2", Action.DROP)
        await undo(context)
        await decide(context, "bb1", Action.FLAG)
        assert await redo(context) == []
        assert (await stored(context))["aa2"] == NOTHING


async def test_what_changes_nothing_is_not_written_and_forgets_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair(name) for name in NAMES])
        await decide(context, "aa1", Action.KEEP)
        await decide(context, "aa1", Action.SWAP)
        await undo(context)
        change = await decide(context, "aa1", Action.KEEP)
        assert (change.seq, change.before) == (None, change.after)
        assert [change.after.is_swapped for change in await redo(context)] == [True]


async def test_every_step_stays_in_the_history_with_what_it_replaced(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair(name) for name in NAMES])
        await decide(context, "aa1", Action.DROP, "style only")
        await decide(context, "bb1", Action.KEEP)
        await undo(context, 2)
        await redo(context, 1)
        changes = await history(context, "aa1")
        assert [(c.action, c.before.choice, c.after.choice) for c in changes] == [
            ("drop", Choice.UNDECIDED, Choice.DROP),
            ("undo", Choice.DROP, Choice.UNDECIDED),
            ("redo", Choice.UNDECIDED, Choice.DROP),
        ]
        assert changes[-1].after.note == "style only"
        assert len({c.seq for c in [*changes, *await history(context, "bb1")]}) == 5


async def test_decisions_made_at_once_are_all_kept_and_numbered_apart(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair(f"p{n}") for n in range(20)])
        changes = await asyncio.gather(
            *(decide(context, f"p{n}", Action.SWAP) for n in (*range(20), *range(10)))
        )
        assert sorted(c.seq or 0 for c in changes) == list(range(1, 31))
        states = await load_decisions(context.store, "b1")
        assert {name for name, state in states.items() if state.is_swapped} == {
            f"p{n}" for n in range(10, 20)
        }
        assert len(await undo(context, 100)) == 30


async def test_a_note_is_cleaned_where_it_enters(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair("aa1")])
        change = await decide(context, "aa1", Action.NOTE, " \x1b[2J bad\x07 ")
        assert change.after.note == "␛[2J bad␇"


@pytest.mark.parametrize(
    ("name", "said"),
    [("aa", "More than one"), ("zz", "no pair 'zz'"), ("", "no pair"), ("%", "no pair")],
)
async def test_an_unknown_or_ambiguous_pair_is_refused_by_name(
    tmp_path: Path, name: str, said: str
) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair(n) for n in NAMES])
        with pytest.raises(UsageError, match=said):
            await decide(context, name, Action.KEEP)
        assert await undo(context) == []


async def test_a_pair_of_two_builds_is_one_pair(tmp_path: Path) -> None:
    with opened(tmp_path) as context:
        await save(context, [pair("aa1")])
        await save(context, [pair("aa1", "b2"), pair("cc1", "b2")], build_id="b2")
        await decide(context, "aa", Action.DROP)
        for build_id in ("b1", "b2"):
            states = await load_decisions(context.store, build_id)
            assert states == {"aa1": Decision(Choice.DROP)}


@pytest.mark.parametrize("n", [0, -3])
async def test_undo_and_redo_want_a_number_of_steps(tmp_path: Path, n: int) -> None:
    with opened(tmp_path) as context:
        for travel in (undo, redo):
            with pytest.raises(UsageError, match="At least one"):
                await travel(context, n)
