"""What a metric is about, by its name alone: trainers name them as they like.

The words are those that Together's published material and TRL's logs use; names that hold none
of them are metrics like any other, in the last group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

_SEPARATORS = re.compile(r"[\s/_.:-]+")


class MetricGroup(StrEnum):
    """Metrics that share a scale, in the order they are worth looking at."""

    LOSS = "loss"
    REWARD = "reward"
    ACCURACY = "accuracy"
    KL = "KL"
    LOGP = "logp"
    OTHER = "other"


_WORDS = (
    (MetricGroup.ACCURACY, {"accuracy", "accuracies", "acc"}),
    (MetricGroup.KL, {"kl", "divergence"}),
    (MetricGroup.LOGP, {"logp", "logps", "logprob", "logprobs"}),
    (MetricGroup.REWARD, {"reward", "rewards", "margin", "margins"}),
    (MetricGroup.LOSS, {"loss", "nll"}),
)
"""The first that fits: a reward's accuracy is an accuracy, and a margin of logps is of logps."""


def group_of(name: str) -> MetricGroup:
    """The group of a metric of any trainer."""
    words = set(_words(name))
    return next((group for group, known in _WORDS if known & words), MetricGroup.OTHER)


def spoken(name: str) -> str:
    """The name in words; `train` goes without saying, so that trainers' names meet."""
    words = _words(name)
    return " ".join(words[1:] if words[:1] == ["train"] and len(words) > 1 else words)


def grouped(names: Iterable[str]) -> dict[MetricGroup, list[str]]:
    """Names by group, groups in order, names in alphabetical order."""
    found: dict[MetricGroup, list[str]] = {}
    for name in sorted(names):
        found.setdefault(group_of(name), []).append(name)
    return {group: found[group] for group in MetricGroup if group in found}


def _words(name: str) -> list[str]:
    return [word for word in _SEPARATORS.split(name.lower()) if word]
