"""The most that a rollout can use: every call of its limits on a state that only grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.agent.limits import Speech
from core.agent.rollout import Conditions, talk_of
from core.agent.state import Baseline
from core.chat import ChatRequest, Usage
from core.costs.prices import ChatPrice
from core.policies.tokens import MOST_BYTES
from core.task import Task

_LIKELY_BYTES = 3
"""Of a token of a program, where the likely is asked for and not the most."""
_N_NOTE = 64
"""Tokens around an earlier answer that a later state shows."""


class Priced(Protocol):
    """An arm, as far as its costs go."""

    @property
    def price(self) -> ChatPrice:
        """Of its calls."""

    @property
    def conditions(self) -> Conditions:
        """With its limits."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Those of an arm that need not be ready to run."""

    price: ChatPrice
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Use:
    """What one rollout, or many, use; micro-dollars and tokens may be means."""

    cost: float = 0.0
    calls: float = 0.0
    prompt: float = 0.0
    answer: float = 0.0

    def times(self, n: float) -> Use:
        """So many of them."""
        return Use(self.cost * n, self.calls * n, self.prompt * n, self.answer * n)

    def plus(self, other: Use) -> Use:
        """Both together."""
        return Use(
            self.cost + other.cost,
            self.calls + other.calls,
            self.prompt + other.prompt,
            self.answer + other.answer,
        )


def first_tokens(
    tasks: Mapping[str, tuple[Task, Baseline]], conditions: Conditions
) -> dict[str, int]:
    """Tokens of the first state of each task at most, as they are set aside for its call."""
    talks = {name: talk_of(*pair, conditions) for name, pair in tasks.items()}
    asked = {
        name: ChatRequest(talk.state(), 0, conditions.decoding, talk.tools)
        for name, talk in talks.items()
    }
    return {name: request.worst_usage.n_prompt_tokens for name, request in asked.items()}


def likely(n_most: int) -> int:
    """Tokens of a state that has at most so many."""
    return n_most // _LIKELY_BYTES


def call_use(price: ChatPrice, n_prompt: int, n_answer: int) -> Use:
    """One call."""
    cost = price.cost(Usage(n_prompt, n_answer))
    return Use(float(cost), 1.0, float(n_prompt), float(n_answer))


def worst_use(price: ChatPrice, conditions: Conditions, n_first: int) -> Use:
    """One rollout at its limits: each call adds a full answer to the state of the next.

    What the `tools` protocols show of the past is bounded. A bound of tokens or cost lets the
    call that passes it finish. Attempts that are billed without an answer come on top; the
    ceiling bounds them, too.
    """
    limits, n_most = conditions.limits, conditions.decoding.max_tokens
    n_past = (limits.n_history_tokens + limits.n_output_tokens) * MOST_BYTES
    used = Use()
    for turn in range(limits.n_iterations + limits.n_reflections):
        if limits.n_tokens is not None and used.prompt + used.answer >= limits.n_tokens:
            break
        if limits.cost_microusd is not None and used.cost >= limits.cost_microusd:
            break
        n_shown = turn * (n_most + _N_NOTE)
        if conditions.speech is not Speech.EDIT:
            n_shown = min(n_shown, n_past) + limits.n_reflections * _N_NOTE
        used = used.plus(call_use(price, n_first + n_shown, n_most))
    return used
