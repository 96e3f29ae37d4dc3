"""A forecast held against what a run really took, figure by figure."""

from __future__ import annotations

from dataclasses import dataclass

from core.costs.model import bounds
from core.costs.whatif import Forecast
from core.store.ledger import Measured


@dataclass(frozen=True, slots=True)
class GradedFigure:
    """One figure of a rollout: what was foretold, and what it came to."""

    name: str
    unit: str
    low: float
    forecast: float
    high: float
    measured: float

    @property
    def is_inside(self) -> bool:
        """Whether the measured value lies in the interval that was foretold."""
        return self.low <= self.measured <= self.high


@dataclass(frozen=True, slots=True)
class GradedForecast:
    """A scenario's forecast of rollouts, graded by a run."""

    scenario: str
    run_id: str
    n_rollouts: int
    figures: tuple[GradedFigure, ...]
    forecast_microusd: int
    """Of as many rollouts as were measured."""
    measured_microusd: int
    """Of those rollouts."""
    ledger_microusd: int
    """Of the whole run, whatever became of its rollouts."""
    unseen_microusd: int
    """At most so much more."""


def grade(found: Forecast, run_id: str, measured: Measured) -> GradedForecast:
    """Grade what a forecast says of one rollout."""
    scenario, tokens, rollouts = found.scenario, found.tokens, found.bill.rollouts
    figures = [
        GradedFigure(name, unit, low, mean, high, value)
        for name, unit, mean, value in (
            ("calls", "calls", tokens.n_calls, measured.n_calls),
            ("prompt", "tokens", tokens.n_prompt, measured.n_prompt_tokens),
            ("answer", "tokens", tokens.n_completion, measured.n_completion_tokens),
        )
        for low, high in (bounds(scenario, mean, found.relative_error),)
    ]
    if measured.pass_rate is not None:
        rate, spread = scenario.pass_rate, scenario.pass_rate_sd
        low, high = max(rate - 2 * spread, 0.0), min(rate + 2 * spread, 1.0)
        figures.append(GradedFigure("pass rate", "share", low, rate, high, measured.pass_rate))
    amounts = (rollouts.low_microusd, rollouts.mean_microusd, rollouts.high_microusd)
    low, mean, high = (amount / scenario.n_rollouts for amount in amounts)
    each = measured.cost_microusd / measured.n_rollouts
    figures.append(GradedFigure("cost", "micro-dollars", low, mean, high, each))
    return GradedForecast(
        scenario=scenario.name,
        run_id=run_id,
        n_rollouts=measured.n_rollouts,
        figures=tuple(figures),
        forecast_microusd=round(mean * measured.n_rollouts),
        measured_microusd=measured.cost_microusd,
        ledger_microusd=measured.ledger_microusd,
        unseen_microusd=measured.unseen_microusd,
    )
