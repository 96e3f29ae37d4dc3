"""Rollouts: the runs, the grid of one run's outcomes, and what runs at this moment.

While a run goes on its grid and meter follow the events, and the list of running rollouts
is asked for once a second; otherwise nothing here has a clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer

from core.errors import GemelError
from core.events import CallsMade, Event, RolloutFinished, RunEnded, RunStarted
from core.live import LiveRun
from core.text import clean
from tui.keymap import Group, bindings
from tui.screens.form import FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS, busy_mark, mark_of
from tui.screens.run_board import RunBoard, Slot
from tui.screens.run_form import FIELDS, RunWish, amount_of, read_run
from tui.screens.run_meter import meter_lines
from tui.screens.run_rows import LIVE, RUNS, live_row, run_row
from tui.screens.trace import Traced, TraceScreen
from tui.widgets.heat_grid import BLANK, Axes, HeatGrid, Mark
from tui.widgets.meter import Meter
from tui.widgets.virtual_list import Fetch, Page, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.runs import RunSummary

_LOOK_S = 1.0


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
        self._sides: dict[str, int] = {}
        self._board: RunBoard | None = None
        self._shown = ""
        self._timer: Timer | None = None
        self._is_looking = False

    def compose_body(self) -> ComposeResult:
        """The meter; the runs and what runs now; the grid."""
        yield Meter()
        with Container(id="panes"):
            with Vertical(id="lists"):
                yield VirtualList(RUNS, self.glyphs, empty="no run yet: S starts one", id="runs")
                yield VirtualList(LIVE, self.glyphs, id="live")
            yield HeatGrid(self.glyphs, id="grid")

    def on_mount(self) -> None:
        """Nothing moves before something runs."""
        self._timer = self.set_interval(_LOOK_S, self._look, pause=True)
        self._live_list.display = False

    async def load(self, engine: Engine) -> None:
        """The runs, and the grid of the one under the cursor."""
        known = {run.run_id for run in self._runs}
        self._runs = await engine.list_runs()
        self._live = {run.run_id: run for run in await engine.live_runs()}
        splits = await engine.list_splits()
        self._sides = splits[0].sides if splits else {}
        await _fetch(self._runs_list, self._run_page)
        fresh = [run.run_id for run in self._runs if run.run_id not in known]
        if known and fresh:  # what has just begun is what one wants to see
            self._runs_list.select(fresh[0])
        await self._show_run(engine, self._selected())
        await self._show_live()

    def take(self, events: Sequence[Event]) -> None:
        """Marks and totals of the run that is shown."""
        board = self._board
        if any(isinstance(event, RunStarted | RunEnded) for event in events):
            self.reload()
        if board is None:
            return
        for event in events:
            if isinstance(event, RolloutFinished):
                if (slot := board.finish(event)) is not None:
                    self._grid.put(board.place_of(slot), self._mark_of(board, slot))
            elif isinstance(event, CallsMade):
                board.spend(event)
        board.tick(asyncio.get_running_loop().time())
        self._show_meter()

    @on(VirtualList.Highlighted, "#runs")
    def _another_run(self) -> None:
        if self._selected() != self._shown:
            self.reload()

    @on(VirtualList.Opened, "#runs")
    def _to_grid(self) -> None:
        self._grid.focus()

    @on(VirtualList.Opened, "#live")
    def _not_yet(self) -> None:
        self.say("this rollout still runs; when it is finished, the grid opens it")

    @on(HeatGrid.Moved)
    def _describe(self) -> None:
        self._show_meter()

    @on(HeatGrid.Opened)
    def _open(self, event: HeatGrid.Opened) -> None:
        board = self._board
        if board is None:
            return
        slot = board.slot_at(event.place)
        if slot not in board.rollout_ids:
            self.say("there is nothing to open yet: this rollout is not finished")
            return
        task_id, arm_id, _ = slot
        opened = [
            Traced(board.rollout_ids[other], f"{task_id}, seed {seed}")
            for seed in board.grid.seeds
            if (other := (task_id, arm_id, seed)) in board.rollout_ids
        ]
        first = [traced.rollout_id for traced in opened].index(board.rollout_ids[slot])
        self.app.push_screen(TraceScreen([(traced,) for traced in opened], first))

    def action_start(self) -> None:
        """Fill in a run, see what it costs, start it."""
        read = partial(read_run, sides=self._sides)
        self.app.push_screen(FormScreen("start a run", FIELDS, read), self._start)

    def action_stop(self) -> None:
        """Stop the run under the cursor."""
        run_id = self._selected()
        if run_id not in self._live:
            self.say("the run under the cursor is not running: there is nothing to stop")
            return
        question = f"Stop {run_id}? What is finished stays; R goes on with the rest."
        self.ask("stop", lambda engine: engine.stop_run(run_id), question=question)

    def action_resume(self) -> None:
        """Do what is missing of the run under the cursor."""
        board = self._board
        if board is None or board.status in ("finished", "running"):
            self.say("nothing is missing of the run under the cursor")
            return
        run_id, n_left = board.grid.run_id, board.n_planned - board.n_done
        policies = {arm.policy for arm in board.grid.arms}
        amount = amount_of(policies, n_left * board.grid.n_iterations)
        question = f"Resume {run_id}: {n_left:,} rollouts, {amount}?"
        self.ask("resume", lambda engine: engine.resume_run(run_id), question=question)

    def _start(self, wish: object) -> None:
        if isinstance(wish, RunWish):
            self.ask(
                "run",
                lambda engine: engine.run_rollouts(wish.options, "latest", wish.side),
                question=wish.question,
            )

    @property
    def _runs_list(self) -> VirtualList:
        return self.query_one("#runs", VirtualList)

    @property
    def _live_list(self) -> VirtualList:
        return self.query_one("#live", VirtualList)

    @property
    def _grid(self) -> HeatGrid:
        return self.query_one(HeatGrid)

    def _selected(self) -> str:
        row = self._runs_list.row
        return row.row_id if row is not None else ""

    async def _run_page(self, offset: int, limit: int) -> Page:
        runs = self._runs[offset : offset + limit]
        rows = [run_row(run, self._live.get(run.run_id), self.glyphs) for run in runs]
        return Page(rows, len(self._runs))

    async def _live_page(self, offset: int, limit: int) -> Page:
        running = [rollout for run in self._live.values() for rollout in run.rollouts]
        now = datetime.now(UTC).replace(tzinfo=None)  # as the engine tells it
        return Page(
            [live_row(each, now) for each in running[offset : offset + limit]], len(running)
        )

    async def _show_run(self, engine: Engine, run_id: str) -> None:
        self._shown = run_id
        if not run_id:
            self._board = None
            self._grid.show(Axes(), {})
            self._show_meter()
            return
        board = RunBoard.of(await engine.run_grid(run_id), await engine.show_run(run_id))
        live = self._live.get(run_id)
        board.watch(live)
        if live is not None:
            board.spend(live)
        self._board = board
        n_seeds = len(board.grid.seeds)
        blocks = tuple((clean(arm.policy), n_seeds) for arm in board.grid.arms)
        slots = [*board.outcomes, *board.running]
        marks = {board.place_of(slot): self._mark_of(board, slot) for slot in slots}
        labels = tuple(clean(task_id) for task_id in board.grid.task_ids)
        self._grid.show(Axes(labels, blocks), marks)
        self._show_meter()

    def _mark_of(self, board: RunBoard, slot: Slot) -> Mark:
        if slot in board.outcomes:
            return mark_of(board.outcomes[slot], self.glyphs)
        return busy_mark(self.glyphs) if slot in board.running else BLANK

    def _show_meter(self) -> None:
        meter, board = self.query_one(Meter), self._board
        if board is None:
            meter.show([])
            return
        cursor = self._grid.cursor if self._grid.has_focus else None
        slot = board.slot_at(cursor) if cursor is not None else None
        meter.show(meter_lines(board, self.glyphs, self.size.width, slot))

    def _look(self) -> None:
        if self.is_current and not self._is_looking and self.engine is not None:
            self._is_looking = True
            self.run_worker(self._look_now(self.engine), group="look")

    async def _look_now(self, engine: Engine) -> None:
        try:
            with suppress(GemelError):  # the link says that the engine is lost
                self._live = {run.run_id: run for run in await engine.live_runs()}
                await self._show_live()
        finally:
            self._is_looking = False

    async def _show_live(self) -> None:
        self._live_list.display = bool(self._live)
        if self._timer is not None:
            (self._timer.resume if self._live else self._timer.pause)()
        if self._live:
            await _fetch(self._live_list, self._live_page)
        for run in self._runs:
            if (live := self._live.get(run.run_id)) is not None:
                self._runs_list.put(run_row(run, live, self.glyphs))
        board = self._board
        if board is None:
            return
        mine = self._live.get(board.grid.run_id)
        if mine is not None:
            board.spend(mine)
            board.status = "running"
        board.tick(asyncio.get_running_loop().time())
        for slot in board.watch(mine):
            self._grid.put(board.place_of(slot), self._mark_of(board, slot))
        self._show_meter()


async def _fetch(rows: VirtualList, fetch: Fetch) -> None:
    """Begin, or fetch again with the cursor kept."""
    if rows.row is None:
        await rows.show(fetch)
    else:
        await rows.reload()
