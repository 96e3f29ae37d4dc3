"""An evaluation in words and rows: what was found, at which budget, for which task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from core.errors import UsageError
from core.text import clean, plural
from tui.screens.form import Field, FormScreen
from tui.widgets.cells import Glyphs
from tui.widgets.interval import Estimate
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.evaluation.operations import BudgetResult, EvaluationReport
    from core.evaluation.result import SuiteResult, TaskResult
    from core.rollouts.operations import RunReport

TASKS = (
    Column("task", 0),
    Column("base", 11, is_right=True),
    Column("tuned", 11, is_right=True),
    Column("points", 7, is_right=True),
    Column("flip", 14),
)
_STYLES = {"keep": "$state-passed", "rollback": "$state-failed"}


class Order(StrEnum):
    """How the tasks of an evaluation are ordered, as it is said."""

    CHANGE = "largest change first"
    LOST = "largest loss first"
    WON = "largest gain first"
    TASK = "by name"


def ordered(result: BudgetResult, order: Order) -> list[tuple[SuiteResult, TaskResult]]:
    """All tasks with their suites; those that tie stand by name."""
    rows = [(suite, row) for suite in _suites(result) for row in suite.rows]
    rows.sort(key=lambda pair: pair[1].task_id)
    match order:
        case Order.CHANGE:
            rows.sort(key=lambda pair: -abs(pair[1].difference))
        case Order.LOST:
            rows.sort(key=lambda pair: pair[1].difference)
        case Order.WON:
            rows.sort(key=lambda pair: -pair[1].difference)
        case Order.TASK:
            pass
    return rows


def unfinished_words(run: RunReport) -> str:
    """How far an evaluation without a verdict is, and the key that goes on with it."""
    done = f"{run.n_rollouts:,} of {run.n_planned:,} rollouts done"
    if run.status == "running":
        return f"running: {done}; X stops it"
    return f"{run.status}: {done}; R goes on, to the verdict it would have had at once"


def report_form(evaluation_id: str) -> FormScreen:
    """Asks for the file of a report; closes with its path."""
    field = Field("path", "file", f"{evaluation_id}.md", "Markdown, to paste in a pull request")
    return FormScreen("write a report", [field], _read_path)


def _read_path(values: Mapping[str, str]) -> Path:
    if not values["path"]:
        raise UsageError("file: a path is needed")
    path = Path(values["path"]).expanduser().absolute()
    if path.exists():
        raise UsageError("file: it exists already; another name keeps it")
    return path


def verdict_cell(verdict: str | None, glyphs: Glyphs) -> tuple[str, str]:
    """Sign and word of a verdict, and its colour."""
    if verdict is None:
        return f"{glyphs.next} unfinished", "$state-running"
    signs = {"keep": glyphs.done, "rollback": glyphs.failed}
    return f"{signs.get(verdict, glyphs.idle)} {verdict}", _STYLES.get(verdict, "$state-stopped")


def estimates(report: EvaluationReport) -> list[Estimate]:
    """One line per budget and suite."""
    return [
        Estimate(
            f"{clean(suite.suite)} within {result.budget}",
            suite.delta,
            suite.ci_low,
            suite.ci_high,
            _direction(suite),
        )
        for result in report.budgets
        for suite in _suites(result)
    ]


def verdict_lines(
    report: EvaluationReport, result: BudgetResult, glyphs: Glyphs
) -> Iterator[Content]:
    """The verdict, its reasons, what would decide it, and the rates at one budget."""
    judgement = report.judgement
    word, style = verdict_cell(judgement.verdict.value, glyphs)
    yield Content.styled(word, f"bold {style}")
    for reason in judgement.reasons:
        yield Content.styled(clean(reason), "$foreground")
    if judgement.n_more_runs is not None:
        text = f"{plural(judgement.n_more_runs, 'more run')} per task and arm may decide it"
        yield Content.styled(text, "$accent")
    if judgement.n_more_tasks is not None:
        text = f"{plural(judgement.n_more_tasks, 'more task')} may decide it"
        yield Content.styled(text, "$accent")
    if report.n_lost:
        text = f"{report.n_lost:,} rollouts were lost to infrastructure and count nowhere"
        yield Content.styled(text, "$warning")
    for suite in _suites(result):
        rates = f"base {suite.base_rate:.1%}, tuned {suite.tuned_rate:.1%}"
        flips = f"{len(suite.won)} won, {len(suite.lost)} lost"
        text = f"{clean(suite.suite)} within {result.budget} iterations: {rates}, {flips}"
        yield Content.styled(text, "$secondary")


def task_row(suite: SuiteResult, row: TaskResult, glyphs: Glyphs) -> Row:
    """Both rates of a task, and whether it turned."""
    points = 100 * float(row.difference)
    flip = ("", "")
    if row.task_id in suite.won:
        flip = (f"{glyphs.done} won", "$state-passed")
    elif row.task_id in suite.lost:
        flip = (f"{glyphs.failed} lost", "$state-failed")
    cells = (
        clean(row.task_id),
        f"{row.base_passed}/{row.base_n} {float(row.base.rate):.0%}",
        f"{row.tuned_passed}/{row.tuned_n} {float(row.tuned.rate):.0%}",
        f"{points:+.0f}" if points else "0",
        flip,
    )
    return Row(row.task_id, cells)


def _suites(result: BudgetResult) -> list[SuiteResult]:
    return [result.test, *([result.heldout] if result.heldout is not None else [])]


def _direction(suite: SuiteResult) -> str:
    if suite.ci_low > 0:
        return "$state-passed"
    return "$state-failed" if suite.ci_high < 0 else "$state-stopped"
