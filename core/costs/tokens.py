"""Tokens of one rollout whose every turn sends the conversation so far again.

With a first prompt S and growth g (answer kept plus observation) a turn, T turns send
`T*S + g*T(T-1)/2` prompt tokens: the square is why a first prompt times the calls is far too
low. The mean over rollouts needs the variance of T too, since the square of a mean is not the
mean of squares. Reflections are spread evenly over the turns, and each leaves a note in every
later prompt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.costs.scenario import Scenario


@dataclass(frozen=True, slots=True)
class RolloutTokens:
    """Means of one rollout."""

    n_calls: float
    n_prompt: float
    n_completion: float
    n_cacheable: float
    """Of the prompt tokens, those that repeat the beginning of the prompt before."""


def rollout_tokens(scenario: Scenario) -> RolloutTokens:
    """What one rollout uses, retries left out."""
    turns, reflections = scenario.iterations, scenario.reflections
    kept = scenario.kept_share * scenario.completion_tokens
    growth = kept + scenario.observation_tokens
    notes = scenario.note_tokens * _between(turns, reflections, _note_turns)
    prompt = (
        turns * scenario.prompt_tokens
        + growth * _over_turns(scenario, _sent_again)
        + reflections * scenario.reflection_prompt_tokens
        + notes
    )
    completion = (
        turns * scenario.completion_tokens + reflections * scenario.reflection_completion_tokens
    )
    return RolloutTokens(
        turns + reflections, prompt, completion, _cacheable(scenario, growth, kept)
    )


def _cacheable(scenario: Scenario, growth: float, kept: float) -> float:
    """A prompt repeats the one before and its answer, until a window slides: then only the first.

    The first turn has no prompt before it, and a reflection begins afresh.
    """
    steps = scenario.iterations - 1.0
    repeated = (
        steps * scenario.prompt_tokens
        + growth * _over_turns(scenario, _repeated_turns)
        + kept * _over_turns(scenario, _repeated_answers)
    )
    notes = _between(scenario.iterations, scenario.reflections, _repeated_note_turns)
    return max(0.0, repeated + scenario.note_tokens * notes)


def _over_turns(scenario: Scenario, shape: Callable[[float, int], float]) -> float:
    """Mean of a function of T: T +- sd has T's mean and variance, so it is exact for squares.

    A window cuts the square off, which leaves the variance approximate.
    """
    sd = math.sqrt(scenario.iterations_variance)
    low = shape(scenario.iterations - sd, scenario.window_turns)
    return (low + shape(scenario.iterations + sd, scenario.window_turns)) / 2.0


def _sent_again(turns: float, window: int) -> float:
    """Turns before each turn that its prompt still holds, summed."""
    gone = max(0.0, turns - 1.0 - window)
    return turns * (turns - 1.0) / 2.0 - gone * (gone + 1.0) / 2.0


def _repeated_turns(turns: float, window: int) -> float:
    steps = min(turns - 1.0, window)
    return steps * (steps - 1.0) / 2.0


def _repeated_answers(turns: float, window: int) -> float:
    return min(turns - 1.0, window)


def _note_turns(turns: int, reflections: int) -> float:
    """Notes before each turn, summed: reflection j of R comes at turn `ceil(jT/(R+1))`."""
    return ((turns - 1) * reflections + math.gcd(turns, reflections + 1) - 1) / 2.0


def _repeated_note_turns(turns: int, reflections: int) -> float:
    """The same without the last turn, whose prompt no other repeats."""
    before_last = reflections + 1 + (-(reflections + 1) // turns)
    return _note_turns(turns, reflections) - before_last


def _between(turns: float, reflections: float, of: Callable[[int, int], float]) -> float:
    """A mean between whole numbers is a mix of both."""
    t, r = math.floor(turns), math.floor(reflections)
    more_t, more_r = turns - t, reflections - r
    lower = (1.0 - more_r) * of(t, r) + more_r * of(t, r + 1)
    if not more_t:
        return lower
    upper = (1.0 - more_r) * of(t + 1, r) + more_r * of(t + 1, r + 1)
    return (1.0 - more_t) * lower + more_t * upper
