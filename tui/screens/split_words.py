"""The sentences of splits and relations, as the suites screen says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.relations import standing_of

if TYPE_CHECKING:  # importing these for real loads the database
    from core.splits.questions import Answered, Relations
    from core.splits.reports import ColumnFamily, SplitColumns, SplitReport

NO_SPLIT = "No split yet: c checks a suite, then M divides it."
NO_FAMILY = "There is no family under the cursor; M makes a split."
NO_RELATION = "There is no relation under the cursor."
CERTAIN = "That is certain: there is nothing to say yes or no to."
NOTHING_TO_STOP = "Nothing of suites or splits goes on."


def divided(report: SplitReport) -> str:
    """After a split was made."""
    left = f", {len(report.left_out):,} left out" if report.left_out else ""
    return f"split {report.split_id[:12]}: {report.n_families:,} families{left}; s shows it"


def moved(report: SplitReport, side: str) -> str:
    """After a family was moved."""
    return f"split {report.split_id[:8]} has it on the {side} side; {report.parent[:8]} stays"


def not_a_member(name: str) -> str:
    """When what is held out as a whole suite is to be moved."""
    return f"{name} is of a suite that the split does not have; M makes a split with it."


def compared(found: Relations) -> str:
    """After tasks were compared."""
    n_leaks = sum(row.is_leak for row in found.rows)
    n_open = sum(row.standing.value == "open" for row in found.rows)
    return (
        f"{found.n_tasks:,} tasks compared: {n_leaks:,} on two sides of the split, "
        f"{n_open:,} unsure"
    )


def answered(given: Answered) -> str:
    """After a yes, a no or an undo."""
    verb = "taken back" if given.is_undone else "kept"
    what = "the same" if given.answer.value == "yes" else "apart"
    return f"{verb}: {given.one} and {given.other} are {what}; u takes back"


def about_split(view: SplitColumns | None, place: tuple[int, int]) -> str:
    """What stands above the columns; `place` is which split of how many."""
    if view is None:
        return "the newest split"
    report, (at, n_splits) = view.report, place
    where = f"{at} of {n_splits}, " if n_splits > 1 else ""
    changed = f", changed from {report.parent[:8]}: {report.reason}" if report.parent else ""
    return (
        f"split {report.split_id[:8]} ({where}{standing_of(report)}) of {report.suites}, "
        f"{view.ratios}, seed {report.seed}{changed}"
    )


def about_family(family: ColumnFamily | None) -> str:
    """The family under the cursor, in full."""
    if family is None:
        return ""
    n_tasks = len(family.task_ids)
    what = "task" if n_tasks == 1 else "tasks"
    rate = "not measured" if family.pass_rate is None else f"{family.pass_rate:.0%} of runs pass"
    return f"family {family.name}: {n_tasks:,} {what}, {rate}"


def about_relations(found: Relations | None) -> str:
    """What stands above the relations."""
    if found is None:
        return "related tasks"
    if not found.is_compared:
        return f"related tasks of {', '.join(found.suites)}: not compared yet"
    n_open = sum(row.standing.value == "open" for row in found.rows)
    by = "" if any(test.kind.value == "behaviour" for test in found.tests) else "; b compares more"
    return (
        f"related tasks of {', '.join(found.suites)}: {found.n_families:,} families, "
        f"{n_open:,} unsure{by}"
    )
