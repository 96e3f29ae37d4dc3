"""What a call took, from whatever a service tells of it, and never less than that."""

from __future__ import annotations

from typing import Any

from core.chat import ChatRequest, Usage
from core.policies.loose import count, part


def read_usage(told: Any, request: ChatRequest, *, is_said: bool) -> tuple[Usage, bool]:
    """Tokens, each counted once, and whether any number had to be guessed.

    What is not told is guessed as the most that it can be. A prompt of no tokens, or no token
    for an answer that says something (`is_said`), is not told. What a model thinks is a part of
    its completion, also where a service leaves it out of that number or tells it in the total
    alone.
    """
    worst = request.worst_usage
    prompt, completion = count(told, "prompt_tokens"), count(told, "completion_tokens")
    reasoning = _either(told, "completion_tokens_details", "reasoning_tokens")
    if completion is not None:
        completion += reasoning if reasoning > completion else 0
        completion = max(completion, (count(told, "total_tokens") or 0) - prompt if prompt else 0)
    is_guessed = not prompt or completion is None or (completion == 0 and is_said)
    n_prompt = prompt or worst.n_prompt_tokens
    n_completion = completion or (worst.n_completion_tokens if is_guessed else 0)
    cached = _either(told, "prompt_tokens_details", "cached_tokens")
    usage = Usage(n_prompt, n_completion, min(cached, prompt or 0), min(reasoning, n_completion))
    return usage, is_guessed


def is_told(given: Any) -> bool:
    """Whether it tells anything of a call's tokens."""
    return count(given, "prompt_tokens") is not None


def _either(told: Any, details: str, name: str) -> int:
    """A number that stands in one of two places, by model."""
    return max(count(part(told, details), name) or 0, count(told, name) or 0)
