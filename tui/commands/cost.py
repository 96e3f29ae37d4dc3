"""`gemel cost`: what a plan would cost and yield, and the prices that says so by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from core.costs.billed import beside_ledger, month_of
from core.costs.book import PriceBook, load_book
from core.costs.grade import grade
from core.costs.library import load_scenario, remove_scenario, save_scenario, scenario_names
from core.costs.sample import Sample
from core.costs.scenario import Scenario, inputs, with_values
from core.costs.whatif import forecast, whatif
from core.engine import Engine
from core.errors import GemelError, UsageError
from core.evaluation.planning import STATISTICS
from core.store.ledger import LedgerBy
from core.text import clean
from core.together.billing import read_bill
from core.together.client import connect
from tui.commands.billed_show import show_billed
from tui.commands.cost_show import InputRow, Prices, show_inputs, show_prices, show_whatif
from tui.commands.forecast_show import show_history
from tui.commands.host import Answer, Common, complain, present, run
from tui.commands.ledger_show import show_graded, show_ledger
from tui.commands.refresh import refresh_prices
from tui.commands.show import say

cost = App(
    name="cost",
    help="Costs: whatif, inputs, remove, prices, ledger, billed, charges, ceiling, release, "
    "forecast.",
)

_DEFAULT = ("seed-plan", "student-as-generator")


@cost.command(name="whatif")
def what_if(
    *,
    scenario: tuple[str, ...] = _DEFAULT,
    changes: Annotated[tuple[str, ...], Parameter(name="--set", consume_multiple=True)] = (),
    from_run: str = "",
    arm: str = "",
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
        `name=value`, one or several, repeatable: makes one more scenario from the last one named.
        Money is in dollars.
    from_run
        Take tokens, turns and pass rate of that scenario from this run's rollouts, or `latest`.
    arm
        The arm of the run, when it has several.
    save
        Keep that last scenario in the workspace under this name.
    replace_saved
        Write over a saved scenario of that name.
    """

    def price(workspace: Path, sample: Sample | None) -> Answer:
        chosen = [load_scenario(name, workspace) for name in scenario]
        if sample is not None:
            chosen.append(_sampled(chosen[-1], sample, changes, save))
        elif changes or save:
            chosen.append(_changed(chosen[-1], changes, save))
        answer = whatif(chosen, load_book(workspace), STATISTICS)
        if save:
            complain(f"saved {save_scenario(chosen[-1], workspace, replaces=replace_saved)}")
        if sample is not None and sample.warning:
            complain(f"W-PILOT {sample.warning}")
        return Answer(answer, lambda out: show_whatif(out, answer, sample))

    async def measure(engine: Engine) -> Answer:
        return price(common.find().directory, await engine.sample_run(from_run, arm))

    if from_run:
        return run(common, measure)
    return _run(common, lambda workspace: price(workspace, None))


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
def remove(scenario: str, /, *, common: Common = Common()) -> int:
    """Delete a scenario that was saved in the workspace.

    Parameters
    ----------
    scenario
        Its name; shipped ones stay.
    """

    def work(workspace: Path) -> Answer:
        path = remove_scenario(scenario, workspace)
        return Answer({"removed": str(path)}, lambda out: say(out, f"{path} is gone"))

    return _run(common, work)


@cost.command
def ledger(*, by: LedgerBy = LedgerBy.RUN, common: Common = Common()) -> int:
    """What the stored calls, training jobs and endpoints come to.

    Parameters
    ----------
    by
        What they are summed by.
    """

    async def work(engine: Engine) -> Answer:
        lines = await engine.ledger(by)
        return Answer(lines, lambda out: show_ledger(out, by, lines))

    return run(common, work)


@cost.command
def billed(month: str = "", /, *, common: Common = Common()) -> int:
    """What Together billed the account, day by day, beside what the ledger says.

    Parameters
    ----------
    month
        Like 2026-11 [default: the current one, which is billed up to yesterday].
    """

    async def work(engine: Engine) -> Answer:
        today = datetime.now(UTC).date()
        wanted = month_of(month, today)
        here = await connect()
        try:
            bill = await read_bill(here, wanted)
        finally:
            await here.close()
        days = beside_ledger(bill, await engine.ledger(LedgerBy.DAY), wanted, today)
        return Answer(days, lambda out: show_billed(out, wanted, days))

    return run(common, work)


@cost.command(name="forecast")
def graded(
    run_id: str = "latest",
    /,
    *,
    scenario: str = "student-as-generator",
    history: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """Hold the forecast of a scenario against what a run really took.

    Parameters
    ----------
    run_id
        A run of rollouts, or the beginning of its name.
    scenario
        A shipped or saved scenario.
    history
        Instead: what every run was said to come to when it began, and what it came to.
    """

    async def work(engine: Engine) -> Answer:
        if history:
            past = await engine.forecasts()
            return Answer(past, lambda out: show_history(out, past))
        place = common.find().directory
        found = forecast(load_scenario(scenario, place), load_book(place), STATISTICS)
        taken = await engine.measure_run(run_id)
        answer = grade(found, taken.run_id, taken.measured)
        return Answer(answer, lambda out: show_graded(out, answer))

    return run(common, work)


@cost.command
def prices(
    *,
    refresh: Annotated[bool, Parameter(negative="")] = False,
    model: tuple[str, ...] = (),
    common: Common = Common(),
) -> int:
    """The price book: every price with its date and source, and what is retired.

    Parameters
    ----------
    refresh
        Ask Together for today's prices and write those that differ to your own price file.
    model
        Refresh these models, too; repeat it [default: those the book has, and all machines].
    """
    if refresh:
        return refresh_prices(common, model)

    def work(workspace: Path) -> Answer:
        book = load_book(workspace)
        return Answer(_rows(book), lambda out: show_prices(out, _rows(book)))

    return _run(common, work)


def _run(common: Common, work: Callable[[Path], Answer]) -> int:
    """Files and arithmetic only: no engine, no store, and a workspace need not exist."""
    try:
        return present(common, work(common.find().directory))
    except GemelError as error:
        complain(str(error))
        return error.exit_code


def _changed(base: Scenario, changes: Sequence[str], name: str) -> Scenario:
    values: dict[str, object] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change} is not of the form name=value.")
        values[key.strip()] = value
    says = f"{base.name} with {', '.join(changes)}" if changes else base.says
    return replace(with_values(base, values), name=name or f"{base.name}*", says=clean(says))


def _sampled(base: Scenario, sample: Sample, changes: Sequence[str], name: str) -> Scenario:
    """What was measured in place of what is assumed; what is set on the line wins over both."""
    found = replace(
        with_values(base, sample.inputs),
        name=f"{base.name}@{sample.run_id}",
        says=f"{base.name} as {sample.n_rollouts} rollouts of {sample.n_tasks} tasks measure it",
    )
    return _changed(found, changes, name) if changes or name else found


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
