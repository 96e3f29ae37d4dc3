"""Training: the jobs, how the one under the cursor learns, and what happened to it.

A running job's curves and events follow what the engine tells, at most once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from core.events import Event, JobNoted, OperationEnded, OperationStarted, StepTrained
from core.text import clean
from tui.keymap import Group, bindings
from tui.offer import Offer
from tui.screens.evaluation_form import ask_policy
from tui.screens.form import FormScreen
from tui.screens.job_page import JobPage
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS, status_cell
from tui.screens.page import PageScreen
from tui.screens.training_form import FIELDS, JobWish, ask_job, read_job
from tui.screens.training_words import (
    EVENTS,
    JobEvent,
    about,
    event_page,
    event_row,
    job_page,
    merged,
)
from tui.widgets.curve import Curves, Series
from tui.widgets.meter import Meter
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.jobs import JobSummary
    from core.training.operations import JobView

_PAINT_S = 1.0
_JOBS = (
    Column("job", 0),
    Column("policy it made", 25, from_width=66),
    Column("trainer", 8, from_width=72),
    Column("state", 13),
)
_CHANCE = "share of pairs told apart; 0.5 is chance"
_SHOWN = (
    {"loss": "should fall", "margin": "of rewards; should rise above 0", "accuracy": _CHANCE},
    {
        "logps_chosen": "should not fall far",
        "logps_rejected": "should fall",
        "grad_norm": "should not grow",
    },
    {"rewards_chosen": "should rise", "rewards_rejected": "should fall", "learning_rate": ""},
)
"""The curves, three at a time."""
_ROUTINE = "epoch"
_N_RECENT = 50
"""What is told may just have been read; so far back it is looked for."""


class TrainingScreen(ModeScreen):
    """Key 5."""

    group = Group.TRAINING
    CSS_PATH = "training.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.TRAINING)]

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[JobSummary] = []
        self._view: JobView | None = None
        self._series: dict[str, dict[int, float]] = {}
        self._events: list[JobEvent] = []
        self._n_listed = -1
        self._n_steps = 0
        self._shown = 0
        self._painted_at = 0.0
        self._repaint: asyncio.TimerHandle | None = None
        self._builds: list[str] = []

    def compose_body(self) -> ComposeResult:
        """The jobs, then one job: what it is, how it learns, what happened."""
        empty = "no job yet: S trains on the newest pairs"
        with Container(id="panes"):
            yield VirtualList(_JOBS, self.glyphs, empty=empty, id="jobs")
            with Container(id="job"):
                yield Meter()
                yield Curves(self.glyphs)
                yield VirtualList(EVENTS, self.glyphs, id="events")

    async def load(self, engine: Engine) -> None:
        """The jobs and the one under the cursor."""
        known = {job.job_id for job in self._jobs}
        self._jobs = await engine.list_jobs()
        self._builds = [row.build_id for row in await engine.list_builds()]
        fresh = [job.job_id for job in self._jobs if job.job_id not in known]
        jobs = self._list
        if jobs.row is None:
            await jobs.show(self._page)
        else:
            await jobs.reload()
        if known and fresh:
            jobs.select(fresh[0])
        await self._show_job(engine)

    def take(self, events: Sequence[Event]) -> None:
        """What happens to the job that is shown."""
        is_other = False
        known = {job.job_id for job in self._jobs}
        for event in events:
            if isinstance(event, StepTrained):
                is_other |= self._view is None or event.job_id not in known
                self._add(event)
            elif isinstance(event, JobNoted):
                is_other |= event.kind != _ROUTINE
                self._note(event)
            elif isinstance(event, OperationEnded | OperationStarted):
                is_other = True
        if is_other:
            self.reload()
        if any(isinstance(event, StepTrained | JobNoted) for event in events):
            self._paint_soon()

    def offer(self) -> Offer | None:
        """The job, or the event under the cursor."""
        view, row = self._view, self._event_list.row
        if view is None:
            return None
        if self._event_list.has_focus and row is not None and isinstance(row.item, JobEvent):
            return Offer("the event", clean(row.item.text))
        content = job_page(view, self._events, self.glyphs)
        return Offer(f"job {clean(view.job.job_id)}", content.plain)

    @on(VirtualList.Highlighted, "#jobs")
    def _another_job(self) -> None:
        if self._view is None or self._selected() != self._view.job.job_id:
            self.reload()

    @on(VirtualList.Opened, "#jobs")
    def _open_job(self) -> None:
        if self._view is not None:
            content = job_page(self._view, self._events, self.glyphs)
            name = f"job {clean(self._view.job.job_id)}"
            self.app.push_screen(JobPage(name, content, self.host, self.action_evaluate))

    @on(VirtualList.Opened, "#events")
    def _open_event(self, opened: VirtualList.Opened) -> None:
        if opened.row is not None and isinstance(opened.row.item, JobEvent):
            content = event_page(opened.row.item)
            self.app.push_screen(PageScreen(self.group, "the event", content, self.host))

    def action_start(self) -> None:
        """Fill in a job, see what it comes to, start it."""
        read = partial(read_job, builds=self._builds)
        self.app.push_screen(FormScreen("train with DPO", FIELDS, read), self._start)

    def action_evaluate(self) -> None:
        """Compare the policy that the job under the cursor made with its parent."""
        view = self._view
        if view is None or not view.job.artifact_id:
            self.say("this job made no policy: there is nothing to evaluate")
            return
        policy = f"{view.job.trainer}:{view.job.artifact_id}"
        ask_policy(self, policy, view.options.parent)

    def action_series(self) -> None:
        """The next three curves."""
        self._shown = (self._shown + 1) % len(_SHOWN)
        self._paint()

    def action_cancel(self) -> None:
        """Cancel the job under the cursor."""
        job = next((job for job in self._jobs if job.job_id == self._selected()), None)
        if job is None or job.status != "running":
            self.say("this job is not running: there is nothing to cancel")
            return
        question = f"Cancel {job.job_id}? It makes no policy then; its metrics stay."
        self.ask("cancel", lambda engine: engine.cancel_job(job.job_id), question=question)

    def _start(self, wish: object) -> None:
        if isinstance(wish, JobWish):
            ask_job(self, wish)

    @property
    def _list(self) -> VirtualList:
        return self.query_one("#jobs", VirtualList)

    @property
    def _event_list(self) -> VirtualList:
        return self.query_one("#events", VirtualList)

    def _selected(self) -> str:
        row = self._list.row
        return row.row_id if row is not None else ""

    async def _page(self, offset: int, limit: int) -> Page:
        return Page(
            [self._row(job) for job in self._jobs[offset : offset + limit]], len(self._jobs)
        )

    def _row(self, job: JobSummary) -> Row:
        policy = f"{job.trainer}:{job.artifact_id}" if job.artifact_id else ""
        cells = (clean(job.job_id), policy, job.trainer, status_cell(job.status, self.glyphs))
        return Row(job.job_id, cells)

    async def _event_page(self, offset: int, limit: int) -> Page:
        part = enumerate(self._events[offset : offset + limit], offset)
        return Page([event_row(n, event, self.glyphs) for n, event in part], len(self._events))

    async def _show_job(self, engine: Engine) -> None:
        job_id = self._selected()
        is_other = self._view is None or self._view.job.job_id != job_id
        self._view = view = await engine.show_job(job_id) if job_id else None
        if view is None:
            self.query_one(Meter).show([])
            self.query_one(Curves).show([], 0)
            return
        stored = view.series.items()
        fresh = {name: {p.step: p.value for p in points} for name, points in stored}
        events = [JobEvent.of(event) for event in view.events]
        if view.job.status == "running" and not is_other:  # what is told may be ahead of the store
            for name, points in self._series.items():
                fresh.setdefault(name, {}).update(points)
            events = merged(events, self._events)
        self._series, self._events = fresh, events
        n_stored = max((max(points, default=0) for points in fresh.values()), default=0)
        n_planned = view.given.n_steps if view.given is not None else 0
        self._n_steps = max(n_planned, n_stored)
        if is_other:
            self._n_listed = -1
        self._paint()

    def _add(self, event: StepTrained) -> None:
        if self._view is None or event.job_id != self._view.job.job_id:
            return
        self._n_steps = event.n_steps
        for name, value in event.metrics.items():
            self._series.setdefault(name, {})[event.step] = value

    def _note(self, event: JobNoted) -> None:
        told = JobEvent.of(event)
        is_mine = self._view is not None and event.job_id == self._view.job.job_id
        if is_mine and told not in self._events[-_N_RECENT:]:
            self._events.append(told)

    def _paint_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._repaint is None:
            at = max(self._painted_at + _PAINT_S, loop.time())
            self._repaint = loop.call_at(at, self._paint)

    def _paint(self) -> None:
        if self._repaint is not None:
            self._repaint.cancel()
            self._repaint = None
        view = self._view
        if view is None or not self.is_attached:
            return
        self._painted_at = asyncio.get_running_loop().time()
        shown = [
            Series(name.replace("_", " "), tuple(sorted(self._series.get(name, {}).items())), text)
            for name, text in _SHOWN[self._shown].items()
        ]
        self.query_one(Curves).show(shown, self._n_steps)
        self.query_one(Meter).show(about(view, self._series, self._n_steps, self.glyphs))
        if len(self._events) != self._n_listed:
            self.run_worker(self._list_events(), group="events", exclusive=True)

    async def _list_events(self) -> None:
        """Show the events; the cursor stays at the end when it was there."""
        rows, is_first = self._event_list, self._n_listed < 0
        is_at_end = is_first or rows.cursor >= rows.n_total - 1
        self._n_listed = len(self._events)
        await (rows.show(self._event_page) if is_first else rows.reload())
        if is_at_end:
            rows.move_to(len(self._events) - 1)
