"""Decisions on pairs as keys ask for them, and what comes back of them, from here or elsewhere.

A decision shows at once; the engine takes the decisions in the order of the keys. What it
refuses is read again as it is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import GemelError
from core.events import PairDecided
from core.pairs.decisions import Action, Change, apply
from core.pairs.queue import PairView
from core.store.decisions import Choice, Decision
from core.store.pair_pages import EVERY_PAIR, PairItem
from core.text import clean, one_line
from tui.screens import pair_words as words
from tui.screens.form import Field
from tui.screens.pair_files import ask_for

if TYPE_CHECKING:
    from core.engine import Engine
    from tui.screens.pairs import PairsScreen

_TASK_CHARS = 40


class Deciding:
    """One per screen."""

    def __init__(self, screen: PairsScreen) -> None:
        self._screen = screen
        self._turn = asyncio.Lock()

    def decide(self, item: PairItem, action: Action, note: str | None = None) -> None:
        """Show a decision, and have it stored."""
        screen = self._screen
        old = Decision(item.decision, item.is_swapped, "note" if item.has_note else "")
        state = apply(old, action, note)
        screen.queue.put(words.row_of(words.decided(item, state), screen.glyphs))

        async def work(engine: Engine) -> Change:
            try:
                return await engine.decide(item.pair_id, action, note)
            except GemelError:
                screen.reload()
                raise

        def then(change: Change) -> None:
            task = one_line(clean(item.task_id), _TASK_CHARS)
            screen.say(f"{action}: {task}; u takes it back")
            self._follow_soon([_told(change)])

        screen.ask(action, self._in_turn(work), then=then)

    def note(self, item: PairItem) -> None:
        """Ask for a note, with the stored one to be changed."""
        screen = self._screen

        def then(view: PairView) -> None:
            heading = f"Note on {one_line(clean(item.task_id), _TASK_CHARS)}; empty removes it"
            field = Field("note", "note", clean(view.decision.note), "")
            form = ask_for(heading, field, lambda values: values["note"])
            screen.put_form(form, lambda text: self.decide(item, Action.NOTE, str(text)))

        screen.ask("note", lambda engine: engine.show_pair(item.pair_id, screen.build), then=then)

    def undo(self) -> None:
        """Take back the newest decision, and go to its pair."""
        screen = self._screen
        screen.ask("undo", self._in_turn(lambda engine: engine.undo()), then=self._travelled)

    def redo(self) -> None:
        """Do again what was taken back."""
        screen = self._screen
        screen.ask("redo", self._in_turn(lambda engine: engine.redo()), then=self._travelled)

    def hear(self, told: Sequence[PairDecided]) -> None:
        """Show what was decided, by whomever."""
        if told:
            self._follow_soon(told)

    def _in_turn(
        self, work: Callable[[Engine], Awaitable[object]]
    ) -> Callable[[Engine], Awaitable[object]]:
        """The work, begun when what was asked for before it is done."""

        async def waiting(engine: Engine) -> object:
            async with self._turn:
                return await work(engine)

        return waiting

    def _travelled(self, changes: list[Change]) -> None:
        """Say what was taken back or done again, and go to its pair."""
        screen = self._screen
        if not changes:
            screen.say("there is nothing to undo or redo")
            return
        change = changes[-1]
        screen.say(f"{change.action}: {words.state(change.before)} -> {words.state(change.after)}")
        self._follow_soon([_told(change) for change in changes])
        if not screen.queue.select(change.pair_id):
            screen.seek(lambda row: row.row_id == change.pair_id)

    def _follow_soon(self, told: Sequence[PairDecided]) -> None:
        self._screen.run_worker(self._follow(told), group="follow")

    async def _follow(self, told: Sequence[PairDecided]) -> None:
        """Show what was decided in queue, counts and the pair that is shown."""
        screen = self._screen
        is_filtered = screen.wish.filter != EVERY_PAIR
        is_turned = any(each.is_swapped != each.was_swapped for each in told)
        try:
            if is_filtered or is_turned:
                await screen.queue.reload()
            else:
                self._put_states({each.pair_id: each for each in told})
            await screen.count()
        except GemelError as error:
            screen.say(str(error), is_warning=True)
        if any(screen.pane.shows(each.pair_id) for each in told):
            screen.pane.doubt()
        await screen.open_wanted()

    def _put_states(self, states: dict[str, PairDecided]) -> None:
        screen = self._screen
        for row in screen.queue.loaded:
            told = states.get(row.row_id)
            if told is not None and isinstance(row.item, PairItem):
                item = replace(row.item, decision=Choice(told.choice), has_note=told.has_note)
                screen.queue.put(words.row_of(item, screen.glyphs))


def _told(change: Change) -> PairDecided:
    before, after = change.before, change.after
    swaps = (after.is_swapped, before.is_swapped)
    has_note = bool(after.note)
    return PairDecided(
        change.seq or 0, change.pair_id, change.action, after.choice, *swaps, has_note
    )
