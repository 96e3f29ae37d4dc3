"""What a training run of the built-in trainer can be told."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from core.errors import UsageError

_LIMITS: dict[str, tuple[float, float]] = {
    "beta": (1e-6, 100.0),
    "n_epochs": (1, 1000),
    "batch_size": (1, 100_000),
    "learning_rate": (1e-9, 10.0),
    "rpo_alpha": (0.0, 100.0),
    "seed": (0, 2**63 - 1),
    "adam_beta1": (0.0, 0.999_999),
    "adam_beta2": (0.0, 0.999_999),
    "adam_epsilon": (1e-16, 1.0),
}


@dataclass(frozen=True, slots=True)
class DpoOptions:
    """Settings of one run; raises `UsageError` when one is out of range."""

    beta: float = 0.1
    """How dearly distance from the reference is paid."""
    n_epochs: int = 3
    batch_size: int = 16
    learning_rate: float = 0.1
    rpo_alpha: float = 0.05
    """Weight of the chosen answer's negative log-likelihood in the loss.

    With none at all, both sides of a pair may lose likelihood to answers in no pair.
    """
    seed: int = 0
    """Decides the order of the pairs, nothing else."""
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = _LIMITS[field.name]
            value = getattr(self, field.name)
            is_whole = isinstance(field.default, int)
            if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
                raise UsageError(f"{field.name} must be a {'whole ' if is_whole else ''}number.")
            if not math.isfinite(value) or not low <= value <= high:
                raise UsageError(f"{field.name} must be from {low:g} to {high:g}, not {value}.")
