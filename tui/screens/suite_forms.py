"""The forms of the suites screen: what to import, how to divide, which tasks to list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.text import clean, one_line
from tui.screens.form import Field, FormScreen, number, whole

IMPORTER = "quixbugs"
"""The one importer."""

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Shares:
    """How to divide a suite: the parts of train, validation and test, and the seed."""

    ratios: tuple[float, float, float]
    seed: int


def import_form() -> FormScreen:
    """Asks for a checkout; closes with its path."""
    fields = (
        Field("name", "importer", IMPORTER, f"there is: {IMPORTER}"),
        Field("path", "checkout", "", ""),
    )
    return FormScreen("Import a benchmark", fields, _read_import)


def split_form(suite: str, n_admitted: int) -> FormScreen:
    """Asks for shares and seed; closes with `Shares`."""
    fields = (
        Field("train", "train", "0.6", "share of the tasks to make pairs from"),
        Field("validation", "validation", "0.1", "share to watch the training with"),
        Field("test", "test", "0.3", "share that decides the verdict"),
        Field("seed", "seed", "0", "the same seed makes the same split"),
    )
    name = one_line(clean(suite), _LONGEST)
    return FormScreen(f"Divide the {n_admitted:,} admitted tasks of {name}", fields, _read_shares)


def filter_form(text: str) -> FormScreen:
    """Asks for a text that tasks must have; closes with it."""
    fields = (Field("text", "with text", text, "in id, state, side or reason"),)
    return FormScreen("Filter the tasks; empty shows all", fields, lambda values: values["text"])


def _read_import(values: Mapping[str, str]) -> Path:
    if values["name"] != IMPORTER:
        raise UsageError(f"There is no importer {values['name']!r}; there is: {IMPORTER}.")
    if not values["path"]:
        raise UsageError("The directory of the checkout is missing.")
    return Path(values["path"]).expanduser().absolute()


def _read_shares(values: Mapping[str, str]) -> Shares:
    train, validation, test = (number(values, n, n) for n in ("train", "validation", "test"))
    if min(train, validation, test) < 0 or abs(train + validation + test - 1) > 1e-9:
        raise UsageError("The three shares must sum to 1.")
    return Shares((train, validation, test), whole(values, "seed", "seed"))
