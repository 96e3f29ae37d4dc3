"""The forms of the suites screen: what to import, which tasks to list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from tui.screens.form import Field, FormScreen
from tui.screens.suite_options import PICKS, Only, picked

IMPORTERS = ("quixbugs", "quixbugs-java", "humanevalfix", "swebench", "defects4j", "folder")
"""What can be imported."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A benchmark on disk, and of which kind it is."""

    importer: str
    path: Path
    suite: str
    """What to call it; empty: as the kind is called."""
    only: Only
    repos: Path | None = None
    """Git clones of the projects, for rows without programs."""


def import_form() -> FormScreen:
    """Asks what to import; closes with `Wanted`."""
    fields = (
        Field("name", "kind", IMPORTERS[0], "one of those above"),
        Field("path", "path", "", "checkout, rows or folder"),
        Field("suite", "as", "", "empty: as its kind is called"),
        Field("only", "only", "", PICKS),
        Field("repos", "clones", "", "git clones, for rows without programs"),
    )
    return FormScreen(f"Import a benchmark: {', '.join(IMPORTERS)}", fields, _read_import)


def filter_form(text: str) -> FormScreen:
    """Asks for a text that tasks must have; closes with it."""
    fields = (Field("text", "with text", text, "in id, state, side or reason"),)
    return FormScreen("Filter the tasks; empty shows all", fields, lambda values: values["text"])


def _read_import(values: Mapping[str, str]) -> Wanted:
    name = values["name"].strip()
    if name not in IMPORTERS:
        raise UsageError(f"There is no importer {name!r}; there are: {', '.join(IMPORTERS)}.")
    if not values["path"]:
        raise UsageError("The path of the checkout, the file or the folder is missing.")
    path = Path(values["path"]).expanduser().absolute()
    repos = Path(values["repos"]).expanduser().absolute() if values["repos"] else None
    return Wanted(name, path, values["suite"], picked(values["only"]), repos)
