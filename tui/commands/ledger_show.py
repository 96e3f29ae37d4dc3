"""How the ledger and a graded forecast look to people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.costs.grade import GradedFigure, GradedForecast
from core.money import spending_text, usd
from core.store.ledger import LedgerBy, LedgerLine
from core.text import clean
from tui.commands.show import least_width, say

_HEADINGS = ("calls", "failed", "prompt", "answer", "cached", "cost", "at most more")


def show_ledger(console: Console, by: LedgerBy, lines: Sequence[LedgerLine]) -> None:
    """A line per key, and their sum."""
    if not lines:
        say(console, "Nothing is stored yet that costs.")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(by.value, min_width=least_width([line.key for line in lines]))
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for line in (*lines, _sum(lines)):
        table.add_row(Text(clean(line.key)), *_cells(line))
    console.print(table)


def show_graded(console: Console, graded: GradedForecast) -> None:
    """Each figure: what was foretold, what came, and whether it lies inside."""
    say(
        console,
        f"{graded.scenario} against {graded.run_id}: {graded.n_rollouts:,} finished rollouts",
    )
    table = Table("of a rollout", box=None, pad_edge=False)
    for heading in ("low", "est.", "high", "came to"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for figure in graded.figures:
        numbers = (figure.low, figure.forecast, figure.high, figure.measured)
        verdict = "inside" if figure.is_inside else "outside"
        table.add_row(figure.name, *(_number(figure, value) for value in numbers), verdict)
    console.print(table)
    say(
        console,
        f"all of them: est. {usd(graded.forecast_microusd)}, came to "
        f"{usd(graded.measured_microusd)}; the ledger says "
        f"{spending_text(graded.ledger_microusd, graded.unseen_microusd)} for the whole run",
    )


def _number(figure: GradedFigure, value: float) -> str:
    if figure.unit == "micro-dollars":
        return f"${value / 1e6:.4f}"
    return f"{value:.2f}" if figure.unit == "share" else f"{value:,.1f}"


def _cells(line: LedgerLine) -> tuple[str, ...]:
    counts = (
        line.n_calls, line.n_failed, line.n_prompt_tokens, line.n_completion_tokens,
        line.n_cached_tokens,
    )  # fmt: skip
    return (*(f"{count:,}" for count in counts), usd(line.cost_microusd), usd(line.unseen_microusd))


def _sum(lines: Sequence[LedgerLine]) -> LedgerLine:
    return LedgerLine(
        "all",
        sum(line.n_calls for line in lines),
        sum(line.n_failed for line in lines),
        sum(line.n_prompt_tokens for line in lines),
        sum(line.n_completion_tokens for line in lines),
        sum(line.n_cached_tokens for line in lines),
        sum(line.cost_microusd for line in lines),
        sum(line.unseen_microusd for line in lines),
    )
