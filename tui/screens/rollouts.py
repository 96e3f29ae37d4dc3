"""Rollouts: the runs, the grid of one run's outcomes, and what runs at this moment.

While a run goes on its grid and meter follow the events, and the list of running rollouts
is asked for once a second; otherwise nothing here has a clock. What a key may do to a run is
judged by what the engine says at that moment, since what is shown may be a little older.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
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
from core.events import (
    CallsMade,
    Event,
    RolloutFinished,
    RunContinued,
    RunEnded,
    RunPaused,
    RunStarted,
)
from core.live import LiveRun, LiveStage, RunStatus
from core.text import clean, plural
from tui.keymap import Group, bindings
from tui.offer import Offer
from tui.screens.form import FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS, busy_mark, mark_of
from tui.screens.run_board import RunBoard, Slot
from tui.screens.run_form import FIELDS, RunWish, amount_of, at_once_form, question_of, read_run
from tui.screens.run_meter import meter_lines
from tui.screens.run_rows import LIVE, RUNS, live_row, run_row
from tui.screens.trace import Traced, TraceScreen
from tui.screens.trace_file import rollout_offer
from tui.widgets.heat_grid import BLANK, Axes, HeatGrid, Mark
from tui.widgets.meter import Meter
from tui.widgets.virtual_list import Fetch, Page, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.rollouts.board import RunGrid
    from core.rollouts.preview import RunPreview
    from core.splits.operations import SplitReport
    from core.store.runs import RunSummary

_LOOK_S = 1.0
_CHANGES = (RunStarted, RunPaused, RunContinued, RunEnded)
_BY = "the app"


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
        """The runs, and the grid of the one under the cursor; shown together once all is known."""
        known = {run.run_id for run in self._runs}
        runs = await engine.list_runs()
        live = {run.run_id: run for run in await engine.live_runs()}
        fresh = [run.run_id for run in runs if run.run_id not in known]
        # What has just begun is what one wants to see.
        wanted = fresh[0] if known and fresh else self._selected()
        if wanted not in {run.run_id for run in runs}:
            wanted = runs[0].run_id if runs else ""
        board = None
        if wanted:
            board = RunBoard.of(await engine.run_grid(wanted), await engine.show_run(wanted))
        self._runs, self._live = runs, live
        self._shown, self._board = wanted, board
        await _fetch(self._runs_list, self._run_page)
        if known and fresh:
            self._runs_list.select(wanted)
        self._show_board()
        await self._show_live()

    def take(self, events: Sequence[Event]) -> None:
        """Marks and totals of the run that is shown."""
        board = self._board
        if any(isinstance(event, _CHANGES) for event in events):
            self.reload()
        if board is None:
            return
        for event in events:
            match event:
                case RolloutFinished():
                    if (slot := board.finish(event)) is not None:
                        self._grid.put(board.place_of(slot), self._mark_of(board, slot))
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
        board, place = self._board, self._grid.cursor
        if board is None or place is None or not self._grid.has_focus:
            return None
        rollout_id = board.rollout_ids.get(board.slot_at(place))
        return rollout_offer(rollout_id) if rollout_id is not None else None

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
        self.ask("start", lambda engine: engine.list_splits(), then=self._fill_in)

    def action_pause(self) -> None:
        """Hold the run under the cursor, or let it go on."""
        run_id = self._selected()
        self._control(run_id, "pause", partial(self._pause, run_id))

    def action_stop(self) -> None:
        """Stop the run under the cursor, paused or not."""
        run_id = self._selected()
        question = f"Stop {run_id}? What is finished stays; R goes on with the rest."
        self._control(
            run_id,
            "stop",
            lambda _: self.ask(
                "stop", lambda engine: engine.stop_run(run_id, _BY), question=question
            ),
        )

    def action_resume(self) -> None:
        """Do what is missing of the run under the cursor."""
        if run_id := self._selected():
            self.ask("resume", lambda engine: engine.run_grid(run_id), then=self._resume)

    def action_at_once(self) -> None:
        """Choose how many rollouts of the run under the cursor go on at once."""
        run_id = self._selected()

        def ask(live: LiveRun) -> None:
            self.app.push_screen(at_once_form(live.n_concurrent), take)

        def take(n: object) -> None:
            if isinstance(n, int):
                self.ask("at once", lambda engine: engine.set_concurrency(n, run_id))

        self._control(run_id, "at once", ask)

    def action_put_aside(self) -> None:
        """End the running rollout under the cursor for now."""
        row = self._live_list.row
        if row is None or not self._live_list.has_focus:
            self.say("tab goes to the running rollouts; the one under the cursor is put aside")
            return
        self.ask(
            "put aside",
            lambda engine: engine.put_rollout_aside(row.row_id),
            question=f"Put {row.row_id} aside? A resume does it later, from where it stood.",
        )

    def _control(self, run_id: str, what: str, do: Callable[[LiveRun], None]) -> None:
        """Do something to a run that is going on, if the engine says that it is."""

        def judge(runs: tuple[LiveRun, ...]) -> None:
            live = next((run for run in runs if run.run_id == run_id), None)
            if live is None:
                self.say(f"{what}: the run under the cursor is not going on")
            else:
                do(live)

        self.ask(what, lambda engine: engine.live_runs(), then=judge)

    def _pause(self, run_id: str, live: LiveRun) -> None:
        if live.status is RunStatus.PAUSED:
            self.ask("continue", lambda engine: engine.continue_run(run_id, _BY))
        else:
            self.ask("pause", lambda engine: engine.pause_run(run_id, _BY))

    def _resume(self, grid: RunGrid) -> None:
        n_planned = len(grid.arms) * len(grid.task_ids) * len(grid.seeds)
        n_errors = sum(cell.outcome == "error" for cell in grid.cells)
        n_left = n_planned - len(grid.cells)
        if grid.status in (RunStatus.RUNNING, RunStatus.PAUSED):
            self.say("resume: the run under the cursor goes on; space holds it, X stops it")
            return
        if not n_left and (not n_errors or grid.kind != "rollouts"):
            self.say("resume: nothing is missing of the run under the cursor")
            return
        retries = not n_left
        n_left = n_left or n_errors
        policies = {arm.policy for arm in grid.arms}
        amount = amount_of(policies, n_left * grid.n_iterations)
        which = f"{plural(n_left, 'rollout')}{' ended by infrastructure' if retries else ''}"
        self.ask(
            "resume",
            lambda engine: engine.resume_run(grid.run_id, retries_errors=retries),
            question=f"Resume {grid.run_id}: {which}, {amount}?",
        )

    def _fill_in(self, splits: list[SplitReport]) -> None:
        read = partial(read_run, sides=splits[0].sides if splits else {})
        self.app.push_screen(FormScreen("start a run", FIELDS, read), self._start)

    def _start(self, wish: object) -> None:
        if isinstance(wish, RunWish):
            self.ask(
                "run",
                lambda engine: engine.preview_run(wish.options, "latest", wish.side),
                then=partial(self._confirm_start, wish),
            )

    def _confirm_start(self, wish: RunWish, preview: RunPreview) -> None:
        self.ask(
            "run",
            lambda engine: engine.run_rollouts(wish.options, "latest", wish.side),
            question=question_of(preview),
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

    def _show_board(self) -> None:
        board = self._board
        if board is None:
            self._grid.show(Axes(), {})
            self._show_meter()
            return
        live = self._live.get(board.grid.run_id)
        board.watch(live)
        if live is not None:
            board.spend(live)
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
            is_still = all(_is_still(run) for run in self._live.values())
            (self._timer.pause if is_still else self._timer.resume)()
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
            board.stand(mine.status)
        board.tick(asyncio.get_running_loop().time())
        for slot in board.watch(mine):
            self._grid.put(board.place_of(slot), self._mark_of(board, slot))
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
