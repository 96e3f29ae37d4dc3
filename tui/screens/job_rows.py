"""The list of jobs: a line each, whatever their trainer, with its letter among the curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.money import usd
from core.text import clean, one_line
from tui.activity import clock
from tui.screens.outcomes import status_cell
from tui.widgets.cells import Glyphs
from tui.widgets.virtual_list import Cell, Column, Row

if TYPE_CHECKING:  # importing it for real loads the database
    from core.training.lines import JobLine

JOBS = (
    Column("", 1),
    Column("job", 0),
    Column("policy it made", 25, from_width=104),
    Column("trainer", 8, from_width=58),
    Column("does", 4, from_width=68),
    Column("state", 13),
    Column("done", 5, is_right=True, from_width=50),
    Column("left", 7, is_right=True, from_width=90),
    Column("price", 12, is_right=True, from_width=64),
)
_LONGEST = 60


def job_row(job: JobLine, sign: str, glyphs: Glyphs) -> Row:
    """One job; `sign` says which curve is its."""
    policy, trainer, stage = (
        one_line(clean(text), _LONGEST) for text in (job.policy, job.trainer, job.stage)
    )
    cells: tuple[Cell, ...] = (
        sign,
        clean(job.job_id),
        policy,
        trainer,
        job.method,
        _state(job.status, stage, glyphs),
        "" if job.share is None else f"{job.share:.0%}",
        "" if job.left_s is None else f"~{clock(job.left_s)}",
        price_cell(job.price_microusd, is_final=job.is_price_final),
    )
    return Row(job.job_id, cells, job)


def price_cell(amount: int | None, *, is_final: bool) -> str:
    """What a job costs; `est.` while it is predicted."""
    if amount is None:
        return ""
    return usd(amount) if is_final else f"est. {usd(amount)}"


def spent_words(job: JobLine) -> str:
    """What a job that is to be cancelled has cost, in a sentence."""
    if job.status == "waiting" and job.price_microusd is None:
        return "Nothing was bought yet."
    spent = price_cell(job.price_microusd, is_final=job.is_price_final) or "An unknown amount"
    return f"{spent} spent so far, which stays spent."


def _state(status: str, stage: str, glyphs: Glyphs) -> tuple[str, str]:
    """The sign and colour of the status, with the trainer's own word for it."""
    word, style = status_cell(status, glyphs)
    if status == "running" and stage:
        word = f"{word.partition(' ')[0]} {stage}"
    return word, style
