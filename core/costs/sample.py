"""Inputs of a scenario as stored rollouts measure them, each with a t interval over tasks.

Turn for turn the cost model is fitted to the means of the tasks: prompts grow by what makes
the modelled prompt tokens of a rollout equal to the measured ones.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.chat import Usage
from core.costs.book import PROVIDER_PREFIX
from core.costs.estimate import ENOUGH_TASKS, Estimate, over_tasks
from core.costs.prices import ChatPrice
from core.costs.scenario import Scenario
from core.costs.tokens import rollout_tokens
from core.errors import UsageError
from core.outcome import UNCOUNTED, Outcome
from core.store.usage import UsageRow

Value = str | int | float
"""Of an input; narrow, so that it can be sent and read."""
_ALMOST = 0.98
"""Of the widest spread of pass rates that a scenario takes."""


@dataclass(frozen=True, slots=True)
class SampleFigure:
    """One figure of a rollout, as measured."""

    name: str
    unit: str
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a run's finished rollouts say of the next ones."""

    run_id: str
    policy: str
    n_rollouts: int
    n_tasks: int
    figures: tuple[SampleFigure, ...]
    inputs: dict[str, Value]
    """Of a scenario, by name."""
    warning: str
    """Why its intervals say little; empty when they say enough."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The rollouts of one arm of a run."""

    run_id: str
    policy: str
    price: ChatPrice
    n_most_iterations: int
    n_most_reflections: int
    rows: Sequence[UsageRow]


_FIGURES: dict[str, tuple[str, Callable[[UsageRow], float]]] = {
    "calls": ("calls", lambda row: row.n_calls),
    "prompt": ("tokens", lambda row: row.n_prompt),
    "answer": ("tokens", lambda row: row.n_completion),
    "cached": ("tokens", lambda row: row.n_cached),
}


def measure(sampled: Sampled) -> Sample:
    """The sample; raises `UsageError` when nothing is finished."""
    rows = sampled.rows
    if not any(row.n_calls for row in rows):
        raise UsageError(
            f"{sampled.run_id} has no finished rollout to measure: run it, or take another run."
        )
    price = sampled.price
    cost = _estimate(rows, lambda row: _cost(row, price))
    figures = [SampleFigure("cost", "micro-dollars", cost.mean, cost.low, cost.high)]
    for name, (unit, value) in _FIGURES.items():
        found = _estimate(rows, value)
        figures.append(SampleFigure(name, unit, found.mean, found.low, found.high))
    if judged := _judged(rows):
        found = _estimate(judged, _passes)
        figures.append(SampleFigure("pass rate", "share", found.mean, found.low, found.high))
    few = (
        f"{cost.n_tasks} tasks are a small sample: below {ENOUGH_TASKS} the interval is wide and "
        "may be wrong. Run one rollout on each of 10 to 20 tasks."
    )
    return Sample(
        run_id=sampled.run_id,
        policy=sampled.policy,
        n_rollouts=len(rows),
        n_tasks=cost.n_tasks,
        figures=tuple(figures),
        inputs={**_tokens(sampled), **_rates(sampled), **_price_inputs(sampled)},
        warning=few if cost.n_tasks < ENOUGH_TASKS else "",
    )


def _tokens(sampled: Sampled) -> dict[str, Value]:
    """Turns, their spread, and how prompts grow: `E = S mu + (g/2)(var + mu^2 - mu)`.

    What notes of reflections add to prompts is a part of that growth.
    """
    rows = sampled.rows
    turns = max(1.0, _mean(rows, _turns))
    most = max(sampled.n_most_iterations, math.ceil(turns))
    squares = _mean(rows, lambda row: _turns(row) ** 2)
    variance = min(max(0.0, squares - turns**2), (turns - 1.0) * (most - turns))
    first = _mean(rows, lambda row: row.n_first_prompt)
    answer = _mean(rows, lambda row: row.n_completion - row.n_reflection_completion) / turns
    prompt = _mean(rows, lambda row: row.n_prompt - row.n_reflection_prompt)
    steps = (variance + turns**2 - turns) / 2.0
    growth = max(0.0, (prompt - turns * first) / steps if steps else 0.0)
    return {
        "iterations": turns,
        "iterations_variance": variance,
        "max_iterations": most,
        "prompt_tokens": round(first),
        "completion_tokens": round(answer),
        "kept_share": min(1.0, growth / answer) if answer else 0.0,
        "observation_tokens": round(max(0.0, growth - answer)),
        "window_turns": 1000,
        **_reflections(sampled),
    }


