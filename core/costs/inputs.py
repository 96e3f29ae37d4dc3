"""What an input of a scenario is: its kind, unit, range, meaning and where its default is from.

A `Scenario` declares its fields with `given`, so that one line serves the dataclass, the check,
the parser of `name=value` and the list that people read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar, cast

from core.errors import UsageError
from core.money import MICROUSD, usd

T = TypeVar("T")

MONEY = "micro-dollars"
"""The unit whose values people write as dollars: `1.20`, `$1.20` or `1.20usd`."""

_DOLLARS = re.compile(r"\$?\s*(?P<amount>[0-9][0-9_,]*(\.[0-9]+)?)\s*(?P<unit>usd|microusd)?")


class Kind(StrEnum):
    """What values an input takes."""

    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "true or false"
    TEXT = "text"
    CHOICE = "choice"
    BOOK = "whole number or book"
    """Micro-dollars, or `book` (absent) for the price of the book."""


@dataclass(frozen=True, slots=True)
class Input:
    """One documented input."""

    kind: Kind
    unit: str
    low: float
    high: float
    says: str
    source: str
    """Where the default comes from."""
    choices: tuple[str, ...] = ()


def given(
    default: T, unit: str, bounds: tuple[float, float], says: str, source: str = "assumption"
) -> T:
    """A dataclass field with this default that carries its `Input`."""
    choices = tuple(type(default)) if isinstance(default, StrEnum) else ()
    about = Input(_kind(default), unit, *bounds, says, source, choices)
    return field(default=default, metadata={"input": about})


def check(name: str, value: object, about: Input) -> None:
    """Raise `UsageError` unless the value is of the input's kind and in its range."""
    if not _fits(value, about):
        raise UsageError(f"{name} = {value!r} cannot be used: {wanted(about)}.")


def parse(name: str, text: object, about: Input) -> object:
    """The value that a person wrote, from the command line or a file; range is not checked."""
    if not isinstance(text, str):
        if about.kind is Kind.NUMBER and isinstance(text, int) and not isinstance(text, bool):
            return float(text)
        return text
    word = text.strip()
    if about.kind is Kind.FLAG and word.lower() in ("true", "false"):
        return word.lower() == "true"
    if about.kind is Kind.BOOK and word == "book":
        return None
    if about.unit.startswith(MONEY):
        return _money(name, word, about)
    if about.kind in (Kind.TEXT, Kind.CHOICE):
        return word
    return _number(name, word, about)


def wanted(about: Input) -> str:
    """What would be accepted, as the end of a message."""
    if about.kind is Kind.CHOICE:
        return f"one of {', '.join(about.choices)} is wanted"
    if about.kind is Kind.FLAG:
        return "true or false is wanted"
    if about.kind is Kind.TEXT:
        return f"a text of {about.low:g} to {about.high:g} characters is wanted"
    book = ", or book for the price of the book" if about.kind is Kind.BOOK else ""
    if about.unit.startswith(MONEY):
        bounds = f"from {usd(int(about.low))} to {usd(int(about.high))}"
        per = about.unit.removeprefix(MONEY)
        return f"dollars{per} {bounds} as 1.20, or micro-dollars as 170000microusd{book} are wanted"
    what = "number" if about.kind is Kind.NUMBER else "whole number"
    bounds = f"from {about.low:,.12g} to {about.high:,.12g}"
    return f"a {what} ({about.unit}) {bounds}{book} is wanted"


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The refusal of a name, with those that look like it."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"Close: {', '.join(close)}." if close else f"Known: {', '.join(names)}."
    return UsageError(f"There is no {what} {name!r}. {hint}")


def _kind(default: object) -> Kind:
    if default is None:
        return Kind.BOOK
    if isinstance(default, bool):
        return Kind.FLAG
    if isinstance(default, StrEnum):
        return Kind.CHOICE
    return {int: Kind.WHOLE, float: Kind.NUMBER, str: Kind.TEXT}[type(default)]


def _fits(value: object, about: Input) -> bool:
    if about.kind is Kind.FLAG:
        return isinstance(value, bool)
    if about.kind is Kind.CHOICE:
        return isinstance(value, str) and value in about.choices
    if about.kind is Kind.TEXT:
        return isinstance(value, str) and about.low <= len(value) <= about.high
    if about.kind is Kind.BOOK and value is None:
        return True
    number = isinstance(value, float) if about.kind is Kind.NUMBER else _is_whole(value)
    return number and about.low <= cast(float, value) <= about.high


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(name: str, word: str, about: Input) -> float:
    plain = word.replace("_", "").replace(",", "")
    try:
        return float(plain) if about.kind is Kind.NUMBER else int(plain)
    except ValueError:
        raise UsageError(f"{name} = {word!r} cannot be used: {wanted(about)}.") from None


def _money(name: str, word: str, about: Input) -> int:
    """A bare number is dollars, wherever it is written; micro-dollars say so."""
    found = _DOLLARS.fullmatch(word)
    if found is None:
        raise UsageError(f"{name} = {word!r} cannot be used: {wanted(about)}.")
    amount = Decimal(found["amount"].replace("_", "").replace(",", ""))
    return round(amount if found["unit"] == "microusd" else amount * MICROUSD)
