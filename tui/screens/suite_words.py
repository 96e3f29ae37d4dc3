"""The sentences of the suites screen: what was done, and what a key would replace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing these for real loads the database
    from core.splits.operations import SplitColumns, SplitReport
    from core.store.suites import SuiteSummary
    from core.suites.operations import CheckReport, ForgeReport, ImportReport

NO_SUITE = "No suite yet: F forges the built-in one, i imports one."
NO_TASKS = "The tasks of a suite stand here."
NO_MATCH = "No task fits the filter: / changes it."
NO_SPLIT = "No split yet: c checks a suite, then M divides it."
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


def divided(report: SplitReport) -> str:
    """After a split was made."""
    return f"split {report.split_id[:12]}: {report.n_families:,} families; s shows it"


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


def about_split(split: SplitColumns | None) -> str:
    """What stands above the columns."""
    if split is None:
        return "the newest split"
    report = split.report
    return (
        f"split {report.split_id[:8]} of {report.suites}, shares {split.ratios}, "
        f"seed {report.seed}: {report.n_tasks:,} tasks, {report.n_families:,} families"
    )


def about_tasks(suite: str, text: str) -> str:
    """What stands above the tasks."""
    if not suite:
        return ""
    return f"tasks of {suite} with {text!r}" if text else f"tasks of {suite}"
