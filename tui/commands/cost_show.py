"""How `gemel cost` looks to people: parts with their interval, scenarios side by side, prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.costs.book import ChatRow, HardwareRow, RetiredRow, TrainingRow
from core.costs.inputs import MONEY, Input
from core.costs.sample import Sample
from core.costs.scenario import inputs
from core.costs.whatif import Difference, Forecast, WhatIf
from core.money import usd
from core.text import clean
from tui.commands.forecast_show import show_sample
from tui.commands.show import say


@dataclass(frozen=True, slots=True)
class InputRow:
    """An input with its value in a scenario."""

    name: str
    value: object
    source: str
    """Where the value comes from; the input's own source is that of its default."""
    about: Input


@dataclass(frozen=True, slots=True)
class Prices:
    """The price book as rows."""

    chat: tuple[ChatRow, ...]
    training: tuple[TrainingRow, ...]
    hardware: tuple[HardwareRow, ...]
    retired: tuple[RetiredRow, ...]
    override: str


def show_whatif(console: Console, answer: WhatIf, sample: Sample | None = None) -> None:
    """Every scenario on its own, then the means side by side; first what was measured."""
    if sample is not None:
        show_sample(console, sample)
    for forecast in answer.forecasts:
        _show_forecast(console, forecast)
    first = answer.forecasts[0].scenario.name
    for difference in answer.differences:
        _show_difference(console, difference, first)
    if len(answer.forecasts) > 1:
        _show_side_by_side(console, answer.forecasts)


def _show_forecast(console: Console, forecast: Forecast) -> None:
    scenario, gain, tokens = forecast.scenario, forecast.gain, forecast.tokens
    say(console, f"{scenario.name}: {scenario.says}")
    parts = [part for part in forecast.bill.parts if part.high_microusd]
    rows = [
        (part.name, *map(usd, (part.low_microusd, part.mean_microusd, part.high_microusd)))
        for part in (*parts, forecast.bill.total)
    ]
    _columns(console, ("part, est.", "low", "mean", "high"), rows)
    say(
        console,
        f"{scenario.n_rollouts:,} rollouts of {tokens.n_prompt:,.0f} prompt and "
        f"{tokens.n_completion:,.0f} completion tokens in {tokens.n_calls:g} calls; "
        f"at their limits {usd(forecast.bill.ceiling_microusd)}",
    )
    if scenario.n_pairs_wanted:
        say(
            console,
            f"{gain.pairs.n_usable:,.0f} usable pairs expected of {scenario.n_pairs_wanted:,} "
            f"wanted, {_price(forecast.per_pair_usable_microusd)} of rollouts each "
            f"({_price(forecast.per_pair_wanted_microusd)} if all wanted ones came); "
            f"{gain.n_steps:,} optimiser steps",
        )
    if gain.mde is not None:
        say(console, f"the evaluation shows a change of {100 * gain.mde:.1f} points or more")
    for warning in forecast.warnings:
        say(console, f"! {warning.warning_id} {warning.says} -> {warning.change}")
    say(console, "")


def _show_difference(console: Console, difference: Difference, first: str) -> None:
    changed = ", ".join(
        f"{c.name} {_value(c.name, c.first)} -> {_value(c.name, c.here)}" for c in difference.inputs
    )
    say(console, f"{difference.name} against {first}: {changed or 'no input differs'}")


def _show_side_by_side(console: Console, forecasts: Sequence[Forecast]) -> None:
    """Means of all scenarios, and what each later one adds to or takes from the first."""
    heads = ["mean, est.", *(forecast.scenario.name for forecast in forecasts)]
    rows: list[list[str]] = []
    bills = [(*forecast.bill.parts, forecast.bill.total) for forecast in forecasts]
    for parts in zip(*bills, strict=True):
        if any(part.mean_microusd for part in parts):
            base = parts[0].mean_microusd
            more = [_with_change(part.mean_microusd, base) for part in parts[1:]]
            rows.append([parts[0].name, usd(base), *more])
    rows.append(["usable pairs", *(f"{f.gain.pairs.n_usable:,.0f}" for f in forecasts)])
    rows.append(["optimiser steps", *(f"{f.gain.n_steps:,}" for f in forecasts)])
    points = ["-" if f.gain.mde is None else f"{100 * f.gain.mde:.1f}" for f in forecasts]
    rows.append(["points shown", *points])
    _columns(console, heads, rows)


def _with_change(amount: int, base: int) -> str:
    sign = "-" if amount < base else "+"
    return f"{usd(amount)} ({sign}{usd(abs(amount - base))})"


def _columns(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table whose columns but the first are numbers, whatever their unit."""
    form = Table(box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        form.add_column(Text(clean(head)), justify="right" if at else "left")
    for row in rows:
        form.add_row(*(Text(clean(cell)) for cell in row))
    console.print(form)


def _price(amount: int | None) -> str:
    return "-" if amount is None else usd(amount)


def show_inputs(console: Console, rows: Sequence[InputRow], names: Sequence[str]) -> None:
    """One line per input, and which scenarios there are."""
    say(console, f"scenarios: {', '.join(names)}")
    for row in rows:
        unit = row.about.unit.replace(MONEY, "dollars")  # which is how they are shown and read
        meaning = f"{row.about.says} ({unit}; {row.source})"
        say(console, f"{row.name:<28} {_value(row.name, row.value):>14}  {meaning}")


def show_prices(console: Console, rows: Prices) -> None:
    """One line per price, and where to write another."""
    for chat in rows.chat:
        cached = "" if chat.cached is None else f", cached {usd(chat.cached)}"
        amount = f"{usd(chat.prompt)} in, {usd(chat.completion)} out{cached} per M"
        _price_line(console, chat.model, amount, chat.as_of, chat.source)
    for job in rows.training:
        amount = f"{usd(job.per_million)} per M, at least {usd(job.minimum)}"
        _price_line(console, f"{job.method} of {job.model}", amount, job.as_of, job.source)
    for machine in rows.hardware:
        amount = f"{usd(machine.per_hour)} per hour"
        _price_line(console, machine.name, amount, machine.as_of, machine.source)
    for gone in rows.retired:
        amount = f"gone for {gone.use.value}, use {gone.replacement}"
        _price_line(console, gone.model, amount, gone.since, gone.source)
    say(console, f"Your own rows go to {rows.override}")


def _price_line(console: Console, what: str, amount: str, since: date, source: str) -> None:
    say(console, f"{what:<41} {amount:<42} since {since}: {source}")


def _value(name: str, value: object) -> str:
    if value is None:
        return "book"
    is_money = inputs()[name].unit.startswith(MONEY) and isinstance(value, int)
    return usd(int(str(value))) if is_money else str(value)
