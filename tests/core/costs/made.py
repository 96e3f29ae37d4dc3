"""What the tests of costs share: real statistics, the shipped book, a plan without a warning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.costs.book import PriceBook, load_book
from core.costs.forecast import Statistics
from core.costs.library import load_scenario
from core.costs.scenario import Scenario
from core.costs.whatif import Forecast, forecast
from core.evaluation.power import Design, mde
from core.student import t_quantile

STATISTICS = Statistics(
    mde=lambda n_tasks, n_runs, noise, spread: mde(n_tasks, n_runs, Design(noise, spread)),
    t_quantile=t_quantile,
)
NOWHERE = Path("/nonexistent")
CALM = Scenario(name="calm", n_tasks=400, n_pilot_tasks=20, n_eval_tasks=100)


def shipped_book() -> PriceBook:
    """The shipped prices without any user's."""
    return load_book(config=NOWHERE)


def predict(scenario: Scenario, **changes: Any) -> Forecast:
    """The forecast of a scenario with some inputs replaced."""
    return forecast(replace(scenario, **changes), shipped_book(), STATISTICS)


def seed_plan(**changes: Any) -> Forecast:
    """The worked example, or a variation of it."""
    return predict(load_scenario("seed-plan"), **changes)


def amounts(prediction: Forecast) -> dict[str, int]:
    """Mean micro-dollars by part."""
    return {part.name: part.mean_microusd for part in prediction.bill.parts}
