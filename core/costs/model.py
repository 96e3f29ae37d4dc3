"""The cost model: a scenario and its rates in, parts in micro-dollars out. Pure functions.

Every part has a low, a mean and a high. Whatever scales with the tokens or the time of a
rollout is known to a relative error e: for a pilot of n tasks it lies in `mean * (1 -+ e)` with
`e = t(.95, n-1) * cost_spread / sqrt(n)`, a 90 % t interval over the means of the tasks; a
guess lies between half and double. Rollouts never cost more than at their limits, which is the
ceiling. A job's low also counts a pair's prompt once and only the pairs that are expected; an
endpoint's start may be free. The parts share their causes, so lows and highs add up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from core.costs.rates import Rates
from core.costs.scenario import Scenario
from core.costs.tokens import RolloutTokens, rollout_tokens

_MILLION = 1e6
_HOUR_S = 3600.0
_CONFIDENCE = 0.95
_GUESS_ERROR = 1.0
_LEAST_PILOT = 2


class PartName(StrEnum):
    """What money goes to, in the order it is spent."""

    ROLLOUTS = "rollouts"
    RETRIES = "retries"
    TRAINING = "training"
    STARTING = "endpoint start"
    SERVING = "evaluation"
    IDLE = "endpoint idle"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bill, or its total."""

    name: str
    low_microusd: int
    mean_microusd: int
    high_microusd: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What a scenario costs."""

    parts: tuple[Part, ...]
    rollouts: Part
    """Rollouts and retries together; not a part of its own."""
    total: Part
    ceiling_microusd: int
    """Rollouts and retries when every rollout goes to its limits without a cache hit."""
    training_tokens: int
    endpoint_s: float


def relative_error(scenario: Scenario, t_quantile: Callable[[float, float], float]) -> float:
    """How far the tokens and times of a rollout may be off, as a share."""
    n = scenario.n_pilot_tasks
    if n < _LEAST_PILOT:
        return _GUESS_ERROR
    return t_quantile(_CONFIDENCE, n - 1) * scenario.cost_spread / math.sqrt(n)


def make_bill(scenario: Scenario, rates: Rates, error: float, n_usable_pairs: float) -> Bill:
    """Price every part; `n_usable_pairs` are those expected from the rollouts."""
    wide = _Interval(scenario, error)
    mean = rollouts_cost(scenario, rates)
    worst = max(mean, rollouts_cost(at_limits(scenario), rates))
    rollouts = Part(PartName.ROLLOUTS, wide.low(mean), mean, min(worst, wide.high(mean)))
    times = _endpoint_times(scenario)
    calls = (rollouts, _share_of(rollouts, scenario.retry_share))
    parts = (
        *calls,
        _training_part(scenario, rates, wide, n_usable_pairs),
        *(_endpoint_part(name, seconds, rates, wide) for name, seconds in times.items()),
        _exactly(PartName.STORAGE, _storage_cost(scenario)),
    )
    return Bill(
        parts=parts,
        rollouts=_sum("rollouts and retries", calls),
        total=_sum("total", parts),
        ceiling_microusd=worst + _micro(worst * scenario.retry_share),
        training_tokens=training_tokens(scenario, scenario.n_pairs_wanted),
        endpoint_s=sum(times.values()),
    )


def rollouts_cost(scenario: Scenario, rates: Rates) -> int:
    """All rollouts of the plan, retries left out."""
    used = rollout_tokens(scenario)
    return _micro(scenario.n_rollouts * _rollout_price(scenario, used, rates))


def at_limits(scenario: Scenario) -> Scenario:
    """The same plan when every rollout goes to its limits, and nothing is cached or batched."""
    return replace(
        scenario,
        iterations=float(scenario.max_iterations),
        iterations_variance=0.0,
        reflections=float(scenario.max_reflections),
        cache_hit_rate=0.0,
        batch_share=0.0,
    )


def training_tokens(scenario: Scenario, n_pairs: int, prompts_billed: int | None = None) -> int:
    """Tokens that a job bills: unpacked pairs are rows of the full length, whatever they hold."""
    times = scenario.prompts_billed if prompts_billed is None else prompts_billed
    pair = times * scenario.pair_prompt_tokens + scenario.chosen_tokens + scenario.rejected_tokens
    n_validation = n_validation_pairs(scenario, n_pairs)
    row = pair if scenario.packing else max(pair, scenario.max_seq_tokens)
    trained = (n_pairs - n_validation) * row * scenario.n_epochs
    return trained + n_validation * pair * scenario.n_evals


def n_validation_pairs(scenario: Scenario, n_pairs: int) -> int:
    """Pairs held back to watch the training."""
    return round(n_pairs * scenario.validation_share)


def bounds(scenario: Scenario, mean: float, error: float) -> tuple[float, float]:
    """Where a figure with this mean and relative error lies."""
    if scenario.n_pilot_tasks < _LEAST_PILOT:
        return mean / (1.0 + error), mean * (1.0 + error)
    return max(0.0, mean * (1.0 - error)), mean * (1.0 + error)


@dataclass(frozen=True, slots=True)
class _Interval:
    scenario: Scenario
    error: float

    def low(self, mean: float) -> int:
        return _micro(bounds(self.scenario, mean, self.error)[0])

    def high(self, mean: float) -> int:
        return _micro(bounds(self.scenario, mean, self.error)[1])


def _rollout_price(scenario: Scenario, used: RolloutTokens, rates: Rates) -> float:
    hits = scenario.cache_hit_rate * used.n_cacheable
    fresh = used.n_prompt - hits
    paid = fresh * rates.prompt + hits * rates.cached + used.n_completion * rates.completion
    return paid * (1.0 - scenario.batch_share * scenario.batch_discount) / _MILLION


def _training_part(
    scenario: Scenario, rates: Rates, wide: _Interval, n_usable_pairs: float
) -> Part:
    wanted = scenario.n_pairs_wanted
    if wanted == 0:
        return _exactly(PartName.TRAINING, 0)
    per_token = rates.training / _MILLION
    mean = training_tokens(scenario, wanted) * per_token
    few = training_tokens(scenario, min(wanted, math.floor(n_usable_pairs)), 1) * per_token
    amounts = (wide.low(few), _micro(mean), wide.high(mean) if scenario.packing else _micro(mean))
    return Part(PartName.TRAINING, *(max(rates.minimum, amount) for amount in amounts))


def _endpoint_times(scenario: Scenario) -> dict[PartName, float]:
    """Seconds that an endpoint exists, by what it does."""
    if scenario.n_eval_tasks == 0:
        return dict.fromkeys((PartName.STARTING, PartName.SERVING, PartName.IDLE), 0.0)
    n_rollouts = scenario.n_eval_tasks * scenario.n_eval_runs * scenario.n_arms
    n_rounds = -(-n_rollouts // scenario.n_concurrent)
    rollout_s = (scenario.iterations + scenario.reflections) * scenario.call_s + scenario.test_s
    return {
        PartName.STARTING: scenario.startup_s,
        PartName.SERVING: n_rounds * rollout_s,
        PartName.IDLE: scenario.idle_s,
    }


def _endpoint_part(name: PartName, seconds: float, rates: Rates, wide: _Interval) -> Part:
    mean = seconds / _HOUR_S * rates.hour
    low = 0 if name is PartName.STARTING else wide.low(mean)
    return Part(name, low, _micro(mean), wide.high(mean))


def _storage_cost(scenario: Scenario) -> int:
    return _micro(scenario.storage_gb * scenario.storage_months * scenario.storage_price)


def _share_of(part: Part, share: float) -> Part:
    amounts = (part.low_microusd, part.mean_microusd, part.high_microusd)
    return Part(PartName.RETRIES, *(_micro(amount * share) for amount in amounts))


def _exactly(name: PartName, amount: int) -> Part:
    return Part(name, amount, amount, amount)


def _sum(name: str, parts: tuple[Part, ...]) -> Part:
    return Part(
        name,
        sum(part.low_microusd for part in parts),
        sum(part.mean_microusd for part in parts),
        sum(part.high_microusd for part in parts),
    )


def _micro(amount: float) -> int:
    """Whole micro-dollars, rounded up but for what floating point added."""
    return math.ceil(amount - 1e-6)
