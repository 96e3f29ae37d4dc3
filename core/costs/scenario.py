"""A scenario: every assumption that a price, a number of pairs or a power depends on, by name.

Frozen and checked when made, so that whatever holds a `Scenario` can compute with it.
"""

# ruff: noqa: RUF009 - `given` makes dataclass fields, it does not run per instance

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any

from core.costs.contrast import PairRule
from core.costs.inputs import MONEY, Input, check, given, parse, unknown
from core.errors import UsageError

_WORKED = "worked example of a repair agent on short programs"
_HEAVY = "simulated pilots of rollouts that end early or get stuck"
_DOCS = "Together's docs, mid 2026"
_ADVICE = "published DPO practice"
_PER_MILLION = f"{MONEY} per million tokens"

_MANY = (0, 1_000_000)
_TOKENS = (0, 1_000_000)
_SHARE = (0.0, 1.0)
_SECONDS = (0.0, 1e7)
_PRICE = (0, 1_000_000_000)
_NAME = (1, 200)
_WIDEST = 0.99
"""Of the spread at which every task would pass always or never."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is assumed; `name` and `says` identify it, all else are inputs."""

    name: str = "unnamed"
    says: str = ""

    # How much is done.
    n_tasks: int = given(300, "tasks", (1, 1e6), "training tasks, each its own prompt")
    n_rollouts_per_task: int = given(8, "rollouts", (1, 1000), "attempts at every task", _ADVICE)
    n_pairs_wanted: int = given(600, "pairs", _MANY, "pairs to train on; 0: no training")

    # What a rollout uses.
    iterations: float = given(10.0, "calls", (1.0, 1000.0), "mean turns of a rollout", _WORKED)
    iterations_variance: float = given(0.0, "calls squared", (0.0, 1e6), "variance of the turns")
    max_iterations: int = given(20, "calls", (1, 1000), "limit of turns; sets the ceiling")
    reflections: float = given(1.5, "calls", (0.0, 100.0), "mean extra calls to reflect", _WORKED)
    max_reflections: int = given(3, "calls", (0, 100), "limit of reflections; sets the ceiling")
    prompt_tokens: int = given(1400, "tokens", _TOKENS, "prompt of the first turn", _WORKED)
    completion_tokens: int = given(120, "tokens", _TOKENS, "answer of a turn, kept", _WORKED)
    kept_share: float = given(1.0, "share", _SHARE, "of an answer that later prompts keep")
    observation_tokens: int = given(450, "tokens", _TOKENS, "tool or test output added", _WORKED)
    window_turns: int = given(1000, "turns", (1, 1000), "latest turns that a prompt keeps")
    reflection_prompt_tokens: int = given(
        1500, "tokens", _TOKENS, "prompt of a reflection", _WORKED
    )
    reflection_completion_tokens: int = given(
        150, "tokens", _TOKENS, "answer of a reflection", _WORKED
    )
    note_tokens: int = given(60, "tokens", _TOKENS, "what a reflection adds to prompts", _WORKED)
    cache_hit_rate: float = given(0.0, "share", _SHARE, "of the cacheable prompt that is a hit")
    retry_share: float = given(0.0, "share", (0.0, 10.0), "of calls that are billed again")
    batch_share: float = given(0.0, "share", _SHARE, "of calls sent as batches; turns cannot wait")
    batch_discount: float = given(0.5, "share", _SHARE, "that a batched call is cheaper", _DOCS)

    # What it costs. `book` reads the price book.
    generator: str = given("Qwen/Qwen3.5-9B", "model", _NAME, "model that makes the rollouts")
    student: str = given("Qwen/Qwen3.5-9B", "model", _NAME, "model that is trained")
    prompt_price: int | None = given(None, _PER_MILLION, _PRICE, "generator, prompt", "price book")
    completion_price: int | None = given(
        None, _PER_MILLION, _PRICE, "generator, answer", "price book"
    )
    cached_price: int | None = given(
        None, _PER_MILLION, _PRICE, "generator, cache hit", "price book"
    )
    training_price: int | None = given(None, _PER_MILLION, _PRICE, "training", "price book")
    minimum_charge: int | None = given(None, MONEY, _PRICE, "least a job costs", "price book")
    training_method: str = given("dpo", "method", _NAME, "of training, as the price book names it")
    hardware: str = given("H100-80GB", "accelerator", _NAME, "what serves the evaluation")
    n_accelerators: int = given(1, "accelerators", (1, 64), "that one endpoint uses")
    hour_price: int | None = given(
        None, f"{MONEY} per hour", _PRICE, "one accelerator", "price book"
    )
    storage_gb: float = given(0.0, "GB", (0.0, 1e6), "kept at the provider")
    storage_months: float = given(1.0, "months", (0.0, 1200.0), "that it is kept")
    storage_price: int = given(0, f"{MONEY} per GB month", _PRICE, "storage", "no fee found")
    budget: int = given(0, MONEY, (0, 10**15), "ceiling of the whole; 0: none")

    # How pairs come about.
    pass_rate: float = given(0.3, "share", _SHARE, "mean pass rate of the generator")
    pass_rate_sd: float = given(0.0, "share", (0.0, 0.5), "its spread between tasks")
    pair_rule: PairRule = given(PairRule.BEST_VS_FAILS, "rule", (0, 0), "which become pairs")
    n_pairs_per_task: int = given(3, "pairs", (1, 8), "most that one task gives", _ADVICE)
    usable_share: float = given(1.0, "share", _SHARE, "of pairs that survive the filters")

    # Training.
    pair_prompt_tokens: int = given(1630, "tokens", _TOKENS, "state that a pair shares", _WORKED)
    chosen_tokens: int = given(120, "tokens", _TOKENS, "chosen answer", _WORKED)
    rejected_tokens: int = given(120, "tokens", _TOKENS, "rejected answer", _WORKED)
    prompts_billed: int = given(2, "times", (1, 2), "a pair's prompt counts", "undocumented")
    n_epochs: int = given(1, "epochs", (1, 20), "passes over the pairs", _ADVICE)
    validation_share: float = given(0.1, "share", (0.0, 0.5), "of pairs held back", _ADVICE)
    n_evals: int = given(5, "evaluations", (0, 100), "of the held-back pairs", _ADVICE)
    packing: bool = given(False, "switch", (0, 1), "pack pairs into windows; bills tokens", _DOCS)
    max_seq_tokens: int = given(4096, "tokens", (64, 1e6), "window, or billed row", _DOCS)
    batch_size: int = given(8, "rows", (1, 1024), "of an optimiser step", _DOCS)
    learning_rate: float = given(1e-5, "rate", (1e-9, 1.0), "of training", _ADVICE)

    # Evaluation.
    n_eval_tasks: int = given(40, "tasks", (0, 1e5), "of the comparison; 0: none", _WORKED)
    n_eval_runs: int = given(5, "runs", (1, 100), "of each task and arm", _ADVICE)
    n_arms: int = given(2, "models", (1, 10), "compared: base and tuned", _WORKED)
    n_concurrent: int = given(16, "rollouts", (1, 1000), "evaluated at once", _WORKED)
    call_s: float = given(3.0, "seconds", _SECONDS, "one call", _WORKED)
    test_s: float = given(6.0, "seconds", _SECONDS, "tests of one rollout", _WORKED)
    startup_s: float = given(1200.0, "seconds", _SECONDS, "until an endpoint is ready", _DOCS)
    idle_s: float = given(600.0, "seconds", _SECONDS, "an endpoint stays up unused", _WORKED)
    hoped_effect: float = given(0.1, "share", (0.001, 1.0), "improvement that must be seen")
    run_noise: float = given(0.4, "variance", (0.0, 0.5), "p(1-p) of both arms, summed")
    task_spread: float = given(0.15, "share", (0.0, 1.0), "spread of the effect between tasks")

    # How sure the numbers are.
    n_pilot_tasks: int = given(0, "tasks", (0, 1e6), "pilot the tokens are from; 0: a guess")
    cost_spread: float = given(0.8, "ratio", (0.0, 10.0), "sd of a task's cost / mean", _HEAVY)

    def __post_init__(self) -> None:
        for name, about in inputs().items():
            check(name, getattr(self, name), about)
        self._check_limits()

    def _check_limits(self) -> None:
        if self.iterations > self.max_iterations or self.reflections > self.max_reflections:
            raise UsageError(
                "The mean of iterations or reflections is above its limit: raise "
                "max_iterations or max_reflections, or lower the mean."
            )
        most = (self.iterations - 1.0) * (self.max_iterations - self.iterations)
        if self.iterations_variance > most:
            raise UsageError(
                f"iterations_variance is {self.iterations_variance:g}, but turns from 1 to "
                f"{self.max_iterations} with a mean of {self.iterations:g} have at most {most:g}."
            )
        largest = _WIDEST * math.sqrt(self.pass_rate * (1.0 - self.pass_rate))
        if 0.0 < largest < self.pass_rate_sd:
            raise UsageError(
                f"pass_rate_sd is at most {largest:.3f} when pass_rate is {self.pass_rate:g}."
            )

    @property
    def n_rollouts(self) -> int:
        """Rollouts of the whole plan."""
        return self.n_tasks * self.n_rollouts_per_task


@cache
def inputs() -> Mapping[str, Input]:
    """Every input by name, in the order people read them."""
    known = {f.name: f.metadata.get("input") for f in fields(Scenario)}
    return {name: about for name, about in known.items() if about is not None}


def with_values(scenario: Scenario, values: Mapping[str, object]) -> Scenario:
    """The scenario with inputs replaced by what a person wrote."""
    changed: dict[str, Any] = {}
    for name, text in values.items():
        about = inputs().get(name)
        if about is None:
            raise unknown("input", name, inputs())
        value = parse(name, text, about)
        check(name, value, about)
        changed[name] = PairRule(str(value)) if name == "pair_rule" else value
    return replace(scenario, **changed)
