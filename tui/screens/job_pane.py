"""One training job: what it is in three lines, how it learns, what happened to it.

What is told of a running job is added as it comes and painted at most once a second; others
can be laid beside it, their curves in the same panels.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from core.events import JobNoted, StepTrained
from core.text import clean
from tui.offer import Offer
from tui.screens.job_curves import Values, overlay, panels_of, short_id
from tui.screens.training_words import EVENTS, JobEvent, about, event_row, job_page, merged
from tui.widgets.cells import Glyphs
from tui.widgets.curve import Curves
from tui.widgets.meter import Meter
from tui.widgets.panels import MOST_LINES
from tui.widgets.virtual_list import Page, VirtualList

if TYPE_CHECKING:  # importing it for real loads the database
    from core.training.operations import JobView

MOST_BESIDE = MOST_LINES - 1
_PAINT_S = 1.0
_N_RECENT = 50
"""What is told may just have been read; so far back it is looked for."""


class JobPane(Vertical):
    """The job that a list's cursor is on."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: JobView | None = None
        self._glyphs = glyphs
        self._series: dict[str, dict[int, float | None]] = {}
        self._events: list[JobEvent] = []
        self._others: list[tuple[str, Values, int]] = []
        self._n_listed = -1
        self._n_steps = 0
        self._painted_at = 0.0
        self._repaint: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """Meter, curves and events."""
        yield Meter()
        yield Curves(self._glyphs, empty="nothing is measured yet")
        yield VirtualList(EVENTS, self._glyphs, id="events")

    @property
    def events(self) -> Sequence[JobEvent]:
        """What happened to the job, oldest first."""
        return self._events

    def show(self, view: JobView | None) -> None:
        """Show a job as it is stored; what was told of it since is kept."""
        is_other = self.view is None or view is None or view.job.job_id != self.view.job.job_id
        self.view = view
        if view is None:
            self._series, self._events = {}, []
            self.query_one(Meter).show([])
            self.query_one(Curves).show([], 0)
            return
        fresh = _values(view)
        events = [JobEvent.of(event) for event in view.events]
        if view.job.status == "running" and not is_other:  # what is told may be ahead of the store
            for name, points in self._series.items():
                fresh.setdefault(name, {}).update(points)
            events = merged(events, self._events)
        self._series, self._events = fresh, events
        self._n_steps = _n_steps(view, fresh)
        if is_other:
            self._n_listed = -1
            self.query_one(Curves).forget()
        self._paint()

    def lay_beside(self, others: Iterable[JobView]) -> None:
        """Put the curves of other jobs into the panels of this one's; none takes them away."""
        found = [(view, _values(view)) for view in others]
        self._others = []
        for view, values in found[:MOST_BESIDE]:
            self._others.append((short_id(view.job.job_id), values, _n_steps(view, values)))

    def add(self, event: StepTrained) -> None:
        """A step of the job that is shown."""
        if self.view is None or event.job_id != self.view.job.job_id:
            return
        self._n_steps = event.n_steps
        for name, value in event.metrics.items():
            self._series.setdefault(name, {})[event.step] = value
        self._paint_soon()

    def note(self, event: JobNoted) -> None:
        """Something happened to a job; said when it is the one that is shown."""
        told = JobEvent.of(event)
        is_mine = self.view is not None and event.job_id == self.view.job.job_id
        if is_mine and told not in self._events[-_N_RECENT:]:
            self._events.append(told)
            self._paint_soon()

    def turn(self) -> None:
        """The curves that had no room."""
        self.query_one(Curves).turn()

    def offer(self) -> Offer | None:
        """The job, or the event under the cursor."""
        view, row = self.view, self.event_list.row
        if view is None:
            return None
        if self.event_list.has_focus and row is not None and isinstance(row.item, JobEvent):
            return Offer("the event", clean(row.item.text))
        content = job_page(view, self._events, self._glyphs)
        return Offer(f"job {clean(view.job.job_id)}", content.plain)

    @property
    def event_list(self) -> VirtualList:
        """The list of what happened."""
        return self.query_one("#events", VirtualList)

    def _paint_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._repaint is None:
            at = max(self._painted_at + _PAINT_S, loop.time())
            self._repaint = loop.call_at(at, self._paint)

    def _paint(self) -> None:
        if self._repaint is not None:
            self._repaint.cancel()
            self._repaint = None
        view = self.view
        if view is None or not self.is_attached:
            return
        self._painted_at = asyncio.get_running_loop().time()
        self._paint_curves(view)
        self.query_one(Meter).show(about(view, self._series, self._n_steps, self._glyphs))
        if len(self._events) != self._n_listed:
            self.run_worker(self._list_events(), group="events", exclusive=True)

    def _paint_curves(self, view: JobView) -> None:
        if not self._others:
            self.query_one(Curves).show(panels_of(self._series), self._n_steps)
            return
        mine: tuple[str, Values] = (short_id(view.job.job_id), self._series)
        panels = overlay([mine, *((label, values) for label, values, _ in self._others)])
        longest = max(self._n_steps, *(n_steps for _, _, n_steps in self._others))
        self.query_one(Curves).show(panels, longest)

    async def _page(self, offset: int, limit: int) -> Page:
        part = enumerate(self._events[offset : offset + limit], offset)
        return Page([event_row(n, event, self._glyphs) for n, event in part], len(self._events))

    async def _list_events(self) -> None:
        """Show the events; the cursor stays at the end when it was there."""
        rows, is_first = self.event_list, self._n_listed < 0
        is_at_end = is_first or rows.cursor >= rows.n_total - 1
        self._n_listed = len(self._events)
        await (rows.show(self._page) if is_first else rows.reload())
        if is_at_end:
            rows.move_to(len(self._events) - 1)


def _values(view: JobView) -> dict[str, dict[int, float | None]]:
    return {name: {p.step: p.value for p in points} for name, points in view.series.items()}


def _n_steps(view: JobView, values: Values) -> int:
    n_stored = max((max(points, default=0) for points in values.values()), default=0)
    n_planned = view.given.n_steps if view.given is not None else 0
    return max(n_planned, n_stored)
