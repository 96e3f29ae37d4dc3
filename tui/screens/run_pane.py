"""The rollouts of one run, as a grid of task and seed or as a list, under one filter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.worker import WorkType

from core.errors import GemelError
from core.rollouts.contrast import ContrastReport
from core.store.rollout_pages import RolloutPage
from core.text import clean
from tui.screens.mode import Host
from tui.screens.run_board import RunBoard, Slot
from tui.screens.run_filter import ONLY, RolloutWish, filter_form
from tui.screens.run_grid_view import GridView
from tui.screens.run_rows import EACH, each_row, item_traced, traced_of
from tui.screens.trace import Traced, TraceScreen
from tui.widgets.cells import Glyphs
from tui.widgets.heat_grid import Axes, HeatGrid
from tui.widgets.virtual_list import Page, VirtualList

Fetch = Callable[[str, RolloutWish, int, int], Awaitable[RolloutPage]]
"""Some finished rollouts of a run."""

_EMPTY = "no rollout is finished, or none fits the filter; C shows all"


class RolloutsPane(Container):
    """Shows a board; whoever holds it tells what changed on it."""

    DEFAULT_CSS = """
    RolloutsPane { height: 1fr; width: 1fr; }
    """

    class Moved(Message):
        """The cursor of the grid stands elsewhere, or the filter is another."""

    def __init__(self, glyphs: Glyphs, fetch: Fetch) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._fetch = fetch
        self._marked: Traced | None = None
        self.wish = RolloutWish()
        self.view: GridView | None = None
        """The run that is shown, as far as the filter lets it through."""

    def compose(self) -> ComposeResult:
        """Both; one of them is shown."""
        yield HeatGrid(self._glyphs, id="grid")
        each = VirtualList(EACH, self._glyphs, empty=_EMPTY, id="each")
        each.display = False
        yield each

    @property
    def slot(self) -> Slot | None:
        """What the cursor of the grid stands on while it has the focus."""
        place, view = self._grid.cursor, self.view
        if view is None or place is None or not self._grid.has_focus:
            return None
        return view.slot_at(place)

    @property
    def rollout(self) -> Traced | None:
        """The finished rollout under the cursor of what has the focus."""
        if self._each.has_focus:
            return item_traced(self._each.row)
        view, slot = self.view, self.slot
        if view is None or slot is None or slot not in view.board.outcomes:
            return None
        return traced_of(view.board, slot) if view.admits(slot) else None

    @property
    def chosen(self) -> str:
        """The id of what the cursor stands on, finished or not; empty elsewhere."""
        if self.rollout is not None:
            return self.rollout.rollout_id
        slot = self.slot
        return self.view.board.rollout_id_of(slot) if self.view is not None and slot else ""

    def show(self, board: RunBoard | None) -> None:
        """Show a run as it stands; the cursor stays on its task."""
        old, self.view = self.view, None
        run_id = board.grid.run_id if board is not None else ""
        is_same = old is not None and old.board.grid.run_id == run_id
        if board is None:
            self._grid.show(Axes(), {})
        else:
            known = old.contrast if old is not None and is_same else None
            view = self.view = GridView(board, self._glyphs, self.wish.filter, known)
            self._grid.show(view.axes, view.marks(), view.notes())
        if not is_same:
            self._list_anew()
        elif self._each.display:
            self._read(self._each.reload)

    def put(self, slot: Slot) -> None:
        """Show what became of a slot, and of its task."""
        view = self.view
        if view is None:
            return
        if view.lacks(slot):
            self.show(view.board)
        elif (place := view.place_of(slot)) is not None:
            self._grid.put(place, view.mark_of(slot))
            self._grid.note(place.row, view.note_of(slot[0]))

    def know(self, contrast: ContrastReport) -> None:
        """Show what was found of contrast, if it is of this run."""
        view = self.view
        if view is not None and view.board.grid.run_id == contrast.run_id:
            view.know(contrast)
            for row, note in view.notes().items():
                self._grid.note(row, note)

    def focus_rollouts(self) -> None:
        """Put the focus on the grid, or on the list in its place."""
        (self._each if self._each.display else self._grid).focus()

    def turn(self) -> None:
        """The list in place of the grid, or the grid again."""
        is_list = not self._each.display
        self._each.display, self._grid.display = is_list, not is_list
        self.focus_rollouts()
        self._list_anew()

    def ask_filter(self) -> None:
        """Ask which rollouts to show."""
        self.app.push_screen(filter_form(self.wish), self._take)

    def only_next(self) -> None:
        """Go through the outcomes: all of them, then one at a time."""
        only = ONLY[(ONLY.index(self.wish.only) + 1) % len(ONLY)]
        self._take(replace(self.wish, only=only))

    def show_all(self) -> None:
        """No filter any more; the order stays."""
        self._take(RolloutWish(sort=self.wish.sort))

    def order_next(self) -> str:
        """Another order of the list; returns its name."""
        self._take(self.wish.in_next_order())
        return self.wish.sort.value

    def beside(self) -> str:
        """Mark a rollout, or open it beside the marked one; returns what to say."""
        here, marked = self.rollout, self._marked
        if here is None:
            return "b marks a finished rollout in the grid or the list; tab goes there"
        if marked is None or marked.task_id != here.task_id or marked == here:
            self._marked = here
            return f"{clean(here.label)} is marked; b on another of its task opens both"
        self._marked = None
        self.app.push_screen(TraceScreen([(marked, here)]))
        return ""

    @on(HeatGrid.Opened)
    def _open(self) -> None:
        here, view = self.rollout, self.view
        slot = self.slot
        if view is not None and slot is not None and view.is_begun(slot):
            self.app.push_screen(TraceScreen([(traced_of(view.board, slot),)]))
            return
        if here is None or view is None:
            self._say("there is nothing to open here: no rollout that is begun and shown")
            return
        opened = [traced_of(view.board, slot) for slot in view.finished()]
        self.app.push_screen(TraceScreen([(each,) for each in opened], opened.index(here)))

    @on(VirtualList.Opened, "#each")
    def _open_row(self, event: VirtualList.Opened) -> None:
        here = item_traced(event.row)
        if here is not None:
            opened = [traced for row in self._each.loaded if (traced := item_traced(row))]
            self.app.push_screen(TraceScreen([(each,) for each in opened], opened.index(here)))

    @on(HeatGrid.Moved)
    def _moved(self) -> None:
        self.post_message(self.Moved())

    @property
    def _grid(self) -> HeatGrid:
        return self.query_one(HeatGrid)

    @property
    def _each(self) -> VirtualList:
        return self.query_one(VirtualList)

    def _take(self, wish: object) -> None:
        if isinstance(wish, RolloutWish) and wish != self.wish:
            self.wish = wish
            if self.view is not None:
                self.show(self.view.board)
            self._list_anew()
            self.post_message(self.Moved())

    def _list_anew(self) -> None:
        if self._each.display:
            self._read(lambda: self._each.show(self._page))

    def _read(self, work: Callable[[], Awaitable[None]]) -> None:
        async def read() -> None:
            try:
                await work()
            except GemelError as error:
                self._say(str(error), is_warning=True)

        # As a function: one that is ended before it begins leaves no coroutine over.
        reading: WorkType[None] = read
        self.run_worker(reading, group="each", exclusive=True)

    async def _page(self, offset: int, limit: int) -> Page:
        if self.view is None:
            return Page([], 0)
        page = await self._fetch(self.view.board.grid.run_id, self.wish, offset, limit)
        return Page([each_row(item, self._glyphs) for item in page.rows], page.n_total)

    def _say(self, text: str, *, is_warning: bool = False) -> None:
        app = self.app
        assert isinstance(app, Host)
        app.say(text, is_warning=is_warning)
