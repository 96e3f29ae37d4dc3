"""Training: the jobs, how the one under the cursor learns, and what happened to it.

A running job's curves and events follow what the engine tells, at most once a second. Jobs that
are marked are laid beside the one under the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from core.errors import UsageError
from core.events import Event, JobNoted, OperationEnded, OperationStarted, StepTrained
from core.text import clean
from tui.keymap import Group, bindings
from tui.offer import Offer
from tui.screens.builtin_settings import BuiltinTrainer
from tui.screens.evaluation_form import ask_policy
from tui.screens.form import Field, FormScreen
from tui.screens.job_checkpoints import checkpoints_screen
from tui.screens.job_compare import CompareScreen
from tui.screens.job_form import Drafts, JobForm
from tui.screens.job_page import JobPage
from tui.screens.job_pane import MOST_BESIDE, JobPane
from tui.screens.job_rows import JOBS, job_row, spent_words
from tui.screens.job_settings import Trainer
from tui.screens.mode import ModeScreen
from tui.screens.outcomes import WIDTHS
from tui.screens.page import PageScreen
from tui.screens.together_trainer import TogetherTrainer, agree
from tui.screens.training_words import JobEvent, event_page, job_page
from tui.widgets.plot import letter
from tui.widgets.virtual_list import Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.training.compare import JobComparison
    from core.training.lines import JobLine
    from core.training.operations import JobView

_ROUTINE = "epoch"
_CAN_CANCEL = ("running", "waiting")


class TrainingScreen(ModeScreen):
    """Key 5."""

    group = Group.TRAINING
    CSS_PATH = "training.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.TRAINING)]

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[JobLine] = []
        self._marked: list[str] = []
        self._seen: dict[str, JobView] = {}
        self._builds: list[str] | None = None
        self._drafts: Drafts = {}

    def compose_body(self) -> ComposeResult:
        """The jobs, then one job: what it is, how it learns, what happened."""
        empty = "no job yet: S trains on the newest pairs"
        with Container(id="panes"):
            yield VirtualList(JOBS, self.glyphs, empty=empty, id="jobs")
            yield JobPane(self.glyphs, id="job")

    async def load(self, engine: Engine) -> None:
        """The jobs, the one under the cursor, and those beside it."""
        known = {job.job_id for job in self._jobs}
        self._jobs = await engine.list_training()
        self._builds = [row.build_id for row in await engine.list_builds()]
        there = {job.job_id for job in self._jobs}
        self._marked = [job_id for job_id in self._marked if job_id in there]
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
        is_other, pane = False, self._pane
        known = {job.job_id for job in self._jobs}
        for event in events:
            if isinstance(event, StepTrained):
                view = pane.view
                is_other |= view is None or view.remote is not None or event.job_id not in known
                pane.add(event)
            elif isinstance(event, JobNoted):
                is_other |= event.kind != _ROUTINE
                pane.note(event)
            elif isinstance(event, OperationEnded | OperationStarted):
                is_other = True
        if is_other:
            self.reload()

    def offer(self) -> Offer | None:
        """The job, or the event under the cursor."""
        return self._pane.offer()

    @on(VirtualList.Highlighted, "#jobs")
    def _another_job(self) -> None:
        view = self._pane.view
        if view is None or self._selected() != view.job.job_id:
            self.reload()

    @on(VirtualList.Opened, "#jobs")
    def _open_job(self) -> None:
        view = self._pane.view
        if view is not None:
            content = job_page(view, self._pane.events, self.glyphs)
            name = f"job {clean(view.job.job_id)}"
            self.app.push_screen(JobPage(name, content, self.host, self.action_evaluate))

    @on(VirtualList.Opened, "#events")
    def _open_event(self, opened: VirtualList.Opened) -> None:
        if opened.row is not None and isinstance(opened.row.item, JobEvent):
            content = event_page(opened.row.item)
            self.app.push_screen(PageScreen(self.group, "the event", content, self.host))

    def action_start(self) -> None:
        """Fill in a job, see what it comes to, start it."""
        self._fill_in()

    def action_evaluate(self) -> None:
        """Compare the policy that the job under the cursor made with its parent."""
        self._with_job("evaluate", self._evaluate)

    def action_compare(self) -> None:
        """Lay the settings and results of marked jobs beside those of the one under the cursor."""
        job_id = self._selected()
        chosen = (job_id, *self._beside(job_id))
        if len(chosen) < 2:
            self.say("space marks jobs; c then compares them with the one under the cursor")
            return

        def show(found: JobComparison) -> None:
            self.app.push_screen(CompareScreen(self.group, found, self.host))

        self.ask("compare", lambda engine: engine.compare_jobs(chosen), then=show)

    def action_checkpoints(self) -> None:
        """What the job kept on the way; a new job can go on from one."""
        self._with_job("checkpoints", self._show_checkpoints)

    def action_resume(self) -> None:
        """Go on with a job that waits, or follow one that nobody follows."""
        job = self._line
        if job is None or job.trainer != "together":
            self.say("only a job at a remote trainer can be gone on with")
            return
        job_id = job.job_id
        self.ask(
            "go on",
            lambda engine: engine.resume_job(job_id),
            then=lambda found: agree(self, found),
        )

    def action_attach(self) -> None:
        """Follow a job that was started elsewhere."""
        field = Field("id", "job", "", "ft-... of your account; it is copied here from now on")
        self.app.push_screen(
            FormScreen("follow a job started elsewhere", [field], _id), self._follow
        )

    def action_series(self) -> None:
        """The curves that had no room."""
        self._pane.turn()

    def action_mark(self) -> None:
        """Lay the job under the cursor beside whichever comes under it, or take it away."""
        job_id = self._selected()
        if not job_id:
            return
        if job_id in self._marked:
            self._marked.remove(job_id)
        elif len(self._marked) > MOST_BESIDE:
            self.say(f"{len(self._marked)} jobs lie beside each other; more cannot be told apart")
            return
        else:
            self._marked.append(job_id)
        self.reload()

    def action_cancel(self) -> None:
        """Cancel the job under the cursor, which is said what it cost so far."""
        job = self._line
        if job is None or job.status not in _CAN_CANCEL:
            self.say("this job is not running: there is nothing to cancel")
            return
        question = (
            f"Cancel {job.job_id}? {spent_words(job)} It makes no policy then; its metrics stay."
        )
        self.ask("cancel", lambda engine: engine.cancel_job(job.job_id), question=question)

    def _fill_in(self, trainer: str = "builtin") -> None:
        trainers: list[Trainer] = [
            BuiltinTrainer(lambda: self._builds is None or bool(self._builds)),
            TogetherTrainer(),
        ]
        self.app.push_screen(JobForm(self, trainers, self._drafts, trainer))

    def _with_job(self, what: str, then: Callable[[JobView], None]) -> None:
        """Do something with the job under the cursor, also when it is not shown yet."""
        job_id = self._selected()
        if job_id:
            self.ask(what, lambda engine: engine.show_job(job_id), then=then)
        else:
            self.say("there is no job yet: S trains one")

    def _evaluate(self, view: JobView) -> None:
        if view.policy:
            ask_policy(self, view.policy, view.parent)
        else:
            self.say("this job made no policy: there is nothing to evaluate")

    def _show_checkpoints(self, view: JobView) -> None:
        def take(chosen: str | None) -> None:
            if chosen is not None:
                self._drafts.setdefault("together", {})["from_job"] = chosen
                self._fill_in("together")

        screen = checkpoints_screen(view, self.glyphs)
        if screen is not None:
            self.app.push_screen(screen, take)
        else:
            self.say("this job kept no checkpoint")

    def _follow(self, remote_id: object) -> None:
        if isinstance(remote_id, str):
            self.ask(
                "attach",
                lambda engine: engine.attach_job(remote_id),
                then=lambda view: self.say(f"{view.job.job_id} follows {clean(remote_id)}"),
            )

    @property
    def _list(self) -> VirtualList:
        return self.query_one("#jobs", VirtualList)

    @property
    def _pane(self) -> JobPane:
        return self.query_one(JobPane)

    @property
    def _line(self) -> JobLine | None:
        """The job under the cursor, as the list knows it."""
        return next((job for job in self._jobs if job.job_id == self._selected()), None)

    def _selected(self) -> str:
        row = self._list.row
        return row.row_id if row is not None else ""

    async def _page(self, offset: int, limit: int) -> Page:
        return Page(
            [self._row(job) for job in self._jobs[offset : offset + limit]], len(self._jobs)
        )

    def _row(self, job: JobLine) -> Row:
        return job_row(job, self._letter(job.job_id), self.glyphs)

    def _letter(self, job_id: str) -> str:
        """Of its line, when it has one among others; a sign when it is only marked."""
        shown = self._beside(self._selected())
        drawn = [self._selected(), *shown] if shown else []
        if job_id in drawn:
            return letter(drawn.index(job_id))
        return "+" if job_id in self._marked else ""

    def _beside(self, job_id: str) -> list[str]:
        return [marked for marked in self._marked if marked != job_id][:MOST_BESIDE]

    async def _show_job(self, engine: Engine) -> None:
        job_id = self._selected()
        view = await engine.show_job(job_id) if job_id else None
        others = [await self._view(engine, marked) for marked in self._beside(job_id)]
        self._pane.lay_beside(others)
        self._pane.show(view)
        await self._list.reload()  # which letter is whose

    async def _view(self, engine: Engine, job_id: str) -> JobView:
        """A job beside another; read again only while something happens to it."""
        seen = self._seen.get(job_id)
        status = next((job.status for job in self._jobs if job.job_id == job_id), "")
        if seen is None or seen.job.status != status or status == "running":
            seen = self._seen[job_id] = await engine.show_job(job_id)
        return seen


def _id(values: Mapping[str, str]) -> str:
    if not values["id"].startswith("ft-"):
        raise UsageError("a job of Together begins with ft-")
    return values["id"]
