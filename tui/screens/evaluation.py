"""Evaluation: base against tuned, as an interval around zero, a verdict in words, and by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from core.errors import UsageError
from core.evaluation.operations import EvaluationOptions
from core.events import Event, ProgressMade, RunEnded, RunStarted
from core.text import clean
from tui.keymap import Group, bindings
from tui.screens.evaluation_text import estimates, task_row, verdict_cell, verdict_lines
from tui.screens.form import Field, FormScreen
from tui.screens.mode import ModeScreen
from tui.screens.run_form import amount_of, at_least_one, refuse_unpriced
from tui.screens.trace import Traced, TraceScreen
from tui.widgets.interval import Intervals
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.evaluation.operations import BudgetResult, EvaluationReport
    from core.rollouts.board import RunGrid
    from core.store.evaluations import EvaluationSummary

_LIST = (Column("evaluation", 0), Column("started", 16, from_width=50), Column("verdict", 22))
_TASKS = (
    Column("task", 0),
    Column("base", 11, is_right=True),
    Column("tuned", 11, is_right=True),
    Column("points", 7, is_right=True),
    Column("flip", 14),
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """An evaluation as the form asks for it."""

    tuned: str
    base: str
    heldout: str
    options: EvaluationOptions


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
        self._budget = -1
        self._newest_policy = ""
        self._n_test = 0

    def compose_body(self) -> ComposeResult:
        """The evaluations; the interval and the verdict of one; its tasks."""
        empty = "no evaluation yet: S compares the newest trained policy with its base"
        yield VirtualList(_LIST, self.glyphs, empty=empty, id="evaluations")
        with Container(id="result"):
            yield Intervals(self.glyphs)
            yield Static(markup=False, id="verdict")
        yield VirtualList(_TASKS, self.glyphs, id="tasks")

    async def load(self, engine: Engine) -> None:
        """The evaluations and the one under the cursor."""
        known = {row.evaluation_id for row in self._rows}
        self._rows = await engine.list_evaluations()
        jobs = await engine.list_jobs()
        made = [f"{job.trainer}:{job.artifact_id}" for job in jobs if job.artifact_id]
        self._newest_policy = made[0] if made else ""
        splits = await engine.list_splits()
        self._n_test = splits[0].sides.get("test", 0) if splits else 0
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
                self._say_running(f"running: {event.n_done:,} of {event.n_total:,} rollouts")
            elif isinstance(event, RunStarted | RunEnded):
                self.reload()

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

    def action_start(self) -> None:
        """Fill in an evaluation, see what it costs, start it."""
        fields = (
            Field("tuned", "tuned", self._newest_policy, "the newest trained policy"),
            Field("base", "base", "builtin", "what it is compared with"),
            Field("seeds", "seeds", "4", "runs per task and arm"),
            Field("tasks", "tasks", "", "only so many of the test side; empty: all"),
            Field("budgets", "budgets", "5 20", "iterations; the last decides"),
            Field("heldout", "held out", "", "a second suite nobody trains on"),
        )
        self.app.push_screen(FormScreen("evaluate a policy", fields, self._read), self._start)

    def _read(self, values: Mapping[str, str]) -> _Wish:
        if not values["tuned"]:
            raise UsageError("tuned: no trained policy yet; key 5 trains one")
        try:
            budgets = tuple(int(part) for part in values["budgets"].split())
        except ValueError:
            raise UsageError("budgets: whole numbers with blanks between them") from None
        refuse_unpriced(values["tuned"])
        refuse_unpriced(values["base"])
        if not budgets or min(budgets) < 1:
            raise UsageError("budgets: at least one, of at least 1")
        n_seeds = at_least_one(values, "seeds")
        n_tasks = at_least_one(values, "tasks") if values["tasks"] else None
        options = EvaluationOptions(n_seeds=n_seeds, n_tasks=n_tasks, budgets=budgets)
        return _Wish(values["tuned"], values["base"], values["heldout"], options)

    def _start(self, wish: object) -> None:
        if not isinstance(wish, _Wish):
            return
        options = wish.options
        n_tasks = min(options.n_tasks or self._n_test, self._n_test)
        n_rollouts = 2 * n_tasks * options.n_seeds
        n_calls = n_rollouts * options.limits.n_iterations
        amount = amount_of({wish.tuned, wish.base}, n_calls)
        extra = f" and the tasks of {wish.heldout}" if wish.heldout else ""
        question = (
            f"Compare {wish.tuned} with {wish.base} on {n_tasks:,} tasks{extra}: "
            f"{n_rollouts:,} rollouts, {amount}?"
        )
        self.ask(
            "evaluate",
            lambda engine: engine.evaluate(wish.tuned, options, "latest", wish.heldout, wish.base),
            then=lambda report: self.reload(),
            question=question,
        )

    @property
    def _list(self) -> VirtualList:
        return self.query_one("#evaluations", VirtualList)

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
        self._report = None
        if row is not None and row.verdict is not None:
            self._report = await engine.show_evaluation(row.evaluation_id)
            self._budget = -1
            await self._show_report(self._report)
            return
        self.query_one(Intervals).show([])
        hint = f"not finished: key 3 shows its run {clean(row.run_id)}, R resumes it" if row else ""
        self._say_running(hint)
        await self._tasks.show(self._no_tasks)

    async def _show_report(self, report: EvaluationReport) -> None:
        result = report.budgets[self._budget]
        self.query_one(Intervals).show(estimates(report))
        content = Content("\n").join(verdict_lines(report, result, self.glyphs))
        self.query_one("#verdict", Static).update(content)
        await self._tasks.show(lambda offset, limit: self._task_page(result, offset, limit))

    async def _task_page(self, result: BudgetResult, offset: int, limit: int) -> Page:
        suites = [result.test, *([result.heldout] if result.heldout else [])]
        rows = [(suite, row) for suite in suites for row in suite.rows]
        shown = [task_row(suite, row, self.glyphs) for suite, row in rows[offset : offset + limit]]
        return Page(shown, len(rows))

    async def _no_tasks(self, offset: int, limit: int) -> Page:
        return Page([], 0)

    @property
    def _tasks(self) -> VirtualList:
        return self.query_one("#tasks", VirtualList)

    def _say_running(self, text: str) -> None:
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
