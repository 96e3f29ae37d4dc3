"""Scenarios by name: those shipped, and those a user saved in the workspace.

A file holds `says` and inputs under their own names; an input it leaves out has its default.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import tomllib
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from core.access import refuse_write
from core.costs.inputs import unknown
from core.costs.scenario import Scenario, inputs, with_values
from core.errors import RefusedError, UsageError
from core.text import clean, one_line
from core.workspace import find_workspace

_FOLDER = "scenarios"
_SUFFIX = ".toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MAX_SAYS = 300
_LONGEST_STEM = 58


def scenario_names(workspace: Path | None = None) -> tuple[str, ...]:
    """Every scenario that can be loaded, those shipped first."""
    shipped = sorted(_files(_shipped()))
    theirs = sorted(_files(workspace / _FOLDER)) if workspace else []
    own = [name for name in theirs if _NAME.fullmatch(name) and name not in shipped]
    return (*shipped, *own)


def load_scenario(name: str, workspace: Path | None = None) -> Scenario:
    """A scenario by name; raises `UsageError` with close names, or naming the file."""
    if name not in scenario_names(workspace):
        raise unknown("scenario", name, scenario_names(workspace))
    shipped = _files(_shipped())
    files = shipped if workspace is None else {**_files(workspace / _FOLDER), **shipped}
    return _load(name, files[name])


def save_scenario(scenario: Scenario, workspace: Path, *, replaces: bool = False) -> Path:
    """Write every input, so that a later default changes nothing; returns the file."""
    name = scenario.name
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a scenario: up to 64 of a-z, 0-9, '.', '_' and '-', "
            "a letter or digit first."
        )
    if is_shipped(name):
        raise UsageError(f"{name} is a shipped scenario; save under another name.")
    refuse_write("save scenario", find_workspace(str(workspace)).why_read_only())
    path = workspace / _FOLDER / f"{name}{_SUFFIX}"
    if path.exists() and not replaces:
        raise RefusedError(f"{path} exists and was kept; --replace writes over it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.write_text(_render(scenario), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error}") from error
    return path


def is_shipped(name: str) -> bool:
    """Whether a scenario is one of the program's own, which cannot be changed."""
    return name in _files(_shipped())


def remove_scenario(name: str, workspace: Path) -> Path:
    """Delete a saved scenario; returns the file that is gone."""
    if is_shipped(name):
        raise RefusedError(f"{name} is a shipped scenario and stays.")
    files = _files(workspace / _FOLDER)
    if name not in files:
        raise unknown("saved scenario", name, files)
    refuse_write("remove scenario", find_workspace(str(workspace)).why_read_only())
    path = workspace / _FOLDER / f"{name}{_SUFFIX}"
    try:
        path.unlink()
    except OSError as error:
        raise UsageError(f"{path} cannot be deleted: {error}") from error
    return path


def free_name(name: str, workspace: Path) -> str:
    """The name, or the first that follows it and is not taken: `pilot-2`."""
    taken = scenario_names(workspace)
    stem = re.sub(r"-\d+$", "", name)[:_LONGEST_STEM]
    numbered = (f"{stem}-{n}" for n in itertools.count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def _shipped() -> Traversable:
    return resources.files("core.costs") / _FOLDER


def _files(folder: Path | Traversable) -> dict[str, Path | Traversable]:
    if not folder.is_dir():
        return {}
    found = [entry for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)]
    return {entry.name.removesuffix(_SUFFIX): entry for entry in found}


def _load(name: str, file: Path | Traversable) -> Scenario:
    try:
        data = tomllib.loads(file.read_text("utf-8"))
        says = one_line(clean(str(data.pop("says", ""))), _MAX_SAYS)
        return with_values(Scenario(name=name, says=says), data)
    except (OSError, ValueError, UsageError) as error:
        raise UsageError(f"The scenario {name} ({file}) cannot be used: {error}") from error


def _render(scenario: Scenario) -> str:
    lines = [f"says = {_literal(scenario.says)}"]
    for name in inputs():
        value = getattr(scenario, name)
        if value is not None:
            lines.append(f"{name} = {_literal(value)}")
    return "\n".join(lines) + "\n"


def _literal(value: object) -> str:
    """Texts are free of control bytes, so their JSON form is TOML too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(clean(str(value)), ensure_ascii=False)
    return repr(value)


def renamed(scenario: Scenario, name: str, says: str) -> Scenario:
    """The same inputs under another name."""
    return replace(scenario, name=name, says=says)
