"""What if: several scenarios priced and forecast, each held against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.book import PriceBook
from core.costs.forecast import Statistics, Yield, forecast_yield
from core.costs.model import Bill, make_bill, relative_error
from core.costs.plan_warnings import Plan, PlanWarning, find_warnings
from core.costs.rates import PriceStamp, find_rates
from core.costs.scenario import Scenario, inputs
from core.costs.tokens import RolloutTokens, rollout_tokens
from core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Forecast:
    """One scenario: the priced prediction."""

    scenario: Scenario
    bill: Bill
    relative_error: float
    tokens: RolloutTokens
    """Of one rollout."""
    gain: Yield
    per_pair_wanted_microusd: int | None
    """Rollouts and retries, divided by the pairs wanted."""
    per_pair_usable_microusd: int | None
    """The same, divided by the usable pairs expected; None when there are none."""
    warnings: tuple[PlanWarning, ...]
    prices: tuple[PriceStamp, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An input that differs."""

    name: str
    first: object
    here: object


@dataclass(frozen=True, slots=True)
class Difference:
    """A scenario minus the first one, at the mean."""

    name: str
    inputs: tuple[Change, ...]
    parts_microusd: dict[str, int]
    total_microusd: int
    n_usable_pairs: float
    n_steps: int
    mde: float | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Scenarios side by side."""

    forecasts: tuple[Forecast, ...]
    differences: tuple[Difference, ...]
    """One for every scenario but the first."""


def whatif(scenarios: Sequence[Scenario], book: PriceBook, statistics: Statistics) -> WhatIf:
    """Price and forecast every scenario; pure, a few milliseconds each."""
    if not scenarios:
        raise UsageError("What if what? At least one scenario is needed.")
    first, *others = forecasts = [forecast(each, book, statistics) for each in scenarios]
    return WhatIf(tuple(forecasts), tuple(_difference(other, first) for other in others))


def forecast(scenario: Scenario, book: PriceBook, statistics: Statistics) -> Forecast:
    """The priced prediction of one scenario."""
    gain = forecast_yield(scenario, statistics)
    rates = find_rates(scenario, book)
    error = relative_error(scenario, statistics.t_quantile)
    bill = make_bill(scenario, rates, error, gain.pairs.n_usable)
    on_rollouts = bill.rollouts.mean_microusd
    return Forecast(
        scenario=scenario,
        bill=bill,
        relative_error=error,
        tokens=rollout_tokens(scenario),
        gain=gain,
        per_pair_wanted_microusd=_per(on_rollouts, scenario.n_pairs_wanted),
        per_pair_usable_microusd=_per(on_rollouts, gain.pairs.n_usable),
        warnings=find_warnings(Plan(scenario, bill, gain, book)),
        prices=rates.stamps,
    )


def _per(amount: int, n_pairs: float) -> int | None:
    return round(amount / n_pairs) if n_pairs else None


def _difference(here: Forecast, first: Forecast) -> Difference:
    pairs = zip(here.bill.parts, first.bill.parts, strict=True)
    has_power = here.gain.mde is not None and first.gain.mde is not None
    return Difference(
        name=here.scenario.name,
        inputs=_changes(here.scenario, first.scenario),
        parts_microusd={a.name: a.mean_microusd - b.mean_microusd for a, b in pairs},
        total_microusd=here.bill.total.mean_microusd - first.bill.total.mean_microusd,
        n_usable_pairs=here.gain.pairs.n_usable - first.gain.pairs.n_usable,
        n_steps=here.gain.n_steps - first.gain.n_steps,
        mde=(here.gain.mde or 0.0) - (first.gain.mde or 0.0) if has_power else None,
    )


def _changes(here: Scenario, first: Scenario) -> tuple[Change, ...]:
    values = ((name, getattr(first, name), getattr(here, name)) for name in inputs())
    return tuple(Change(name, before, after) for name, before, after in values if before != after)
