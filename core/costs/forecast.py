"""What a plan would yield, before it is paid for: pairs, optimiser steps, detectable change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.costs.contrast import task_pairs
from core.costs.model import n_validation_pairs
from core.costs.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics that a forecast needs, handed in: evaluation stands above this room."""

    mde: Callable[[int, int, float, float], float]
    """Smallest visible change for tasks, runs, run noise and spread between tasks."""
    t_quantile: Callable[[float, float], float]
    """Student's t for a probability and degrees of freedom."""


@dataclass(frozen=True, slots=True)
class PairForecast:
    """Pairs expected of all tasks."""

    p_contrast: float
    """Chance that a task has a pass and a fail."""
    n_contrasting_tasks: float
    n_pairs: float
    """After the filters and the cap per task."""
    n_usable: float
    """Those whose rejected side fails."""
    pass_pass_share: float


@dataclass(frozen=True, slots=True)
class Yield:
    """What the money buys."""

    pairs: PairForecast
    n_training_pairs: int
    """Usable pairs, at most those wanted, without those held back."""
    n_steps: int
    mde: float | None
    """Change in pass rate that the evaluation sees with 80 % power; None without two tasks."""


def forecast_yield(scenario: Scenario, statistics: Statistics) -> Yield:
    """Everything but the money."""
    pairs = expected_pairs(scenario)
    n_pairs = min(scenario.n_pairs_wanted, math.floor(pairs.n_usable))
    n_training = n_pairs - n_validation_pairs(scenario, n_pairs)
    mde = None
    if scenario.n_eval_tasks > 1:
        mde = statistics.mde(
            scenario.n_eval_tasks, scenario.n_eval_runs, scenario.run_noise, scenario.task_spread
        )
    return Yield(pairs, n_training, steps(scenario, n_training), mde)


def expected_pairs(scenario: Scenario) -> PairForecast:
    """Expectations for all tasks of the plan."""
    task = task_pairs(
        scenario.n_rollouts_per_task,
        scenario.pass_rate,
        scenario.pair_rule,
        most=scenario.n_pairs_per_task,
        sd=scenario.pass_rate_sd,
        share=scenario.usable_share,
    )
    n = scenario.n_tasks
    return PairForecast(
        p_contrast=task.p_contrast,
        n_contrasting_tasks=n * task.p_contrast,
        n_pairs=n * task.n_pairs,
        n_usable=n * task.n_usable,
        pass_pass_share=task.pass_pass_share,
    )


def steps(scenario: Scenario, n_pairs: int) -> int:
    """Optimiser steps: a packed row is a full window, an unpacked one a pair."""
    rows = n_pairs
    if scenario.packing:
        rows = math.ceil(n_pairs * pair_tokens(scenario) / scenario.max_seq_tokens)
    return math.ceil(rows / scenario.batch_size) * scenario.n_epochs


def pair_tokens(scenario: Scenario) -> int:
    """Both sides of a pair, each with the prompt."""
    return 2 * scenario.pair_prompt_tokens + scenario.chosen_tokens + scenario.rejected_tokens


def unpacked_row_tokens(scenario: Scenario) -> int:
    """The row length to use without packing: the next multiple of 512 that holds a pair."""
    return max(512, -(-pair_tokens(scenario) // 512) * 512)
