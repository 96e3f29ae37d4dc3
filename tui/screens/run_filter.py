"""Which finished rollouts are shown: the words of a filter and what they mean."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.errors import UsageError
from core.outcome import Outcome
from core.store.rollout_pages import RolloutFilter, RolloutSort
from tui.screens.form import Field, FormScreen

FILTER_HELP = 'a part of the task, is:failed not:error why:timeout why:"two words"'
ONLY: tuple[Outcome | None, ...] = (None, *Outcome)
"""What `only some` goes through; None shows all."""


@dataclass(frozen=True, slots=True)
class RolloutWish:
    """Which rollouts are shown, and in what order a list has them."""

    words: str = ""
    """The filter as it was typed; `read_filter` understands it."""
    only: Outcome | None = None
    """The one outcome that is shown, unless the words name another."""
    sort: RolloutSort = RolloutSort.TASK

    @property
    def filter(self) -> RolloutFilter:
        """Both together."""
        return read_filter(self.words, self.only)

    @property
    def shown(self) -> str:
        """For people; empty when everything is shown."""
        only = f"is:{self.only.value}" if self.only is not None else ""
        return " ".join(filter(None, (self.words, only)))

    def in_next_order(self) -> RolloutWish:
        """The same rollouts in the next order, round about."""
        orders = list(RolloutSort)
        return replace(self, sort=orders[(orders.index(self.sort) + 1) % len(orders)])

    def with_words(self, words: str) -> RolloutWish:
        """Another filter; raises `UsageError` when it cannot be understood."""
        read_filter(words, self.only)
        return replace(self, words=words)


def filter_form(wish: RolloutWish) -> FormScreen:
    """Asks for the words; closes with the changed wish."""

    def read(values: Mapping[str, str]) -> RolloutWish:
        return wish.with_words(values["words"])

    fields = [Field("words", "filter", wish.words, "empty shows all")]
    form = FormScreen(f"Show only: {FILTER_HELP}", fields, read)
    form.add_class("-long")
    return form


def read_filter(words: str, only: Outcome | None) -> RolloutFilter:
    """The filter that words name; raises `UsageError` with what can be said instead."""
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise UsageError(f"a quotation has no end: {words}") from error
    wanted, named, left_out = RolloutFilter(), list[Outcome](), set[Outcome]()
    for word in parts:
        match word.partition(":"):
            case (task, "", _) | ("task", _, task):
                if wanted.task:
                    raise UsageError("one word of the task at a time; why: looks in the reasons")
                wanted = replace(wanted, task=task)
            case ("why", _, reason):
                wanted = replace(wanted, reason=reason)
            case ("is", _, value) if value in tuple(Outcome):
                named.append(Outcome(value))
            case ("not", _, value) if value in tuple(Outcome):
                left_out.add(Outcome(value))
            case _:
                known = ", ".join(Outcome)
                raise UsageError(f"{word} is no filter; there are {FILTER_HELP}; {known}")
    named = named or ([only] if only is not None else list(Outcome) if left_out else [])
    outcomes = tuple(outcome.value for outcome in named if outcome not in left_out)
    if named and not outcomes:
        raise UsageError("is: and not: leave no outcome over")
    return replace(wanted, outcomes=outcomes)