def _reflections(sampled: Sampled) -> dict[str, Value]:
    rows = sampled.rows
    mean = _mean(rows, lambda row: row.n_reflections)
    n = sum(row.n_reflections for row in rows) or 1
    return {
        "reflections": mean,
        "max_reflections": max(sampled.n_most_reflections, math.ceil(mean)),
        "reflection_prompt_tokens": round(sum(row.n_reflection_prompt for row in rows) / n),
        "reflection_completion_tokens": round(sum(row.n_reflection_completion for row in rows) / n),
        "note_tokens": 0,
    }


def _turns(row: UsageRow) -> float:
    return float(row.n_calls - row.n_reflections)


def _rates(sampled: Sampled) -> dict[str, Value]:
    rows = sampled.rows
    n_calls = sum(row.n_calls for row in rows)
    # mypy cannot match the fields of a dict; their names and types are `_tokens`' own.
    tokens = replace(Scenario(), **_tokens(sampled))  # type: ignore[arg-type]
    cacheable = rollout_tokens(tokens).n_cacheable
    cached = _mean(rows, lambda row: row.n_cached)

    def weight(row: UsageRow) -> float:
        """What a row cost; of a free model, its tokens."""
        if sampled.price.is_free:
            return float(row.n_prompt + row.n_completion)
        return _cost(row, sampled.price)

    means = list(_by_task(rows, weight).values())
    return {
        "cache_hit_rate": min(1.0, cached / cacheable) if cacheable else 0.0,
        "retry_share": min(10.0, sum(row.n_lost for row in rows) / n_calls),
        **_pass_rates(_judged(rows)),
        "n_pilot_tasks": len(means),
        "cost_spread": min(10.0, _sd(means) * len(means) / sum(means)) if sum(means) else 0.0,
        "call_s": sum(row.call_s for row in rows) / n_calls,
        "test_s": _mean(rows, lambda row: row.test_s),
    }


def _judged(rows: Sequence[UsageRow]) -> list[UsageRow]:
    """Those with a verdict on the policy."""
    return [row for row in rows if row.outcome not in UNCOUNTED]


def _passes(row: UsageRow) -> float:
    return float(row.outcome == Outcome.PASSED)


def _pass_rates(judged: Sequence[UsageRow]) -> dict[str, Value]:
    """None, so that the scenario's own stay, where nothing has a verdict yet."""
    if not judged:
        return {}
    rate = _mean(judged, _passes)
    return {"pass_rate": rate, "pass_rate_sd": _spread_of_rates(judged, rate)}


def _price_inputs(sampled: Sampled) -> dict[str, Value]:
    """What is free is in no price book."""
    found: dict[str, Value] = {"generator": sampled.policy.removeprefix(PROVIDER_PREFIX)}
    if sampled.price.is_free:
        found |= {"prompt_price": 0, "completion_price": 0, "cached_price": 0}
    return found


def _spread_of_rates(rows: Sequence[UsageRow], rate: float) -> float:
    """Spread of the tasks' pass rates, without what chance alone makes of so few rollouts."""
    by_task: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        by_task[row.task_id].append(_passes(row))
    known = [each for each in by_task.values() if len(each) > 1]
    if len(known) < 2:
        return 0.0
    rates = [sum(each) / len(each) for each in known]
    noise = sum(p * (1.0 - p) / (len(each) - 1) for p, each in zip(rates, known, strict=True))
    spread = math.sqrt(max(0.0, _sd(rates) ** 2 - noise / len(known)))
    return min(spread, _ALMOST * math.sqrt(rate * (1.0 - rate)))


def _cost(row: UsageRow, price: ChatPrice) -> float:
    return float(price.cost(Usage(row.n_prompt, row.n_completion, row.n_cached)))


def _estimate(rows: Sequence[UsageRow], value: Callable[[UsageRow], float]) -> Estimate:
    found = over_tasks((row.task_id, value(row)) for row in rows)
    assert found is not None
    return found


def _mean(rows: Sequence[UsageRow], value: Callable[[UsageRow], float]) -> float:
    return _estimate(rows, value).mean


def _by_task(rows: Sequence[UsageRow], value: Callable[[UsageRow], float]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(value(row))
    return {task_id: sum(each) / len(each) for task_id, each in found.items()}


def _sd(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return math.sqrt(sum((each - mean) ** 2 for each in values) / (len(values) - 1))
