"""How forecasts look to people: of past runs beside what came, of a run, of a sample."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from core.costs.history import PastForecast
from core.costs.sample import Sample
from core.live import LiveCost
from core.money import usd
from core.store.forecasts import ForecastRow
from core.text import plural
from tui.commands.show import say, table

_MONEY = "micro-dollars"


def show_history(console: Console, past: Sequence[PastForecast]) -> None:
    """A table for each run."""
    if not past:
        say(console, "No run has been foretold yet: `gemel rollouts run` does it as it begins.")
    for each in past:
        done = "" if each.n_rollouts_done is None else f"{each.n_rollouts_done:,} of "
        say(
            console,
            f"{each.run_id}: {each.status}, {done}{plural(each.n_rollouts, 'rollout')}, "
            f"foretold from {each.basis}",
        )
        rows = [
            (
                figure.figure,
                *(amount(value, figure.unit) for value in (figure.low, figure.mean, figure.high)),
                "" if figure.actual is None else amount(figure.actual, figure.unit),
                "" if figure.error is None else f"{figure.error:+.1%}",
                {True: "inside", False: "outside", None: "not finished"}[figure.is_inside],
            )
            for figure in each.figures
        ]
        table(console, ("", "low", "est.", "high", "came to", "error", ""), rows, empty="")


def show_sample(console: Console, sample: Sample) -> None:
    """What rollouts measured, with their intervals."""
    say(
        console,
        f"{sample.run_id}, {sample.policy}: {plural(sample.n_rollouts, 'rollout')} of "
        f"{plural(sample.n_tasks, 'task')}, 90 % t interval over the means of the tasks",
    )
    rows = [
        (
            figure.name,
            *(
                "" if value is None else amount(value, figure.unit)
                for value in (figure.low, figure.mean, figure.high)
            ),
        )
        for figure in sample.figures
    ]
    table(console, ("of a rollout", "low", "mean", "high"), rows, empty="")


def foretold_text(row: ForecastRow) -> str:
    """`est. $1.20 [$0.90, $1.50], at most $4.00`."""
    low, mean, high, worst = (amount(x, row.unit) for x in (row.low, row.mean, row.high, row.worst))
    return f"est. {mean} [{low}, {high}], at most {worst}"


def cost_text(cost: LiveCost) -> str:
    """What a run that goes on will have cost, in one line."""
    most = f"at most {usd(cost.worst_microusd)}"
    if cost.mean_microusd is None:
        return f"in the end {most}"
    if cost.low_microusd is None or cost.high_microusd is None:
        return f"in the end est. {usd(cost.mean_microusd)}, {most}"
    return (
        f"in the end est. {usd(cost.mean_microusd)} "
        f"[{usd(cost.low_microusd)}, {usd(cost.high_microusd)}] by the last rollouts of "
        f"{plural(cost.n_tasks, 'task')}, {most}"
    )


def amount(value: float, unit: str) -> str:
    """A figure in its unit."""
    if unit == _MONEY:
        return usd(round(value))
    return f"{value:.2f}" if unit == "share" else f"{value:,.1f}"
