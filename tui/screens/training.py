"""Training: the jobs, how the one under the cursor learns, and what was asked of it.

A running job's curves follow its events, at most once a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content

from core.errors import UsageError
from core.events import Event, OperationEnded, OperationStarted, StepTrained
from core.text import clean, one_line
from core.training.dpo_options import DpoOptions
from core.training.operations import TrainOptions
from tui.keymap import Group, bindings
from tui.screens.form import Field, FormScreen, number, whole
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS, status_cell
from tui.widgets.curve import Curves, Series
from tui.widgets.meter import Meter, bar
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.jobs import JobSummary
    from core.training.operations import JobView

_PAINT_S = 1.0
_LONGEST = 400
_JOBS = (
    Column("job", 0),
    Column("policy it made", 25),
    Column("trainer", 8, from_width=72),
    Column("state", 13),
)
_SHOWN = {
    "loss": "should fall",
    "margin": "of rewards; should rise above 0",
    "accuracy": "share of pairs told apart; 0.5 is chance",
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """A job as the form asks for it."""

    build_id: str
    options: TrainOptions


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
        self._n_steps = 0
        self._painted_at = 0.0
        self._repaint: asyncio.TimerHandle | None = None
        self._builds: dict[str, int] = {}

    def compose_body(self) -> ComposeResult:
        """The jobs, then one job: what it is, how it learns."""
        with Container(id="panes"):
            yield VirtualList(_JOBS, self.glyphs, empty="no job yet: S trains on the newest pairs")
            with Container(id="job"):
                yield Meter()
                yield Curves(self.glyphs)

    async def load(self, engine: Engine) -> None:
        """The jobs and the one under the cursor."""
        known = {job.job_id for job in self._jobs}
        self._jobs = await engine.list_jobs()
        self._builds = {row.build_id: row.n_pairs for row in await engine.list_builds()}
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
        """The steps of the job that is shown."""
        is_other = False
        for event in events:
            if isinstance(event, StepTrained):
                is_other |= self._view is None or event.job_id not in {j.job_id for j in self._jobs}
                self._add(event)
            elif isinstance(event, OperationEnded | OperationStarted):
                is_other = True
        if is_other:
            self.reload()
        if any(isinstance(event, StepTrained) for event in events):
            self._paint_soon()

    @on(VirtualList.Highlighted)
    def _another_job(self) -> None:
        if self._view is None or self._selected() != self._view.job.job_id:
            self.reload()

    def action_start(self) -> None:
        """Fill in a job and start it."""
        default = DpoOptions()
        fields = (
            Field("build", "pairs", "latest", "id of a build of pairs, or latest"),
            Field("parent", "parent", "builtin", "policy to start from, and to stay near"),
            Field("beta", "beta", f"{default.beta:g}", "larger: stays nearer to the parent"),
            Field("epochs", "epochs", str(default.n_epochs), "passes over the pairs"),
            Field("batch", "batch size", str(default.batch_size), "pairs per step"),
            Field("rate", "learning rate", f"{default.learning_rate:g}", "size of a step"),
            Field("alpha", "rpo alpha", f"{default.rpo_alpha:g}", "keeps the chosen likely"),
            Field("seed", "seed", str(default.seed), "order of the pairs"),
        )
        self.app.push_screen(FormScreen("train with DPO", fields, self._read), self._start)

    def action_cancel(self) -> None:
        """Cancel the job under the cursor."""
        job = next((job for job in self._jobs if job.job_id == self._selected()), None)
        if job is None or job.status != "running":
            self.say("this job is not running: there is nothing to cancel")
            return
        question = f"Cancel {job.job_id}? It makes no policy then; its metrics stay."
        self.ask("cancel", lambda engine: engine.cancel_job(job.job_id), question=question)

    def _read(self, values: Mapping[str, str]) -> _Wish:
        dpo = DpoOptions(
            beta=number(values, "beta", "beta"),
            n_epochs=whole(values, "epochs", "epochs"),
            batch_size=whole(values, "batch", "batch size"),
            learning_rate=number(values, "rate", "learning rate"),
            rpo_alpha=number(values, "alpha", "rpo alpha"),
            seed=whole(values, "seed", "seed"),
        )
        if not self._builds:
            raise UsageError("there are no pairs yet: key 4 shows how to build them")
        return _Wish(values["build"], TrainOptions(dpo, values["parent"]))

    def _start(self, wish: object) -> None:
        if not isinstance(wish, _Wish):
            return
        newest = next(iter(self._builds), "")
        build_id = newest if wish.build_id == "latest" else wish.build_id
        n_pairs = self._builds.get(build_id, 0)
        question = f"Train {wish.options.parent} on {n_pairs:,} pairs of {build_id}, $0.00?"
        self.ask("train", lambda engine: engine.train(build_id, wish.options), question=question)

    @property
    def _list(self) -> VirtualList:
        return self.query_one(VirtualList)

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

    async def _show_job(self, engine: Engine) -> None:
        job_id = self._selected()
        is_other = self._view is None or self._view.job.job_id != job_id
        self._view = await engine.show_job(job_id) if job_id else None
        if self._view is None:
            self.query_one(Meter).show([])
            self.query_one(Curves).show([], 0)
            return
        stored = self._view.series.items()
        fresh = {name: {p.step: p.value for p in points} for name, points in stored}
        if self._view.job.status == "running":
            for name, points in self._series.items():  # events may be ahead of the store
                fresh.setdefault(name, {}).update(points)
        self._series = fresh
        n_stored = max((max(points, default=0) for points in fresh.values()), default=0)
        is_whole = self._view.job.status == "finished"
        self._n_steps = n_stored if is_whole or is_other else max(self._n_steps, n_stored)
        self._paint()

    def _add(self, event: StepTrained) -> None:
        if self._view is None or event.job_id != self._view.job.job_id:
            return
        self._n_steps = event.n_steps
        for name, value in event.metrics.items():
            self._series.setdefault(name, {})[event.step] = value

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
            Series(name, tuple(sorted(self._series.get(name, {}).items())), remark)
            for name, remark in _SHOWN.items()
        ]
        self.query_one(Curves).show(shown, self._n_steps)
        self.query_one(Meter).show(self._about(view))

    def _about(self, view: JobView) -> list[Content]:
        job, dpo = view.job, view.options.dpo
        word, style = status_cell(job.status, self.glyphs)
        n_done = max(self._series.get("loss", {}), default=0)
        sabotage = "; chosen and rejected are EXCHANGED" if view.options.is_exchanged else ""
        options = (
            f"beta {dpo.beta:g}, {dpo.n_epochs} epochs, batch {dpo.batch_size}, "
            f"rate {dpo.learning_rate:g}, rpo alpha {dpo.rpo_alpha:g}, seed {dpo.seed}"
        )
        return [
            Content.assemble(
                (f"{clean(job.job_id)}  ", "bold $foreground"),
                (f"{word}  ", style),
                (bar(n_done, self._n_steps, 12, self.glyphs), "$meter-ok"),
                (f" step {n_done}/{self._n_steps}", "$foreground"),
            ),
            Content.styled(
                f"from {clean(view.options.parent)}: {options}{sabotage}", "$foreground"
            ),
            self._reason(job.reason) if job.reason else self._figures(),
        ]

    def _reason(self, text: str) -> Content:
        return Content.styled(one_line(clean(text), _LONGEST), "$warning")

    def _figures(self) -> Content:
        names = ("grad_norm", "logps_chosen", "logps_rejected")
        last = {name: sorted(self._series.get(name, {}).items())[-1:] for name in names}
        parts = [
            f"{name.replace('_', ' ')} {found[0][1]:.3g}" for name, found in last.items() if found
        ]
        return Content.styled("   ".join(parts), "$secondary")
