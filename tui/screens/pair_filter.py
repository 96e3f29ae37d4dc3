"""Which pairs are shown, in what order: the words of a filter and what they mean."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from core.errors import UsageError
from core.store.decisions import Choice
from core.store.pair_pages import PairFilter, PairSort

CHOICES: tuple[Choice | None, ...] = (None, *Choice)
"""What `only some` goes through; None shows all."""
FILTER_HELP = 'a part of the task, family: kind: text:"two words" is:flag is:swapped is:noted'


@dataclass(frozen=True, slots=True)
class Wish:
    """Which pairs are shown, and in what order."""

    words: str = ""
    """The filter as it was typed; `read_filter` understands it."""
    only: Choice | None = None
    """The one decision that is shown, unless the words name another."""
    sort: PairSort = PairSort.TASK

    @property
    def filter(self) -> PairFilter:
        """Both together."""
        return read_filter(self.words, self.only)

    def with_words(self, words: str) -> Wish:
        """Another filter; raises `UsageError` when it cannot be understood."""
        read_filter(words, self.only)
        return replace(self, words=words)


def read_filter(words: str, only: Choice | None) -> PairFilter:
    """The filter that words name; raises `UsageError` with what can be said instead."""
    wanted = PairFilter(decisions=(only,) if only else ())
    free: list[str] = []
    try:
        parts = shlex.split(words)
    except ValueError as error:
        raise UsageError(f"a quotation has no end: {words}") from error
    for word in parts:
        match word.partition(":"):
            case (_, "", _):
                free.append(word)
            case ("task", _, value):
                wanted = replace(wanted, task=value)
            case ("family", _, value):
                wanted = replace(wanted, family=value)
            case ("kind", _, value):
                wanted = replace(wanted, kind=value)
            case ("text", _, value):
                wanted = replace(wanted, text=value)
            case ("is" | "not" as claim, _, "swapped"):
                wanted = replace(wanted, is_swapped=claim == "is")
            case ("is" | "not" as claim, _, "noted"):
                wanted = replace(wanted, has_note=claim == "is")
            case ("is", _, value) if value in tuple(Choice):
                wanted = replace(wanted, decisions=(Choice(value),))
            case _:
                raise UsageError(f"{word} is no filter; there are {FILTER_HELP}")
    if len(free) > 1:
        raise UsageError("one word of the task at a time; text: looks in the answers")
    return replace(wanted, task=free[0]) if free else wanted
