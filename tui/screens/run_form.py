"""What is asked before a run: its options, and the most that it can cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.agent.limits import Limits
from core.chat import Usage
from core.costs.prices import chat_price
from core.errors import GemelError, UsageError
from core.money import usd
from core.rollouts.operations import RunOptions
from tui.screens.form import Field, whole

_MOST = Usage(4_000, 1_024)
"""Assumed of a call whose price matters, until the first ones are known."""

FIELDS = (
    Field("side", "side", "train", "train, validation or test"),
    Field("policy", "policy", "builtin", "builtin, or builtin:ARTIFACT"),
    Field("seeds", "seeds", "4", "rollouts per task"),
    Field("iterations", "iterations", "20", "most calls of a rollout"),
    Field("tasks", "tasks", "", "only so many tasks; empty: all"),
)


@dataclass(frozen=True, slots=True)
class RunWish:
    """A run as the form asks for it."""

    options: RunOptions
    side: str
    n_tasks: int

    @property
    def question(self) -> str:
        """The amount of it."""
        n_rollouts = self.n_tasks * self.options.n_seeds
        amount = amount_of({self.options.policy}, n_rollouts * self.options.limits.n_iterations)
        return (
            f"Run {self.options.policy} on {self.n_tasks:,} tasks of {self.side}: "
            f"{n_rollouts:,} rollouts, {amount}?"
        )


def read_run(values: Mapping[str, str], sides: Mapping[str, int]) -> RunWish:
    """The form's values; `sides` counts the tasks of the newest split."""
    side = values["side"]
    if not sides:
        raise UsageError("there is no split yet: key 2 makes one")
    if side not in sides:
        raise UsageError(f"side: one of {', '.join(sides)}")
    n_seeds = at_least_one(values, "seeds")
    n_tasks = at_least_one(values, "tasks") if values["tasks"] else None
    limits = Limits(n_iterations=whole(values, "iterations", "iterations"))
    refuse_unpriced(values["policy"])
    options = RunOptions(values["policy"], n_seeds, n_tasks=n_tasks, limits=limits)
    return RunWish(options, side, min(n_tasks or sides[side], sides[side]))


def at_least_one(values: Mapping[str, str], name: str) -> int:
    """A value as a number of things."""
    n = whole(values, name, name)
    if n < 1:
        raise UsageError(f"{name}: at least 1")
    return n


def refuse_unpriced(policy: str) -> None:
    """Raise when nobody can say what a policy costs."""
    try:
        chat_price(policy)
    except GemelError as error:
        raise UsageError(str(error)) from error


def amount_of(policies: Iterable[str], n_calls: int) -> str:
    """The most that so many calls can come to."""
    try:
        most = max(chat_price(policy).cost(_MOST) for policy in policies)
    except GemelError:
        return f"at most {n_calls:,} calls, price unknown"
    return f"at most {n_calls:,} calls, {'est. ' if most else ''}{usd(most * n_calls)}"
