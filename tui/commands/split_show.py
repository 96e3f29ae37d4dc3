"""What `gemel split` prints for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from core.splits.certificate import Certificate
from core.splits.questions import Answered, Relation, Relations
from core.splits.reports import SplitColumns, SplitReport
from tui.commands.show import counts, say, say_next, table
from tui.relations import certificate_lines, standing_of, test_line

_MOST_LEFT_OUT = 10


def split(out: Console, report: SplitReport) -> None:
    """One split in numbers."""
    say(out, f"split {report.split_id[:12]} of {report.suites}, seed {report.seed}")
    say(out, f"  {report.n_tasks} tasks in {report.n_families} families: {counts(report.sides)}")
    if report.parent:
        say(out, f"  changed from {report.parent[:12]}: {report.reason}")
    if report.strata is not None:
        say(out, f"  families by difficulty: {counts(report.strata)}")
    if report.left_out:
        say(out, f"  left out, since relatives are on another side: {len(report.left_out)}")
        for one in report.left_out[:_MOST_LEFT_OUT]:
            say(out, f"    {one.task_id}: of the family {one.family}")
    say(out, f"  leak check: {standing_of(report)}")
    say_next(out, "split check" if report.n_leaks is None else "rollouts run")


def splits(out: Console, rows: Sequence[SplitReport]) -> None:
    """All splits."""
    heads = ("split", "suites", "seed", "families", "tasks", "sides", "leaks", "changed from")
    cells = [
        (
            r.split_id[:12],
            r.suites,
            r.seed,
            r.n_families,
            r.n_tasks,
            counts(r.sides),
            standing_of(r),
            f"{r.parent[:8]}: {r.reason}" if r.parent else "",
        )
        for r in rows
    ]
    table(out, heads, cells, empty="No split yet: `gemel split make` makes one.")


def columns(out: Console, view: SplitColumns) -> None:
    """Every family of a split with its tasks; side by side would not fit a pipe."""
    report = view.report
    say(out, f"split {report.split_id[:12]} of {report.suites}, seed {report.seed}, {view.ratios}")
    for column in view.columns:
        say(out, f"{column.side}: {column.n_tasks} tasks in {len(column.families)} families")
        for family in column.families:
            rate = "" if family.pass_rate is None else f" ({family.pass_rate:.0%} pass)"
            say(out, f"  {family.name}{rate}: {', '.join(family.task_ids)}")


def certificate(out: Console, found: Certificate) -> None:
    """The certificate, and what to do about it."""
    for line in certificate_lines(found):
        say(out, line)
    if found.leaks:
        say_next(
            out, f"split move {found.leaks[0].other} --to {found.leaks[0].one_side} --reason …"
        )
    elif found.questions:
        say_next(out, f"split answer {found.questions[0].one} {found.questions[0].other} yes|no")


def relations(out: Console, found: Relations, rows: Sequence[Relation]) -> None:
    """Related tasks with their evidence."""
    say(out, f"{', '.join(found.suites)}: {found.n_tasks} tasks in {found.n_families} families")
    for test in found.tests:
        say(out, f"  {test_line(test)}")
    for row in rows:
        places = [
            f"{name} ({side or 'no side'})"
            for name, side in ((row.one, row.one_side), (row.other, row.other_side))
        ]
        mark = "leak, " if row.is_leak else ""
        reason = f": {row.reason}" if row.reason else ""
        say(out, f"{mark}{row.standing.value}{reason}\n  {places[0]}\n  {places[1]}")
        for evidence in row.evidence:
            say(out, f"    {evidence}")
    if not rows:
        say(out, "Nothing is listed; bugs of one program always stay together.")


def answered(out: Console, given: Answered) -> None:
    """An answer that was given or taken back."""
    verb = "taken back" if given.is_undone else "kept"
    reason = f" ({given.reason})" if given.reason else ""
    say(out, f"{verb}: {given.answer.value} to {given.one} and {given.other}{reason}")
    say_next(out, "split check")


def answers(out: Console, rows: Sequence[Answered]) -> None:
    """Every answer that stands."""
    heads = ("answer", "one", "other", "reason")
    cells = [(r.answer.value, r.one, r.other, r.reason) for r in rows]
    table(out, heads, cells, empty="No answer yet: `gemel split relatives` lists what is unsure.")
