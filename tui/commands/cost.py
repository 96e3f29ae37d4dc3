"""`gemel cost`: what a plan would cost and yield, and the prices that says so by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from core.costs.book import PriceBook, load_book
from core.costs.library import load_scenario, save_scenario, scenario_names
from core.costs.scenario import Scenario, inputs, with_values
from core.costs.whatif import whatif
from core.errors import GemelError, UsageError
from core.evaluation.planning import STATISTICS
from core.text import clean
from core.workspace import find_workspace
from tui.commands.cost_show import InputRow, Prices, show_inputs, show_prices, show_whatif
from tui.commands.host import Answer, Common, complain, write_json

cost = App(name="cost", help="Costs: whatif, inputs, prices.")

_DEFAULT = ("seed-plan", "student-as-generator")


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
        answer = whatif(chosen, load_book(workspace), STATISTICS)
        if save:
            complain(f"saved {save_scenario(chosen[-1], workspace, replaces=replace_saved)}")
        return Answer(answer, lambda out: show_whatif(out, answer))

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
        rows = tuple(_input_row(chosen, name) for name in inputs())
        return Answer(rows, lambda out: show_inputs(out, rows, scenario_names(workspace)))

    return _run(common, work)


@cost.command
def prices(*, common: Common = Common()) -> int:
    """The price book: every price with its date and source, and what is retired."""

    def work(workspace: Path) -> Answer:
        book = load_book(workspace)
        return Answer(_rows(book), lambda out: show_prices(out, _rows(book)))

    return _run(common, work)


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


def _input_row(scenario: Scenario, name: str) -> InputRow:
    about, value = inputs()[name], getattr(scenario, name)
    is_default = value == getattr(Scenario(), name)
    return InputRow(name, value, about.source if is_default else f"set in {scenario.name}", about)


def _rows(book: PriceBook) -> Prices:
    return Prices(
        tuple(book.chat.values()),
        tuple(book.training.values()),
        tuple(book.hardware.values()),
        tuple(book.retired.values()),
        book.override,
    )
