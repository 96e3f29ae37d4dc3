"""Pairs: the queue, one pair's two programs beside each other, and a person's decisions.

A decision shows at once and the cursor goes on; the engine takes the decisions in the order
of the keys. What it refuses is read again as it is stored.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.errors import EngineAbsentError, GemelError
from core.pairs.decisions import Action, Change, apply
from core.pairs.operations import DatasetReport
from core.pairs.queue import Funnel
from core.store.decisions import Choice, Decision
from core.store.pair_pages import EVERY_PAIR, PairItem
from core.text import clean, one_line
from tui.clipboard import copy
from tui.keymap import Group, bindings, same_keys
from tui.screens import pair_words as words
from tui.screens.form import Field, FormScreen
from tui.screens.funnel import FunnelScreen
from tui.screens.mode import ModeScreen
from tui.screens.pair_files import Export, export_form, open_in_editor
from tui.screens.pair_pane import PairPane
from tui.widgets.virtual_list import Page, Row, VirtualList

if TYPE_CHECKING:
    from core.engine import Engine

_HEIGHTS = [(0, "-short"), (36, "-tall")]
"""From 36 lines on, details stand below the difference."""
_NO_PAIRS = "No pairs yet: b builds them from the newest run; 3 shows the runs."
_NO_MATCH = "No pair fits: / changes the filter, o what is shown."


class PairsScreen(ModeScreen):
    """The newest build of pairs."""

    group = Group.PAIRS
    CSS_PATH = "pairs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Group.PAIRS),
        same_keys("back", "shrink"),
    ]
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(self) -> None:
        super().__init__()
        self._build = ""
        self._wish = words.Wish()
        self._funnel: Funnel | None = None
        self._turn = asyncio.Lock()

    def compose_body(self) -> ComposeResult:
        """Counts, queue, the pair under the cursor."""
        # Held, since what is asked for may come when a screen that ends has let go of them.
        self._bar = Static(id="bar", markup=False)
        self.queue = VirtualList(words.COLUMNS, self.glyphs, empty=_NO_PAIRS, id="queue")
        self.pane = PairPane(self.glyphs)
        yield from (self._bar, self.queue, self.pane)

    async def load(self, engine: Engine) -> None:
        """Read the newest build, or what is new in it."""
        builds = await engine.list_builds()
        if not builds:
            self._show_build("")
        elif builds[0].build_id != self._build:
            self._show_build(builds[0].build_id)
            await self.queue.show(self._page)
            if (row := self.queue.row) is not None and not _is_undecided(row):
                await self.queue.seek(_is_undecided)
        else:
            await self.queue.reload()
        await self._count(engine)
        self.pane.doubt()
        await self._open(engine)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key that leaves first leaves what fills the screen."""
        is_filled = self.has_class("-details") or self.has_class("-zoom")
        return is_filled if action == "shrink" else True

    def action_decide(self, name: str) -> None:
        """Decide on the pair under the cursor; keep, drop and flag go on to the next one."""
        item = self._item
        if item is None:
            return
        action = Action(name)
        if action is Action.FLAG and item.decision is Choice.FLAG:
            action = Action.UNFLAG
        self._decide(item, action)
        if action in (Action.KEEP, Action.DROP, Action.FLAG):
            self._go_on()

    def action_note(self) -> None:
        """Write a note on the pair."""
        item = self._item
        if item is None:
            return
        view = self.pane.view
        old = view.decision.note if view is not None and self.pane.shows(item.pair_id) else ""
        fields = [Field("note", "note", old, "")]
        self._put_form(
            FormScreen(f"Note on {one_line(clean(item.task_id), 40)}", fields, lambda v: v["note"]),
            lambda note: self._decide(item, Action.NOTE, str(note)),
        )

    def action_undo(self) -> None:
        """Take back the newest decision, and go to its pair."""
        self.ask("undo", self._in_turn(lambda engine: engine.undo()), then=self._travelled)

    def action_redo(self) -> None:
        """Do again what was taken back."""
        self.ask("redo", self._in_turn(lambda engine: engine.redo()), then=self._travelled)

    def action_build(self) -> None:
        """Build pairs from the newest run."""
        self.say("building pairs from the newest run")
        self.ask("build pairs", lambda engine: engine.build_pairs(), then=lambda _: self.reload())

    def action_pair(self, n: int) -> None:
        """To a later or an earlier pair, wherever the focus is."""
        self.queue.action_move(n)

    def action_difference(self, n: int) -> None:
        """To a later or an earlier difference."""
        if self.has_class("-details"):
            self.action_shrink()
        self.pane.diff.action_difference(n)

    def action_toggle_split(self) -> None:
        """Beside each other or below."""
        self.pane.diff.action_toggle_split()

    def action_toggle_wrap(self) -> None:
        """Wrap long lines or cut them."""
        self.pane.diff.action_toggle_wrap()

    def action_details(self) -> None:
        """Details in place of the difference, and back."""
        self._fill("" if self.has_class("-details") else "-details", self.pane.details)

    def action_maximise_diff(self) -> None:
        """The difference alone, and back."""
        self._fill("" if self.has_class("-zoom") else "-zoom", self.pane.diff)

    def action_shrink(self) -> None:
        """Back to all parts of the screen."""
        self._fill("", self.queue)

    def action_filter(self) -> None:
        """Ask which pairs to show."""
        fields = [Field("words", "filter", self._wish.words, "")]
        heading = f"Show only: {words.FILTER_HELP}"
        form = FormScreen(heading, fields, lambda values: self._wish.with_words(values["words"]))
        self._put_form(form, self._want)

    def action_only(self) -> None:
        """Go through the decisions: all pairs, undecided ones, kept ones and so on."""
        choices = words.CHOICES
        only = choices[(choices.index(self._wish.only) + 1) % len(choices)]
        self._want(replace(self._wish, only=only))

    def action_order(self) -> None:
        """Go through the orders."""
        at = words.ORDERS.index(self._wish.sort)
        self._want(replace(self._wish, sort=words.ORDERS[(at + 1) % len(words.ORDERS)]))

    def action_funnel(self) -> None:
        """Show what was dropped on the way, and why."""
        if self._funnel is None:
            self.say(_NO_PAIRS)
        else:
            self.app.push_screen(FunnelScreen(self._funnel))

    def action_copy(self) -> None:
        """Copy the difference, by terminal and by file."""
        if self.pane.view is not None:
            self.say(copy(self.app, words.as_text(self.pane.view)))

    def action_editor(self) -> None:
        """Show a copy of the pair in the user's editor."""
        if self.pane.view is None:
            return
        text = words.as_text(self.pane.view)
        try:
            with self.app.suspend():
                said = open_in_editor(text, os.environ)
        except SuspendNotSupported:
            said = "this terminal cannot be left for an editor; y copies the pair"
        self.say(said)

    def action_export(self) -> None:
        """Ask for path and format, and write the pairs."""
        if self._funnel is None:
            self.say(_NO_PAIRS)
            return
        n_flagged = self._funnel.decisions.n_flagged
        self._put_form(export_form(self._funnel.n_dataset, n_flagged), self._export)

    @on(VirtualList.Highlighted, "#queue")
    def _pair_changed(self) -> None:
        self.run_worker(self._open_wanted(), group="pair")

    @on(VirtualList.Opened, "#queue")
    def _look_closer(self) -> None:
        self.set_focus(self.pane.diff)

    @on(VirtualList.Failed)
    def _page_failed(self, event: VirtualList.Failed) -> None:
        self.say(str(event.error), is_warning=True)

    @property
    def _item(self) -> PairItem | None:
        row = self.queue.row
        return row.item if row is not None and isinstance(row.item, PairItem) else None

    def _fill(self, part: str, focus: Widget) -> None:
        """Give a part of the screen more room, named by its class; none of them when empty."""
        for name in ("-details", "-zoom"):
            self.set_class(name == part, name)
        self.set_focus(focus if part else self.queue)
        self.refresh_bindings()

    async def _page(self, offset: int, limit: int) -> Page:
        engine = self.engine
        if engine is None:
            raise EngineAbsentError("there is no engine to ask yet; r tries again")
        wish = self._wish
        page = await engine.pairs_page(self._build, wish.filter, wish.sort, offset, limit)
        return Page([words.row_of(item, self.glyphs) for item in page.rows], page.n_total)

    def _show_build(self, build_id: str) -> None:
        self._build = build_id
        self.pane.clear()
        if not build_id:
            self._funnel = None

    async def _count(self, engine: Engine) -> None:
        """Counts of the build as it is decided now."""
        if not self._build:
            self._bar.update(Content(f" {_NO_PAIRS}"), layout=False)
            return
        self._funnel = await engine.funnel(self._build)
        bar = words.bar(self._funnel, self._wish, self.queue.n_total)
        self._bar.update(bar, layout=False)

    async def _open_wanted(self) -> None:
        engine = self.engine
        if engine is not None:
            try:
                await self._open(engine)
            except GemelError as error:
                self.say(str(error), is_warning=True)

    async def _open(self, engine: Engine) -> None:
        """Show the pair under the cursor, wherever that goes meanwhile."""
        await self.pane.follow(
            lambda: self.queue.row.row_id if self.queue.row is not None else "",
            lambda pair_id: engine.show_pair(pair_id, self._build),
        )
        if not self.queue.n_total:
            self.pane.clear()

    def _decide(self, item: PairItem, action: Action, note: str | None = None) -> None:
        old = Decision(item.decision, item.is_swapped, "note" if item.has_note else "")
        state = apply(old, action, note)
        self.queue.put(words.row_of(words.decided(item, state), self.glyphs))

        async def work(engine: Engine) -> Change:
            try:
                return await engine.decide(item.pair_id, action, note)
            except GemelError:
                self.reload()
                raise

        def then(change: Change) -> None:
            task = one_line(clean(item.task_id), 40)
            self.say(f"{action}: {task}; u takes it back")
            self.run_worker(self._follow([change]), group="follow")

        self.ask(action, self._in_turn(work), then=then)

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
        if not changes:
            self.say("there is nothing to undo or redo")
            return
        change = changes[-1]
        self.say(f"{change.action}: {words.state(change.before)} -> {words.state(change.after)}")
        self.run_worker(self._follow(changes), group="follow")
        if not self.queue.select(change.pair_id):
            self.run_worker(self._seek(lambda row: row.row_id == change.pair_id), group="seek")

    async def _follow(self, changes: Sequence[Change]) -> None:
        """Show what changes did to queue, counts and the pair that is shown."""
        engine = self.engine
        if engine is None:
            return
        is_filtered = self._wish.filter != EVERY_PAIR
        is_turned = any(change.before.is_swapped != change.after.is_swapped for change in changes)
        try:
            if is_filtered or is_turned:
                await self.queue.reload()
            else:
                self._put_states({change.pair_id: change.after for change in changes})
            await self._count(engine)
        except GemelError as error:
            self.say(str(error), is_warning=True)
        if any(self.pane.shows(change.pair_id) for change in changes):
            self.pane.doubt()
        await self._open_wanted()

    def _put_states(self, states: Mapping[str, Decision]) -> None:
        for row in self.queue.loaded:
            if row.row_id in states and isinstance(row.item, PairItem):
                item = words.decided(row.item, states[row.row_id])
                self.queue.put(words.row_of(item, self.glyphs))

    def _go_on(self) -> None:
        """To the next undecided pair."""
        if not self.queue.step_to(_is_undecided):
            self.run_worker(self._seek(_is_undecided), group="seek")

    async def _seek(self, is_wanted: Callable[[Row], bool]) -> None:
        try:
            await self.queue.seek(is_wanted)
        except GemelError as error:
            self.say(str(error), is_warning=True)

    def _put_form(self, form: FormScreen, then: Callable[[Any], None]) -> None:
        def take(values: object) -> None:
            if values is not None:
                then(values)

        form.add_class("-long")
        self.app.push_screen(form, take)

    def _want(self, wish: words.Wish) -> None:
        self._wish = wish
        self.queue.empty = _NO_PAIRS if wish.filter == EVERY_PAIR else _NO_MATCH
        self.run_worker(self._begin_queue(), group="queue", exclusive=True)

    async def _begin_queue(self) -> None:
        engine = self.engine
        if engine is None or not self._build:
            return
        try:
            await self.queue.show(self._page)
            await self._count(engine)
            await self._open(engine)
        except GemelError as error:
            self.say(str(error), is_warning=True)

    def _export(self, wanted: Export) -> None:
        is_there = wanted.path.exists()

        def then(report: DatasetReport) -> None:
            self.say(f"{report.n_pairs:,} pairs of {report.n_tasks:,} tasks are in {report.path}")

        self.ask(
            "export",
            lambda engine: engine.export_pairs(
                self._build,
                wanted.path,
                wanted.format,
                overwrite=is_there,
                include_flagged=wanted.include_flagged,
            ),
            then=then,
            question=f"{wanted.path} exists. Replace it?" if is_there else "",
        )


def _is_undecided(row: Row) -> bool:
    return isinstance(row.item, PairItem) and row.item.decision is Choice.UNDECIDED
