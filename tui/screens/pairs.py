"""Pairs: the queue of a build, one pair's two programs beside each other, and the keys.

What the keys do beyond this screen is done by `Deciding` and `Errands`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.errors import EngineAbsentError, GemelError
from core.events import Event, PairDecided
from core.pairs.decisions import Action
from core.pairs.queue import Funnel
from core.store.decisions import Choice
from core.store.pair_pages import EVERY_PAIR, PairItem, PairSort
from tui.keymap import Group, bindings, same_keys
from tui.offer import Offer
from tui.screens import pair_words as words
from tui.screens.form import Field, FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.pair_deciding import Deciding
from tui.screens.pair_errands import Errands
from tui.screens.pair_files import ask_for
from tui.screens.pair_filter import CHOICES, FILTER_HELP, Wish
from tui.screens.pair_pane import PairPane
from tui.screens.pair_text import as_text, whole_text
from tui.widgets.diff_view import DiffView
from tui.widgets.virtual_list import Page, Row, VirtualList

if TYPE_CHECKING:
    from core.engine import Engine

_HEIGHTS = [(0, "-short"), (36, "-tall")]
"""From 36 lines on, details stand below the difference."""


class PairsScreen(ModeScreen):
    """The newest build of pairs, or the one that was chosen."""

    group = Group.PAIRS
    CSS_PATH = "pairs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Group.PAIRS),
        same_keys("back", "shrink"),
        same_keys("maximise", "maximise_diff"),
        same_keys("copy", "copy"),
    ]
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(self) -> None:
        super().__init__()
        self.build = ""
        """The build that is shown."""
        self.run_id = ""
        """The run it is from; empty for a file's."""
        self.wish = Wish()
        self.funnel: Funnel | None = None
        self._chosen = ""
        self._newest = ""
        self._deciding = Deciding(self)
        self._errands = Errands(self)

    def compose_body(self) -> ComposeResult:
        """Counts, queue, the pair under the cursor."""
        # Held, since what is asked for may come when a screen that ends has let go of them.
        self._bar = Static(id="bar", markup=False)
        self.queue = VirtualList(words.COLUMNS, self.glyphs, empty=words.NO_PAIRS, id="queue")
        self.pane = PairPane(self.glyphs)
        yield from (self._bar, self.queue, self.pane)

    async def load(self, engine: Engine) -> None:
        """Read the build, or what is new in it."""
        builds = {build.build_id: build for build in await engine.list_builds()}
        self._newest = next(iter(builds), "")
        wanted = self._chosen if self._chosen in builds else self._newest
        if wanted != self.build:
            self.build = wanted
            self.pane.clear()
            self.funnel = None
            if wanted:
                await self.queue.show(self._page)
                if (row := self.queue.row) is not None and not is_undecided(row):
                    await self.queue.seek(is_undecided)
        elif wanted:
            await self.queue.reload()
        self.run_id = builds[wanted].run_id if wanted else ""
        await self.count()
        self.pane.doubt()
        await self._open(engine)

    def take(self, events: Sequence[Event]) -> None:
        """Show what was decided, here or in another terminal."""
        self._deciding.hear([event for event in events if isinstance(event, PairDecided)])

    def offer(self) -> Offer | None:
        """The pair that is shown, for the editor."""
        view = self.pane.view
        if view is None:
            return None
        name = f"pair {view.pair_id}"
        return Offer(name, as_text(view), whole_text(view), "pair.diff")

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
        self._deciding.decide(item, action)
        if action in (Action.KEEP, Action.DROP, Action.FLAG):
            self._go_on()

    def action_note(self) -> None:
        """Write a note on the pair, or change the one that is there."""
        if self._item is not None:
            self._deciding.note(self._item)

    def action_undo(self) -> None:
        """Take back the newest decision, and go to its pair."""
        self._deciding.undo()

    def action_redo(self) -> None:
        """Do again what was taken back."""
        self._deciding.redo()

    def action_build(self) -> None:
        """Build pairs from a run."""
        self._errands.build()

    def action_choose_build(self) -> None:
        """Show another build."""
        self._errands.choose_build()

    def action_import(self) -> None:
        """Bring in the pairs of a file."""
        self._errands.import_file()

    def action_export(self) -> None:
        """Write the pairs to a file."""
        self._errands.export()

    def action_funnel(self) -> None:
        """Show what was dropped on the way, and why."""
        self._errands.show_funnel()

    def action_traces(self) -> None:
        """Open the two rollouts of the pair beside each other."""
        if self.pane.view is not None:
            self._errands.open_traces(self.pane.view)

    def action_copy(self) -> None:
        """Copy a part of the pair, by terminal and by file."""
        if self.pane.view is not None:
            self._errands.copy(self.pane.view)

    def action_pair(self, n: int) -> None:
        """To a later or an earlier pair, wherever the focus is."""
        self.queue.action_move(n)

    def action_difference(self, n: int) -> None:
        """To a later or an earlier difference."""
        self._show_diff()
        self.pane.diff.action_difference(n)

    def action_search(self) -> None:
        """Ask for a text to be looked for in both programs."""
        self._show_diff()
        old = self.pane.diff.searched
        form = ask_for("Search both programs", Field("text", "text", old, ""), _text)
        self.put_form(form, self._search)

    def action_hit(self, n: int) -> None:
        """To a later or an earlier place of what was searched."""
        if not self.pane.diff.searched:
            self.action_search()
            return
        self._show_diff()
        self.pane.diff.action_hit(n)

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
        field = Field("words", "filter", self.wish.words, "")
        heading = f"Show only: {FILTER_HELP}"
        form = ask_for(heading, field, lambda values: self.wish.with_words(values["words"]))
        self.put_form(form, self._want)

    def action_only(self) -> None:
        """Go through the decisions: all pairs, undecided ones, kept ones and so on."""
        only = CHOICES[(CHOICES.index(self.wish.only) + 1) % len(CHOICES)]
        self._want(replace(self.wish, only=only))

    def action_show_all(self) -> None:
        """No filter any more; the order stays."""
        self._want(Wish(sort=self.wish.sort))

    def action_order(self) -> None:
        """Ask for another order."""
        self._errands.choose_order()

    def choose(self, build_id: str) -> None:
        """Show a build and stay with it, until the newest one is chosen."""
        self._chosen = build_id
        self.reload()

    def show_only(self, choice: Choice) -> None:
        """The pairs with one decision."""
        self._want(Wish(only=choice, sort=self.wish.sort))

    def order_by(self, sort: PairSort) -> None:
        """Another order."""
        self._want(replace(self.wish, sort=sort))

    def seek(self, is_wanted: Callable[[Row], bool]) -> None:
        """To the next such pair, also where its page is not at hand."""
        self.run_worker(self._seek(is_wanted), group="seek")

    def put_form(self, form: FormScreen, then: Callable[[Any], None]) -> None:
        """Show a form, and hand on what it closes with."""

        def take(values: object) -> None:
            if values is not None:
                then(values)

        self.app.push_screen(form, take)

    async def count(self) -> None:
        """Counts of the build as it is decided now."""
        if not self.build or self.engine is None:
            self._bar.update(Content(f" {words.NO_PAIRS}"), layout=False)
            return
        self.funnel = await self.engine.funnel(self.build)
        named = "" if self.build == self._newest else f"build {self.build}"
        bar = words.bar(self.funnel, self.wish, self.queue.n_total, named)
        self._bar.update(bar, layout=False)

    async def open_wanted(self) -> None:
        """Show the pair under the cursor."""
        if self.engine is not None:
            try:
                await self._open(self.engine)
            except GemelError as error:
                self.say(str(error), is_warning=True)

    @on(VirtualList.Highlighted, "#queue")
    def _pair_changed(self) -> None:
        self.run_worker(self.open_wanted(), group="pair")

    @on(VirtualList.Opened, "#queue")
    def _look_closer(self) -> None:
        self.set_focus(self.pane.diff)

    @on(VirtualList.Failed)
    def _page_failed(self, event: VirtualList.Failed) -> None:
        self.say(str(event.error), is_warning=True)

    @on(DiffView.SearchAsked)
    def _ask_for_text(self) -> None:
        self.action_search()

    @property
    def _item(self) -> PairItem | None:
        row = self.queue.row
        return row.item if row is not None and isinstance(row.item, PairItem) else None

    def _search(self, text: str) -> None:
        n_found = self.pane.diff.search(text)
        if text:
            self.say(f"{n_found:,} found; n and N go through them" if n_found else "not found")

    def _show_diff(self) -> None:
        if self.has_class("-details"):
            self.action_shrink()

    def _fill(self, part: str, focus: Widget) -> None:
        """Give a part of the screen more room, named by its class; none of them when empty."""
        for name in ("-details", "-zoom"):
            self.set_class(name == part, name)
        self.set_focus(focus if part else self.queue)
        self.refresh_bindings()

    async def _page(self, offset: int, limit: int) -> Page:
        engine, wish = self.engine, self.wish
        if engine is None:
            raise EngineAbsentError("there is no engine to ask yet; r tries again")
        page = await engine.pairs_page(self.build, wish.filter, wish.sort, offset, limit)
        return Page([words.row_of(item, self.glyphs) for item in page.rows], page.n_total)

    async def _open(self, engine: Engine) -> None:
        """Show the pair under the cursor, wherever that goes meanwhile."""
        await self.pane.follow(
            lambda: self.queue.row.row_id if self.queue.row is not None else "",
            lambda pair_id: engine.show_pair(pair_id, self.build),
        )
        if not self.queue.n_total:
            self.pane.clear()

    def _go_on(self) -> None:
        """To the next undecided pair."""
        if not self.queue.step_to(is_undecided):
            self.seek(is_undecided)

    async def _seek(self, is_wanted: Callable[[Row], bool]) -> None:
        try:
            await self.queue.seek(is_wanted)
        except GemelError as error:
            self.say(str(error), is_warning=True)

    def _want(self, wish: Wish) -> None:
        self.wish = wish
        self.queue.empty = words.NO_PAIRS if wish.filter == EVERY_PAIR else words.NO_MATCH
        self.run_worker(self._begin_queue(), group="queue", exclusive=True)

    async def _begin_queue(self) -> None:
        engine = self.engine
        if engine is None or not self.build:
            return
        try:
            await self.queue.show(self._page)
            await self.count()
            await self._open(engine)
        except GemelError as error:
            self.say(str(error), is_warning=True)


def is_undecided(row: Row) -> bool:
    """Whether nobody has decided on the pair of a row."""
    return isinstance(row.item, PairItem) and row.item.decision is Choice.UNDECIDED


def _text(values: Mapping[str, str]) -> str:
    return values["text"]
