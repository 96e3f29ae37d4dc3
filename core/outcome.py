"""How a rollout ended: the words that agent, store, statistics and screens share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Outcome(StrEnum):
    """How a rollout ended."""

    PASSED = "passed"
    FAILED = "failed"
    """The agent was done, and a test (often a held-back one) fails."""
    LIMIT = "limit"
    """A bound was reached after at least one answer; what there is, is graded."""
    TAMPERED = "tampered"
    INVALID = "invalid"
    """The agent was done, and no answer of it was in the protocol."""
    ERROR = "error"
    """Infrastructure, or a bound before the first answer; never a preference."""
    UNGRADED = "ungraded"
    """There is an edit, which only the suite's own program can judge; no preference until then."""


UNCOUNTED = (Outcome.ERROR, Outcome.UNGRADED)
"""What says nothing of a policy, or not yet."""


def counted(outcomes: Mapping[str, int]) -> int:
    """How many of them say something of a policy."""
    return sum(n for outcome, n in outcomes.items() if outcome not in UNCOUNTED)


def pass_rate(outcomes: Mapping[str, int]) -> float | None:
    """The share of passes among those that say something; None where none does."""
    n = counted(outcomes)
    return outcomes.get(Outcome.PASSED, 0) / n if n else None


def passed_text(outcomes: Mapping[str, int]) -> str:
    """`3 passed (75%)`, and `3 passed (75%), 2 without a verdict`."""
    rate, n_open = pass_rate(outcomes), sum(outcomes.values()) - counted(outcomes)
    share = "" if rate is None else f" ({rate:.0%})"
    rest = f", {n_open} without a verdict" if n_open else ""
    return f"{outcomes.get(Outcome.PASSED, 0)} passed{share}{rest}"
