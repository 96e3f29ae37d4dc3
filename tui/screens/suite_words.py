"""The sentences of the suites screen: what was done, and what a key would replace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing these for real loads the database
    from core.store.suites import SuiteSummary
    from core.store.task_pages import TaskItem
    from core.store.task_tree import FamilyItem
    from core.suites.importing import ImportReport
    from core.suites.judging import ExportReport, GradeReport
    from core.suites.operations import CheckReport, ForgeReport

NO_SUITE = "No suite yet: F forges the built-in one, i imports one."
NO_TASKS = "The tasks of a suite stand here."
NO_MATCH = "No task fits the filter: / changes it."
NO_ENGINE = "The tasks are with the engine, which is gone; r tries again."


def checked(report: CheckReport) -> str:
    """After a check."""
    n_bad = len(report.quarantined)
    return f"{report.suite}: {report.admitted:,} admitted, {n_bad:,} quarantined; M divides it"


def forged(report: ForgeReport) -> str:
    """After a forge."""
    return f"{report.suite}: {report.n_tasks:,} tasks forged; c checks them"


def imported(report: ImportReport) -> str:
    """After an import."""
    left = f", {len(report.problems):,} left out" if report.problems else ""
    return f"{report.suite}: {report.n_tasks:,} tasks imported{left}; c checks them"


def exported(report: ExportReport) -> str:
    """After patches were written."""
    return f"{report.n_predictions:,} predictions of {report.suite} are in {report.path}"


def graded(report: GradeReport) -> str:
    """After a suite's own program judged."""
    counts = ", ".join(f"{n:,} {name}" for name, n in report.counts.items()) or "nothing"
    ended = f"; {report.n_settled:,} rollouts have their outcome" if report.n_settled else ""
    return f"{report.suite}: {counts}{ended}; logs in {report.folder}"


def replaces(suites: Sequence[SuiteSummary], verb: str, name: str) -> str:
    """The question before a suite is replaced; empty when there is none of that name."""
    found = next((suite for suite in suites if suite.suite == name), None)
    if found is None:
        return ""
    return (
        f"{verb} {name} again? Its {found.n_tasks:,} tasks and their checks are replaced; "
        "splits, rollouts and pairs made from them stay."
    )


def checks_again(suite: SuiteSummary) -> str:
    """The question before what is proved is proved again."""
    return f"All {suite.n_tasks:,} tasks of {suite.suite} are checked. Check them again?"


def about_tasks(suite: str, text: str, about: str) -> str:
    """What stands above the tree; of the line under the cursor what it has no room for."""
    if not suite:
        return ""
    where = f"tasks of {suite} with {text!r}" if text else f"tasks of {suite}"
    return f"{where}: {about}" if about else where


def about_task(item: TaskItem) -> str:
    """Why a task is quarantined, or how it fared."""
    if item.reason:
        return item.reason
    hung = f"{item.n_hung:,} of its tests hang" if item.n_hung else ""
    family = f"family {item.family}" if item.family else ""
    return ", ".join(part for part in (family, hung) if part)


def about_family(item: FamilyItem) -> str:
    """What stays together, and how to see it."""
    return f"{item.n_tasks:,} tasks, enter folds them; family {item.family}"
