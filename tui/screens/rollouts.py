"""Rollouts: the runs, one run's outcomes as a grid or a list, and what runs at this moment.

While a run goes on its grid and meter follow the events, the list of running rollouts is asked
for once a second and what is found of contrast every few; otherwise nothing here has a clock.
What the keys do to runs is done by `RunDesk`, a new run is begun by `RunStart`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.worker import WorkType

from core.errors import EngineAbsentError, GemelError
from core.events import (
    CallsMade,
    Event,
    RolloutFinished,
    RolloutRequeued,
    RunContinued,
    RunDraining,
    RunEnded,
    RunPaused,
    RunStarted,
)
from core.live import LiveRun, LiveStage, RunStatus
from tui.keymap import Group, bindings
from tui.offer import Offer
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS
from tui.screens.run_board import RunBoard
from tui.screens.run_desk import RunDesk
from tui.screens.run_filter import RolloutWish
from tui.screens.run_meter import meter_lines
from tui.screens.run_pane import RolloutsPane
from tui.screens.run_rows import LIVE, RUNS, item_traced, live_row, run_row
from tui.screens.run_start import RunStart
from tui.screens.trace import TraceScreen
from tui.screens.trace_file import rollout_offer
from tui.widgets.meter import Meter
from tui.widgets.virtual_list import Fetch, Page, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.rollout_pages import RolloutPage
    from core.store.runs import RunSummary

_LOOK_S = 1.0
_LOOKS_PER_CONTRAST = 5
_CHANGES = (RunStarted, RunPaused, RunContinued, RunDraining, RunEnded)


class RolloutsScreen(ModeScreen):
    """Key 3."""

    group = Group.ROLLOUTS
    CSS_PATH = "rollouts.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.ROLLOUTS)]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[RunSummary] = []
        self._live: dict[str, LiveRun] = {}
        self._shown = ""
        self._timer: Timer | None = None
        self._is_looking = False
        self._n_looks = 0
        self._desk = RunDesk(self)
        self._start = RunStart(self)

    def compose_body(self) -> ComposeResult:
        """The meter; the runs and what runs now; the grid, or the list in its place."""
        yield Meter()
        with Container(id="panes"):
            with Vertical(id="lists"):
                yield VirtualList(RUNS, self.glyphs, empty="no run yet: S starts one", id="runs")
                yield VirtualList(LIVE, self.glyphs, id="live")
            yield RolloutsPane(self.glyphs, self._rollouts)

    def on_mount(self) -> None:
        """Nothing moves before something runs."""
        self._timer = self.set_interval(_LOOK_S, self._look, pause=True)
        self._live_list.display = False

    async def load(self, engine: Engine) -> None:
        """The runs, and the one under the cursor; shown together once all is known."""
        known = {run.run_id for run in self._runs}
        runs = await engine.list_runs()
        live = {run.run_id: run for run in await engine.live_runs()}
        fresh = [run.run_id for run in runs if run.run_id not in known]
        # What has just begun is what one wants to see.
        wanted = fresh[0] if known and fresh else self.selected
        if wanted not in {run.run_id for run in runs}:
            wanted = runs[0].run_id if runs else ""
        board = None
        if wanted:
            board = RunBoard.of(await engine.run_grid(wanted), await engine.show_run(wanted))
            board.limit_microusd = (await engine.spending(wanted)).limit
        if not self.is_attached:  # left meanwhile
            return
        self._runs, self._live = runs, live
        self._shown = wanted
        await _fetch(self._runs_list, self._run_page)
        if known and fresh:
            self._runs_list.select(wanted)
        self._show_board(board)
        await self._show_live()
        self._read_contrast()

    def take(self, events: Sequence[Event]) -> None:
        """Marks and totals of the run that is shown."""
        view = self._pane.view
        if any(isinstance(event, _CHANGES) for event in events):
            self.reload()
        if view is None:
            return
        board = view.board
        for event in events:
            match event:
                case RolloutFinished():
                    if (slot := board.finish(event)) is not None:
                        self._pane.put(slot)
                case RolloutRequeued():
                    if board.requeue(event) is not None:
                        self._pane.show(board)
                case CallsMade():
                    board.spend(event)
                case RunPaused(run_id) if run_id == board.grid.run_id:
                    board.stand(RunStatus.PAUSED)
                case RunContinued(run_id) if run_id == board.grid.run_id:
                    board.stand(RunStatus.RUNNING)
                case _:
                    pass
        board.tick(asyncio.get_running_loop().time())
        self._show_meter()

    def offer(self) -> Offer | None:
        """The rollout under the cursor of the grid; elsewhere the row under the cursor."""
        traced = self._pane.rollout
        return rollout_offer(traced.rollout_id) if traced is not None else None

    @property
    def selected(self) -> str:
        """The run under the cursor; empty without runs."""
        row = self._runs_list.row
        return row.row_id if row is not None else ""

    def propose(self, values: Mapping[str, str]) -> None:
        """Begin the form of a run with such values in it."""
        self._start.begin(values)

    def action_start(self) -> None:
        """Fill in a run, see what it costs, start it."""
        self._start.begin()

    def action_pause(self) -> None:
        """Hold the run under the cursor, or let it go on."""
        self._desk.pause(self.selected)

    def action_stop(self) -> None:
        """Stop the run under the cursor, paused or not."""
        self._desk.stop(self.selected)

    def action_drain(self) -> None:
        """Let the run under the cursor finish what is begun, and then stop."""
        self._desk.drain(self.selected)

    def action_requeue(self) -> None:
        """Do the rollout under the cursor again: put aside, or ended by infrastructure."""
        pane = self._pane
        chosen = pane.chosen
        if pane.view is None or not chosen:
            self.say("A does a rollout again: put the cursor on it, in the grid or the list")
        else:
            self._desk.requeue(chosen, pane.view.board.grid)

    def action_resume(self) -> None:
        """Do what is missing of the run under the cursor."""
        self._desk.resume(self.selected)

    def action_at_once(self) -> None:
        """Choose how many rollouts of the run under the cursor go on at once."""
        self._desk.at_once(self.selected)

    def action_ceiling(self) -> None:
        """Choose what the run under the cursor may spend."""
        self._desk.ceiling(self.selected)

    def action_put_aside(self) -> None:
        """End the running rollout under the cursor for now."""
        row = self._live_list.row
        if row is None or not self._live_list.has_focus:
            self.say("tab goes to the running rollouts; the one under the cursor is put aside")
        else:
            self._desk.put_aside(row.row_id)

    def action_filter(self) -> None:
        """Ask which rollouts to show."""
        self._pane.ask_filter()

    def action_only(self) -> None:
        """Go through the outcomes: all of them, then one at a time."""
        self._pane.only_next()

    def action_show_all(self) -> None:
        """No filter any more; the order stays."""
        self._pane.show_all()

    def action_order(self) -> None:
        """Another order of the list."""
        self.say(f"list of rollouts: {self._pane.order_next()}")

    def action_grid_or_list(self) -> None:
        """The rollouts as a grid, or as a list with what each took and why it ended."""
        self._pane.turn()

    def action_beside(self) -> None:
        """Mark a rollout, then open it beside another one of its task."""
        if said := self._pane.beside():
            self.say(said)

    @on(VirtualList.Highlighted, "#runs")
    def _another_run(self) -> None:
        if self.selected != self._shown:
            self.reload()

    @on(VirtualList.Opened, "#runs")
    def _to_rollouts(self) -> None:
        self._pane.focus_rollouts()

    @on(VirtualList.Opened, "#live")
    def _open_running(self, event: VirtualList.Opened) -> None:
        if (running := item_traced(event.row)) is not None:
            self.app.push_screen(TraceScreen([(running,)]))

    @on(VirtualList.Failed)
    def _page_failed(self, event: VirtualList.Failed) -> None:
        self.say(str(event.error), is_warning=True)

    @on(RolloutsPane.Moved)
    def _describe(self) -> None:
        self._show_meter()

    @property
    def _runs_list(self) -> VirtualList:
        return self.query_one("#runs", VirtualList)

    @property
    def _live_list(self) -> VirtualList:
        return self.query_one("#live", VirtualList)

    @property
    def _pane(self) -> RolloutsPane:
        return self.query_one(RolloutsPane)

    async def _run_page(self, offset: int, limit: int) -> Page:
        runs = self._runs[offset : offset + limit]
        rows = [run_row(run, self._live.get(run.run_id), self.glyphs) for run in runs]
        return Page(rows, len(self._runs))

    async def _live_page(self, offset: int, limit: int) -> Page:
        running = [(each, run.rest_s) for run in self._live.values() for each in run.rollouts]
        now = datetime.now(UTC).replace(tzinfo=None)  # as the engine tells it
        return Page(
            [live_row(each, now, rest_s) for each, rest_s in running[offset : offset + limit]],
            len(running),
        )

    async def _rollouts(
        self, run_id: str, wish: RolloutWish, offset: int, limit: int
    ) -> RolloutPage:
        if self.engine is None:
            raise EngineAbsentError("there is no engine to ask yet; r tries again")
        return await self.engine.rollouts_page(run_id, wish.filter, wish.sort, offset, limit)

    def _show_board(self, board: RunBoard | None) -> None:
        live = self._live.get(board.grid.run_id) if board is not None else None
        if board is not None:
            board.watch(live)
            if live is not None:
                board.spend(live)
        self._pane.show(board)
        self._show_meter()

    def _show_meter(self) -> None:
        meter, pane = self.query_one(Meter), self._pane
        lines = []
        if pane.view is not None:
            lines = meter_lines(pane.view, self.size.width, pane.slot, pane.wish.shown)
        meter.show(lines)

    def _look(self) -> None:
        if self.is_current and not self._is_looking and self.engine is not None:
            self._is_looking = True
            self.run_worker(self._look_now(self.engine), group="look")
            self._n_looks += 1
            if self._n_looks % _LOOKS_PER_CONTRAST == 0:
                self._read_contrast()

    async def _look_now(self, engine: Engine) -> None:
        try:
            with suppress(GemelError):  # the link says that the engine is lost
                self._live = {run.run_id: run for run in await engine.live_runs()}
                await self._show_live()
        finally:
            self._is_looking = False

    def _read_contrast(self) -> None:
        view, engine = self._pane.view, self.engine
        if view is not None and view.board.gives_pairs and engine is not None:
            work: WorkType[None] = partial(self._show_contrast, engine, view.board.grid.run_id)
            self.run_worker(work, group="contrast", exclusive=True)

    async def _show_contrast(self, engine: Engine, run_id: str) -> None:
        with suppress(GemelError):  # the link says that the engine is lost
            contrast = await engine.show_contrast(run_id)
            if self.children:  # without any, the screen was left meanwhile
                self._pane.know(contrast)
                self._show_meter()

    async def _show_live(self) -> None:
        self._live_list.display = bool(self._live)
        if self._timer is not None:
            is_still = all(_is_still(run) for run in self._live.values())
            (self._timer.pause if is_still else self._timer.resume)()
        if self._live:
            await _fetch(self._live_list, self._live_page)
        for run in self._runs:
            if (live := self._live.get(run.run_id)) is not None:
                self._runs_list.put(run_row(run, live, self.glyphs))
        view = self._pane.view
        if view is None:
            return
        board = view.board
        mine = self._live.get(board.grid.run_id)
        if mine is not None:
            board.spend(mine)
            board.stand(mine.status)
        board.tick(asyncio.get_running_loop().time())
        for slot in board.watch(mine):
            self._pane.put(slot)
        self._show_meter()


def _is_still(run: LiveRun) -> bool:
    """Whether nothing of it changes before an event tells so."""
    is_held = all(rollout.stage is LiveStage.WAITING for rollout in run.rollouts)
    return run.status is RunStatus.PAUSED and is_held


async def _fetch(rows: VirtualList, fetch: Fetch) -> None:
    """Begin, or fetch again with the cursor kept."""
    if rows.row is None:
        await rows.show(fetch)
    else:
        await rows.reload()
