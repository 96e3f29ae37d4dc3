"""The forms of the Pairs screen: what to build, to write to a file, to read from one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.pairs.queue import Funnel
from tui.screens.form import Field, FormScreen, number, whole

_NEWEST = "latest"


@dataclass(frozen=True, slots=True)
class Export:
    """What a person asked to be written."""

    path: Path
    format: PairFormat
    overwrite: bool
    include_flagged: bool


@dataclass(frozen=True, slots=True)
class Build:
    """What a person asked to be built."""

    run_id: str
    options: PairOptions


def export_form(funnel: Funnel) -> FormScreen:
    """Says what a file would hold, and asks for path and format."""
    fields = [
        Field("path", "file", "pairs.jsonl", ""),
        Field("format", "format", PairFormat.TOGETHER, "or trl or gemel"),
        Field("overwrite", "overwrite", "no", "yes or no"),
    ]
    n_flagged = funnel.decisions.n_flagged
    if n_flagged:
        fields.append(Field("flagged", f"the {n_flagged:,} flagged", "no", "yes or no"))
    form = FormScreen(will_write(funnel), fields, read_export)
    form.add_class("-long")
    return form


def will_write(funnel: Funnel) -> str:
    """What an export comes to as things stand."""
    counts = funnel.decisions
    left_out = [
        f"{n:,} {word}"
        for n, word in ((counts.n_dropped, "dropped"), (counts.n_flagged, "flagged"))
        if n
    ]
    rest = f"; {' and '.join(left_out)} stay out" if left_out else ""
    swapped = f", {counts.n_swapped:,} of all swapped" if counts.n_swapped else ""
    return (
        f"Write {funnel.n_dataset:,} pairs of {funnel.n_dataset_tasks:,} tasks: "
        f"{counts.n_kept:,} kept, {counts.n_undecided:,} undecided{swapped}{rest}"
    )


def read_export(values: Mapping[str, str]) -> Export:
    """The values of the form; raises `UsageError` saying which one cannot be used."""
    if values["format"] not in tuple(PairFormat):
        raise UsageError(f"format: there are {', '.join(PairFormat)}")
    path, overwrite = _path(values), _yes(values, "overwrite")
    if path.exists() and not overwrite:
        raise UsageError(f"{path.name} exists; overwrite: yes replaces it")
    return Export(path, PairFormat(values["format"]), overwrite, _yes(values, "flagged"))


def build_form(run_id: str) -> FormScreen:
    """Asks for run and options; proposes the newest run."""
    usual = PairOptions()
    fields = [
        Field("run", "run", run_id or _NEWEST, f"{_NEWEST} is the newest"),
        Field("cap", "cap", str(usual.n_per_task), "pairs of a task at most"),
        Field("forks", "forks", "no", "yes: also where rollouts parted"),
        Field("graded", "graded", "no", "yes: also a bad and a worse failure"),
        Field(
            "margin", "min margin", str(usual.min_margin), "of tests passed, between graded ones"
        ),
    ]
    return FormScreen("Build pairs from a run", fields, read_build)


def read_build(values: Mapping[str, str]) -> Build:
    """The values of the form."""
    options = PairOptions(
        whole(values, "cap", "cap"),
        _yes(values, "forks"),
        _yes(values, "graded"),
        number(values, "margin", "min margin"),
    )
    return Build(values["run"] or _NEWEST, options)


def import_form() -> FormScreen:
    """Asks for a file; closes with its path."""
    return ask_for("Check a preference file, then import it", Field("path", "file", "", ""), _path)


def ask_for(heading: str, field: Field, read: Callable[[Mapping[str, str]], object]) -> FormScreen:
    """A form of one value that may be long."""
    form = FormScreen(heading, [field], read)
    form.add_class("-whole")
    return form


def _path(values: Mapping[str, str]) -> Path:
    if not values["path"]:
        raise UsageError("file: a path is needed")
    # The engine has a working directory of its own.
    return Path(values["path"]).expanduser().absolute()


def _yes(values: Mapping[str, str], name: str) -> bool:
    value = values.get(name, "no").lower()
    if value not in ("yes", "no", "y", "n"):
        raise UsageError(f"{name}: yes or no")
    return value.startswith("y")
