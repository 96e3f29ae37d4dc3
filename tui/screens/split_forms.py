"""The forms of splits: how to divide, where to move, what to compare, why an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import UsageError
from core.text import clean, one_line
from tui.screens.form import Field, FormScreen, number, whole
from tui.screens.suite_options import is_yes

SIDES = ("train", "validation", "test", "heldout")

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Shares:
    """How to divide suites: the parts of train, validation and test, the seed, and more."""

    suites: tuple[str, ...]
    ratios: tuple[float, float, float]
    seed: int
    heldout: tuple[str, ...]
    by_difficulty: bool


@dataclass(frozen=True, slots=True)
class Move:
    """Where a family goes, and why."""

    side: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """What to compare a split with."""

    heldout: tuple[str, ...]
    with_behaviour: bool


def split_form(suite: str) -> FormScreen:
    """Asks for suites, shares and seed; closes with `Shares`."""
    fields = (
        Field("suites", "suites", suite, "with commas between"),
        Field("train", "train", "0.6", "share of the tasks to make pairs from"),
        Field("validation", "validation", "0.1", "share to watch the training with"),
        Field("test", "test", "0.3", "share that decides the verdict"),
        Field("seed", "seed", "0", "the same seed makes the same split"),
        Field("heldout", "held out", "", "suites nobody trains on"),
        Field("difficulty", "by difficulty", "no", "yes: as measured by the newest runs"),
    )
    return FormScreen("Divide the admitted tasks by family", fields, _read_shares)


def move_form(family: str, n_tasks: int, side: str) -> FormScreen:
    """Asks for a side and a reason; closes with a `Move`."""
    others = [name for name in SIDES if name != side]
    fields = (
        Field("side", "to", others[0], " or ".join(others)),
        Field("reason", "because", "", "is stored with the new split"),
    )
    name = one_line(clean(family), _LONGEST)
    what = "task" if n_tasks == 1 else "tasks"
    heading = f"Move {name}, {n_tasks:,} {what}, from {side}; the old split stays"
    return FormScreen(heading, fields, _read_move)


def check_form(outside: tuple[str, ...]) -> FormScreen:
    """Asks what to compare the split with; closes with a `LeakCheck`."""
    there = f"there is: {', '.join(outside)}" if outside else "there is no other suite"
    fields = (
        Field("heldout", "held out", "", one_line(clean(there), _LONGEST)),
        Field("behaviour", "behaviour", "no", "yes: also run cases; takes a while"),
    )
    return FormScreen("Check the split for leaks", fields, _read_check)


def reason_form(is_same: bool, one: str, other: str) -> FormScreen:
    """Asks why two tasks are, or are not, one; closes with the reason."""
    what = "are one task" if is_same else "are different tasks"
    names = " and ".join(one_line(clean(name), _LONGEST // 2) for name in (one, other))
    fields = (Field("reason", "because", "", "may be empty; u takes it back"),)
    return FormScreen(f"{names} {what}", fields, lambda values: values["reason"])


def _read_shares(values: Mapping[str, str]) -> Shares:
    train, validation, test = (number(values, n, n) for n in ("train", "validation", "test"))
    if min(train, validation, test) < 0 or abs(train + validation + test - 1) > 1e-9:
        raise UsageError("The three shares must sum to 1.")
    suites = _names(values["suites"])
    if not suites:
        raise UsageError("Name at least one suite to divide.")
    return Shares(
        suites,
        (train, validation, test),
        whole(values, "seed", "seed"),
        _names(values["heldout"]),
        is_yes(values, "difficulty"),
    )


def _read_move(values: Mapping[str, str]) -> Move:
    if values["side"] not in SIDES:
        raise UsageError(f"There is no side {values['side']!r}; there are {', '.join(SIDES)}.")
    if not values["reason"]:
        raise UsageError("A move needs a reason.")
    return Move(values["side"], values["reason"])


def _read_check(values: Mapping[str, str]) -> LeakCheck:
    return LeakCheck(_names(values["heldout"]), is_yes(values, "behaviour"))


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
