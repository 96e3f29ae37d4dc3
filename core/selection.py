"""Which tasks are meant: by id, glob, regular expression, family, or some drawn at random."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import eq
from typing import TypeVar

from core.digest import derive_seed
from core.errors import UsageError
from core.task import Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is given must all fit; of ids, globs and families any one."""

    ids: tuple[str, ...] = ()
    """With or without the suite's name; each must be there."""
    globs: tuple[str, ...] = ()
    regex: str = ""
    """Found anywhere in the name."""
    families: tuple[str, ...] = ()
    n_tasks: int | None = None
    """As many as this of what fits, drawn with the seed."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    """With the suite where tasks of several may stand together."""
    families: tuple[str, ...]

    @property
    def short(self) -> str:
        return _short(self.name)

    def is_meant(self, wished: str, fits: Callable[[str, str], bool] = eq) -> bool:
        """Whether a name, with a suite or without, is that of this task."""
        if "/" in wished and "/" in self.name:
            return fits(self.name, wished)
        return fits(self.short, _short(wished))


def select(
    things: Sequence[T], name_of: Callable[[T], tuple[str, ...]], selection: Selection
) -> list[T]:
    """The chosen ones in their order; `name_of` gives the name, then what the family is called.

    Raises a `UsageError` for an id that is not there, a bad expression, or an empty choice.
    """
    if selection == Selection():
        return list(things)
    named = [_Named(name, tuple(families)) for name, *families in map(name_of, things)]
    _refuse_unknown(selection.ids, named)
    search = _expression(selection.regex)
    fits = [n for n, one in enumerate(named) if _is_chosen(one, selection, search)]
    if selection.n_tasks is not None:
        fits = _draw(fits, named, selection)
    if not fits:
        raise UsageError(f"None of the {len(named)} tasks is chosen by that.")
    return [things[n] for n in fits]


def choose(tasks: Sequence[Task], selection: Selection) -> list[Task]:
    """The chosen ones of some tasks, in their order."""
    return select(tasks, lambda task: (task.task_id, task.program), selection)


def _is_chosen(one: _Named, selection: Selection, search: Callable[[str], object] | None) -> bool:
    return (
        (not selection.ids or any(one.is_meant(task_id) for task_id in selection.ids))
        and (not selection.families or any(_is_family(one, f) for f in selection.families))
        and (not selection.globs or any(one.is_meant(g, fnmatchcase) for g in selection.globs))
        and (search is None or bool(search(one.short)))
    )


def _draw(fits: list[int], named: Sequence[_Named], selection: Selection) -> list[int]:
    """Drawn by name, so that what else a suite has does not change the order of the draw."""
    if selection.n_tasks is None or selection.n_tasks < 1:
        raise UsageError("A choice needs a count of at least 1.")

    def luck(n: int) -> float:
        return random.Random(derive_seed("selection", selection.seed, named[n].short)).random()

    return sorted(sorted(fits, key=luck)[: selection.n_tasks])


def _expression(text: str) -> Callable[[str], object] | None:
    try:
        return re.compile(text).search if text else None
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from error


def _refuse_unknown(ids: Sequence[str], named: Sequence[_Named]) -> None:
    absent = [task_id for task_id in ids if not any(one.is_meant(task_id) for one in named)]
    if absent:
        raise UsageError(f"There is no task {', '.join(absent)} here; nothing was done.")


def _is_family(one: _Named, wished: str) -> bool:
    return any(wished == family or wished.endswith(f"/{family}") for family in one.families)


def _short(name: str) -> str:
    """Without the suite, where it stands before."""
    return name.partition("/")[2] or name
