"""Forms for people: tables of plain cells, rates, intervals. Nothing is read as markup."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.evaluation.operations import EvaluationReport
from core.evaluation.result import SuiteResult
from core.store.decisions import DecisionCounts
from core.text import clean, plural

_LONGEST_NAME = 48


def say(console: Console, text: str) -> None:
    """One line or paragraph, cleaned."""
    console.print(Text(clean(text)))


def table(
    console: Console, heads: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str
) -> None:
    """A plain table, numbers to the right; `empty` says what to do when there is no row."""
    body = [list(row) for row in rows]
    if not body:
        say(console, empty)
        return
    form = Table(box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        is_number = all(isinstance(row[at], int | float) for row in body)
        least = least_width([str(row[at]) for row in body]) if at == 0 else None
        align: Literal["left", "right"] = "right" if is_number else "left"
        form.add_column(Text(head), justify=align, min_width=least)
    for row in body:
        form.add_row(*(Text(clean(str(cell))) for cell in row))
    console.print(form)


def least_width(names: Sequence[str]) -> int | None:
    """Of a column of names: they are there to be copied, so the others get narrower first."""
    longest = max(len(clean(name)) for name in names)
    return longest if longest <= _LONGEST_NAME else None


def program() -> str:
    """How this program was called, so that a printed command can be copied."""
    called = sys.argv[0]
    if shutil.which("gemel") is not None or not called.endswith("gemel"):
        return "gemel"
    return os.path.relpath(called) if os.path.isabs(called) else called


def say_next(console: Console, words: str) -> None:
    """The command that comes next."""
    say(console, f"next: {program()} {words}")


def counts(values: Mapping[str, int]) -> str:
    """`3 passed, 1 failed`."""
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in values.items()) or "none"


def decisions(decided: DecisionCounts) -> str:
    """`3 kept, 1 dropped, 0 flagged, 40 undecided; 2 swapped`."""
    return (
        f"{decided.n_kept} kept, {decided.n_dropped} dropped, {decided.n_flagged} flagged, "
        f"{decided.n_undecided} undecided; {decided.n_swapped} swapped"
    )


def percent(rate: float) -> str:
    """A rate as per cent."""
    return f"{100 * rate:.1f} %"


def number(value: float | None) -> str:
    """A measured value; in words where it was no number."""
    return "no number" if value is None else f"{value:.4g}"


def estimate(suite: SuiteResult) -> str:
    """Rates, difference, interval and p of one suite, in one line."""
    return (
        f"{suite.suite}: base {percent(suite.base_rate)}, tuned {percent(suite.tuned_rate)}, "
        f"difference {100 * suite.delta:+.1f} points "
        f"[{100 * suite.ci_low:+.1f}, {100 * suite.ci_high:+.1f}] at {suite.level:.0%}, "
        f"p {suite.p_value:.2g}, {len(suite.rows)} tasks"
    )


def evaluation(console: Console, report: EvaluationReport) -> None:
    """An evaluation: every budget, then the verdict with its reasons."""
    for at in report.budgets:
        for suite in (at.test, at.heldout):
            if suite is not None:
                say(console, f"within {at.budget} iterations, {estimate(suite)}")
    judgement = report.judgement
    say(console, f"verdict: {judgement.verdict.value}")
    for reason in judgement.reasons:
        say(console, f"  {reason}")
    if judgement.n_more_runs is not None:
        say(
            console, f"  {plural(judgement.n_more_runs, 'more run')} per task and arm may decide it"
        )
    if judgement.n_more_tasks is not None:
        say(console, f"  {plural(judgement.n_more_tasks, 'more task')} may decide it")
    if report.n_lost:
        say(console, f"  {report.n_lost} rollouts were lost to infrastructure and count nowhere")
