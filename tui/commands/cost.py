"""`gemel cost`: what a plan would cost and yield, and the prices that says so by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.costs.book import (
    ChatRow,
    HardwareRow,
    PriceBook,
    RetiredRow,
    TrainingRow,
    load_book,
)
from core.costs.forecast import Statistics
from core.costs.inputs import MONEY, Input
from core.costs.library import load_scenario, save_scenario, scenario_names
from core.costs.scenario import Scenario, inputs, with_values
from core.costs.whatif import Difference, Forecast, WhatIf, whatif
from core.errors import GemelError, UsageError
from core.evaluation.power import Design, mde
from core.evaluation.student import t_quantile
from core.money import usd
from core.text import clean
from core.workspace import find_workspace
from tui.commands.host import Answer, Common, complain, write_json
from tui.commands.show import percent, say, table

cost = App(name="cost", help="Costs: whatif, inputs, prices.")

_DEFAULT = ("seed-plan", "student-as-generator")


@dataclass(frozen=True, slots=True)
class InputRow:
    """An input with its value in a scenario."""

    name: str
    value: object
    about: Input


@dataclass(frozen=True, slots=True)
class Prices:
    """The price book as rows."""

    chat: tuple[ChatRow, ...]
    training: tuple[TrainingRow, ...]
    hardware: tuple[HardwareRow, ...]
    retired: tuple[RetiredRow, ...]
    override: str


@cost.command(name="whatif")
def what_if(
    *,
    scenario: tuple[str, ...] = _DEFAULT,
    changes: Annotated[tuple[str, ...], Parameter(name="--set")] = (),
    save: str = "",
    replace_saved: Annotated[bool, Parameter(name="--replace", negative="")] = False,
    common: Common = Common(),
) -> int:
    """Price scenarios side by side; nothing is called and nothing is spent.

    Parameters
    ----------
    scenario
        A shipped or saved scenario; repeat it to compare. The first is what others differ from.
    changes
        `name=value`, repeatable: makes one more scenario from the last one named.
    save
        Keep that last scenario in the workspace under this name.
    replace_saved
        Write over a saved scenario of that name.
    """

    def work(workspace: Path) -> Answer:
        chosen = [load_scenario(name, workspace) for name in scenario]
        if changes or save:
            chosen.append(_changed(chosen[-1], changes, save))
        answer = whatif(chosen, load_book(workspace), _STATISTICS)
        if save:
            complain(f"saved {save_scenario(chosen[-1], workspace, replaces=replace_saved)}")
        return Answer(answer, lambda out: _show(out, answer))

    return _run(common, work)


@cost.command(name="inputs")
def list_inputs(scenario: str = "student-as-generator", /, *, common: Common = Common()) -> int:
    """Every input of a scenario: its value, unit, range, meaning and source.

    Parameters
    ----------
    scenario
        A shipped or saved scenario.
    """

    def work(workspace: Path) -> Answer:
        chosen = load_scenario(scenario, workspace)
        rows = tuple(InputRow(name, getattr(chosen, name), a) for name, a in inputs().items())
        return Answer(rows, lambda out: _show_inputs(out, rows, scenario_names(workspace)))

    return _run(common, work)


@cost.command
def prices(*, common: Common = Common()) -> int:
    """The price book: every price with its date and source, and what is retired."""

    def work(workspace: Path) -> Answer:
        book = load_book(workspace)
        return Answer(_rows(book), lambda out: _show_prices(out, _rows(book)))

    return _run(common, work)


def _mde(n_tasks: int, n_runs: int, run_noise: float, task_spread: float) -> float:
    return mde(n_tasks, n_runs, Design(run_noise=run_noise, task_spread=task_spread))


_STATISTICS = Statistics(mde=_mde, t_quantile=t_quantile)


def _run(common: Common, work: Callable[[Path], Answer]) -> int:
    """Files and arithmetic only: no engine, no store, and a workspace need not exist."""
    try:
        answer = work(find_workspace(common.workspace).directory)
    except GemelError as error:
        complain(str(error))
        return error.exit_code
    if common.json:
        write_json(answer.value)
    else:
        answer.print(Console(soft_wrap=True))
    return answer.exit_code


def _changed(base: Scenario, changes: Sequence[str], name: str) -> Scenario:
    values: dict[str, object] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change} is not of the form name=value.")
        values[key.strip()] = value
    says = f"{base.name} with {', '.join(changes)}" if changes else base.says
    return replace(with_values(base, values), name=name or f"{base.name}*", says=clean(says))


def _show(console: Console, answer: WhatIf) -> None:
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
    changed = ", ".join(f"{c.name} {c.first} -> {c.here}" for c in difference.inputs)
    say(console, f"{difference.name} against {first}: {changed or 'no input differs'}")


def _show_side_by_side(console: Console, forecasts: Sequence[Forecast]) -> None:
    """Means of all scenarios, and what each later one adds to or takes from the first."""
    first = forecasts[0]
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
    assert first is forecasts[0]
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


def _show_inputs(console: Console, rows: Sequence[InputRow], names: Sequence[str]) -> None:
    say(console, f"scenarios: {', '.join(names)}")
    cells = [
        (row.name, _value(row), row.about.unit, row.about.says, row.about.source) for row in rows
    ]
    table(console, ("input", "value", "unit", "meaning", "default from"), cells, empty="")


def _value(row: InputRow) -> str:
    if row.value is None:
        return "book"
    is_money = row.about.unit.startswith(MONEY) and isinstance(row.value, int)
    return usd(int(str(row.value))) if is_money else str(row.value)


def _rows(book: PriceBook) -> Prices:
    return Prices(
        tuple(book.chat.values()),
        tuple(book.training.values()),
        tuple(book.hardware.values()),
        tuple(book.retired.values()),
        book.override,
    )


def _show_prices(console: Console, rows: Prices) -> None:
    cells: list[tuple[str, str, str, str]] = []
    for chat in rows.chat:
        cached = "" if chat.cached is None else f", cached {usd(chat.cached)}"
        amount = f"{usd(chat.prompt)} in, {usd(chat.completion)} out{cached} per M"
        cells.append((chat.model, amount, str(chat.as_of), chat.source))
    for job in rows.training:
        amount = f"{usd(job.per_million)} per M, at least {usd(job.minimum)}"
        cells.append((f"{job.method} of {job.model}", amount, str(job.as_of), job.source))
    for machine in rows.hardware:
        amount = f"{usd(machine.per_hour)} per hour"
        cells.append((machine.name, amount, str(machine.as_of), machine.source))
    for gone in rows.retired:
        amount = f"retired from {gone.use.value}: use {gone.replacement}"
        cells.append((gone.model, amount, str(gone.since), gone.source))
    table(console, ("what", "price", "since", "source"), cells, empty="")
    say(console, f"Your own rows go to {rows.override}")
