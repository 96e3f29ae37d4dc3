"""The forms of suites with the options of their commands, and how tasks are picked in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.selection import Selection
from core.text import clean, one_line
from tui.screens.form import Field, FormScreen, whole

_LONGEST = 40
_DRAWN = re.compile(r"(\d+)(?:@(\d+))?")
_FAMILY, _REGEX = "family:", "~"
PICKS = "names, a*, ~regex, 10@seed"
"""How tasks may be picked, with commas between; `family:F`, too."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which tasks are meant, as typed."""

    words: tuple[str, ...]

    def selection(self) -> Selection:
        """The same as the engine takes it."""
        drawn = next((m for word in self.words if (m := _DRAWN.fullmatch(word))), None)
        rest = [word for word in self.words if not _DRAWN.fullmatch(word)]
        named = [word for word in rest if not word.startswith((_FAMILY, _REGEX))]
        regexes = [word.removeprefix(_REGEX) for word in rest if word.startswith(_REGEX)]
        return Selection(
            ids=tuple(word for word in named if not set("*?[") & set(word)),
            globs=tuple(word for word in named if set("*?[") & set(word)),
            regex="|".join(f"(?:{regex})" for regex in regexes),
            families=tuple(w.removeprefix(_FAMILY) for w in rest if w.startswith(_FAMILY)),
            n_tasks=int(drawn.group(1)) if drawn is not None else None,
            seed=int(drawn.group(2) or 0) if drawn is not None else 0,
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """How to check a suite."""

    n_rounds: int
    again: bool
    only: Only


@dataclass(frozen=True, slots=True)
class Forging:
    """From which programs to make a suite."""

    path: Path | None
    """None: the built-in programs."""
    suite: str
    seed: int
    n_per_program: int
    only: Only

    @property
    def name(self) -> str:
        """What the suite will be called, as far as it is known."""
        return "kata" if self.path is None else self.suite or self.path.stem


@dataclass(frozen=True, slots=True)
class Export:
    """A file of predictions, and of which run."""

    path: Path
    run_id: str = ""
    seed: int = 0


def proof_form(suite: str) -> FormScreen:
    """Asks how to check; closes with a `Proof`."""
    fields = (
        Field("rounds", "rounds", "2", "runs of each side"),
        Field("again", "again", "no", "yes: also what has a valid check"),
        Field("only", "only", "", PICKS),
    )
    return FormScreen(f"Check {_name(suite)}", fields, _read_proof)


def forge_form() -> FormScreen:
    """Asks for programs; closes with a `Forging`."""
    fields = (
        Field("path", "programs", "", "empty: the built-in ones"),
        Field("suite", "as", "", "empty: of the folder"),
        Field("seed", "seed", "0", "the same seed makes the same bugs"),
        Field("n", "per program", "5", "bugs wanted of each"),
        Field("only", "only", "", PICKS),
    )
    return FormScreen("Make a suite of bugs, one mutation each", fields, _read_forging)


def export_form(suite: str) -> FormScreen:
    """Asks for a file and a run; closes with an `Export`."""
    fields = (
        Field("path", "file", f"{_name(suite)}.jsonl", "predictions go there"),
        Field("run", "run", "", "empty: the references"),
        Field("seed", "seed", "0", "which rollout of each task"),
    )
    return FormScreen(f"Export patches for the own program of {_name(suite)}", fields, _read_export)


def grade_form(suite: str) -> FormScreen:
    """Asks for a file; closes with an `Export`."""
    fields = (Field("path", "file", f"{_name(suite)}.jsonl", "predictions, as exported"),)
    return FormScreen(
        f"Have the own program of {_name(suite)} judge", fields, lambda v: Export(_path(v))
    )


def picked(text: str) -> Only:
    """What was typed, word by word."""
    return Only(tuple(word.strip() for word in text.split(",") if word.strip()))


def is_yes(values: Mapping[str, str], name: str) -> bool:
    """A value as yes or no; empty is no."""
    value = values[name].lower()
    if value in ("yes", "y", "true", "1"):
        return True
    if value in ("no", "n", "false", "0", ""):
        return False
    raise UsageError(f"{name}: yes or no is needed, not {values[name]!r}")


def _read_proof(values: Mapping[str, str]) -> Proof:
    n_rounds = whole(values, "rounds", "rounds")
    return Proof(n_rounds, is_yes(values, "again"), picked(values["only"]))


def _read_forging(values: Mapping[str, str]) -> Forging:
    path = Path(values["path"]).expanduser().absolute() if values["path"] else None
    numbers = whole(values, "seed", "seed"), whole(values, "n", "per program")
    return Forging(path, values["suite"], *numbers, picked(values["only"]))


def _read_export(values: Mapping[str, str]) -> Export:
    return Export(_path(values), values["run"], whole(values, "seed", "seed"))


def _path(values: Mapping[str, str]) -> Path:
    if not values["path"]:
        raise UsageError("The path of the file is missing.")
    return Path(values["path"]).expanduser().absolute()


def _name(suite: str) -> str:
    return one_line(clean(suite), _LONGEST)
