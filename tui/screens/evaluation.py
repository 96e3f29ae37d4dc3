"""Evaluation: base against tuned, as an interval around zero, a verdict in words, and by task."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from core.errors import GemelError
from core.events import Event, ProgressMade, RunEnded, RunStarted
from core.text import clean
from tui.files import write_text
from tui.keymap import Group, bindings
from tui.offer import Offer
from tui.screens.evaluation_form import agree_on_machines, ask_policy
from tui.screens.evaluation_text import (
    TASKS,
    Order,
    estimates,
    ordered,
    report_form,
    task_row,
    unfinished_words,
    verdict_cell,
    verdict_lines,
)
from tui.screens.mode import ModeScreen
from tui.screens.run_form import amount_of
from tui.screens.trace import Traced, TraceScreen
from tui.widgets.interval import Intervals
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.evaluation.operations import BudgetResult, EvaluationReport
    from core.evaluation.report import EvaluationDetails
    from core.rollouts.board import RunGrid
    from core.rollouts.operations import RunReport
    from core.rollouts.preview import RunPreview
    from core.store.evaluations import EvaluationSummary

_LIST = (Column("evaluation", 0), Column("started", 16, from_width=50), Column("verdict", 22))


class EvaluationScreen(ModeScreen):
    """Key 6."""

    group = Group.EVALUATION
    CSS_PATH = "evaluation.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Group.EVALUATION)]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EvaluationSummary] = []
        self._shown = ""
        self._report: EvaluationReport | None = None
        self._run: RunReport | None = None
        self._budget = -1
        self._order = Order.CHANGE
        self._newest_policy = ""

    def compose_body(self) -> ComposeResult:
        """The evaluations; the interval and the verdict of one; its tasks."""
        empty = "no evaluation yet: S compares the newest trained policy with its base"
        yield VirtualList(_LIST, self.glyphs, empty=empty, id="evaluations")
        with Container(id="result"):
            yield Intervals(self.glyphs)
            yield Static(markup=False, id="verdict")
        yield VirtualList(TASKS, self.glyphs, id="tasks")

    async def load(self, engine: Engine) -> None:
        """The evaluations and the one under the cursor."""
        known = {row.evaluation_id for row in self._rows}
        self._rows = await engine.list_evaluations()
        jobs = await engine.list_jobs()
        made = [f"{job.trainer}:{job.artifact_id}" for job in jobs if job.artifact_id]
        self._newest_policy = made[0] if made else ""
        found = self._list
        if found.row is None:
            await found.show(self._page)
        else:
            await found.reload()
        fresh = [row.evaluation_id for row in self._rows if row.evaluation_id not in known]
        if known and fresh:
            found.select(fresh[0])
        await self._show(engine)

    def take(self, events: Sequence[Event]) -> None:
        """An evaluation that goes on is told on one line; its end is read."""
        for event in events:
            if isinstance(event, ProgressMade) and event.stage == "evaluation":
                self._say_open(f"running: {event.n_done:,} of {event.n_total:,} rollouts")
            elif isinstance(event, RunStarted | RunEnded):
                self.reload()

    def offer(self) -> Offer | None:
        """The verdict to copy and the report to open, unless the cursor stands on a task."""
        report = self._report
        if report is None or self._tasks.has_focus:
            return None
        name, result = f"evaluation {clean(report.evaluation_id)}", report.budgets[self._budget]
        lines = [line.plain for line in verdict_lines(report, result, self.glyphs)]
        text = "\n".join([clean(report.evaluation_id), *lines])
        return Offer(name, text, self._whole_report, "report.md")

    @on(VirtualList.Highlighted, "#evaluations")
    def _another(self) -> None:
        if self._selected() != self._shown:
            self.reload()

    @on(VirtualList.Opened, "#evaluations")
    def _to_tasks(self) -> None:
        self.query_one("#tasks").focus()

    @on(VirtualList.Opened, "#tasks")
    def _open_task(self, event: VirtualList.Opened) -> None:
        report, row = self._report, event.row
        if report is not None and row is not None:
            task_id = row.row_id
            self.ask(
                "open",
                lambda engine: engine.run_grid(report.run_id),
                then=lambda grid: self._open(report, grid, task_id),
            )

    def action_budget(self) -> None:
        """Show the tasks at the next budget."""
        if self._report is not None:
            self._budget = (self._budget + 1) % len(self._report.budgets)
            self.run_worker(self._show_report(self._report), group="show", exclusive=True)

    def action_order(self) -> None:
        """Show the tasks in the next order."""
        orders = list(Order)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self.say(f"tasks: {self._order.value}")
        if self._report is not None:
            self.run_worker(self._show_report(self._report), group="show", exclusive=True)

    def action_start(self) -> None:
        """Fill in an evaluation, see what it can show and costs, start it."""
        ask_policy(self, self._newest_policy)

    def action_stop(self) -> None:
        """Stop the evaluation under the cursor."""
        run = self._run
        if run is None or run.status != "running":
            self.say("this evaluation is not running: there is nothing to stop")
            return
        question = f"Stop {self._shown}? What is finished stays; R goes on to the same verdict."
        self.ask("stop", lambda engine: engine.stop_run(run.run_id), question=question)

    def action_resume(self) -> None:
        """Do what is missing of the evaluation under the cursor."""
        run, evaluation_id = self._run, self._shown
        if run is None or run.status == "running":
            self.say("nothing is missing of the evaluation under the cursor")
            return
        self.ask(
            "resume",
            lambda engine: engine.preview_resume(run.run_id),
            then=lambda preview: self._confirm_resume(evaluation_id, preview),
        )

    def action_report(self) -> None:
        """Write a report that can be pasted."""
        report = self._report
        if report is None:
            self.say("there is no verdict to report yet")
            return
        self.app.push_screen(
            report_form(report.evaluation_id), partial(self._write_report, report.evaluation_id)
        )

    def _write_report(self, evaluation_id: str, path: object) -> None:
        if isinstance(path, Path):
            self.ask(
                "report",
                lambda engine: engine.explain_evaluation(evaluation_id),
                then=lambda details: self._write(path, details),
            )

    def _write(self, path: Path, details: EvaluationDetails) -> None:
        from core.evaluation.markdown import markdown

        try:
            self.say(f"written to {write_text(path, markdown(details), overwrite=False)}")
        except GemelError as error:
            self.say(f"report: {error}", is_warning=True)

    async def _whole_report(self, engine: Engine) -> str:
        from core.evaluation.markdown import markdown

        return markdown(await engine.explain_evaluation(self._shown))

    def _confirm_resume(self, evaluation_id: str, preview: RunPreview) -> None:
        n_left = preview.n_rollouts

        async def resume(engine: Engine) -> None:
            plan = await engine.plan_resumption(evaluation_id)
            agreed = await agree_on_machines(self, plan)
            if agreed is not None:
                await engine.resume_evaluation(evaluation_id, agreed)

        self.ask(
            "resume",
            resume,
            then=lambda _: self.reload(),
            question=f"Resume {evaluation_id}: {n_left:,} rollouts, {amount_of(preview)}",
        )

    @property
    def _list(self) -> VirtualList:
        return self.query_one("#evaluations", VirtualList)

    @property
    def _tasks(self) -> VirtualList:
        return self.query_one("#tasks", VirtualList)

    def _selected(self) -> str:
        row = self._list.row
        return row.row_id if row is not None else ""

    async def _page(self, offset: int, limit: int) -> Page:
        rows = [
            Row(
                row.evaluation_id,
                (
                    clean(row.evaluation_id),
                    f"{row.created_at:%Y-%m-%d %H:%M}",
                    verdict_cell(row.verdict, self.glyphs),
                ),
            )
            for row in self._rows[offset : offset + limit]
        ]
        return Page(rows, len(self._rows))

    async def _show(self, engine: Engine) -> None:
        self._shown = self._selected()
        row = next((row for row in self._rows if row.evaluation_id == self._shown), None)
        is_same = self._report is not None and self._report.evaluation_id == self._shown
        self._report, self._run = None, None
        if row is not None and row.verdict is not None:
            self._report = await engine.show_evaluation(row.evaluation_id)
            self._budget = self._budget if is_same else -1
            await self._show_report(self._report, is_same=is_same)
            return
        self.query_one(Intervals).show([])
        self._run = await engine.show_run(row.run_id) if row is not None else None
        self._say_open(unfinished_words(self._run) if self._run is not None else "")
        await self._tasks.show(self._no_tasks)

    async def _show_report(self, report: EvaluationReport, *, is_same: bool = False) -> None:
        result = report.budgets[self._budget]
        self.query_one(Intervals).show(estimates(report))
        content = Content("\n").join(verdict_lines(report, result, self.glyphs))
        self.query_one("#verdict", Static).update(content)
        if is_same:
            await self._tasks.reload()
        else:
            await self._tasks.show(partial(self._task_page, result))

    async def _task_page(self, result: BudgetResult, offset: int, limit: int) -> Page:
        rows = ordered(result, self._order)
        shown = [task_row(suite, row, self.glyphs) for suite, row in rows[offset : offset + limit]]
        return Page(shown, len(rows))

    async def _no_tasks(self, offset: int, limit: int) -> Page:
        return Page([], 0)

    def _say_open(self, text: str) -> None:
        if self._report is None:
            self.query_one("#verdict", Static).update(Content.styled(text, "$state-running"))

    def _open(self, report: EvaluationReport, grid: RunGrid, task_id: str) -> None:
        ids = {
            (cell.arm_id, cell.seed): cell.rollout_id
            for cell in grid.cells
            if cell.task_id == task_id
        }
        arms = (("base", report.base_arm), ("tuned", report.tuned_arm))
        traced = [
            tuple(
                Traced(ids.get((arm_id, seed), ""), f"{name}, {task_id}, seed {seed}")
                for name, arm_id in arms
            )
            for seed in grid.seeds
        ]
        self.app.push_screen(TraceScreen(traced))
