"""Loads themes: those shipped in `themes/`, then the user's own of the same format.

A theme file says every key or is refused, naming file and key; a refused file costs a
message, never the app. Text on a word mark (`diff-*-word`) is black or white, whichever
stands out; everywhere else it is the theme's foreground.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import Theme

from core.errors import UsageError

DEFAULT = "dark"
SIXTEEN_COLOURS = "ansi"
"""The default where a terminal has no more than 16 colours."""

FLAGS = ("dark", "ansi")
COLOURS = (
    "primary",
    "secondary",
    "warning",
    "error",
    "success",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
)
"""`secondary` is quiet text, `accent` marks keys, `panel` lies under header and footer."""
VARIABLES = (
    "diff-add",
    "diff-del",
    "diff-add-word",
    "diff-del-word",
    "state-passed",
    "state-failed",
    "state-running",
    "state-stopped",
    "meter-ok",
    "meter-near",
    "meter-over",
    "series-1",
    "series-2",
    "series-3",
)


@dataclass(frozen=True, slots=True)
class Themes:
    """What was found."""

    by_name: Mapping[str, Theme]
    problems: tuple[str, ...]
    """One sentence per file that was not used."""


def load_themes(config_directory: Path) -> Themes:
    """Shipped themes, and the user's from `themes/*.toml`, which may replace one of them."""
    themes = {theme.name: theme for theme in map(_load, _files(resources.files("themes")))}
    problems: list[str] = []
    for file in _files(config_directory / "themes"):
        try:
            theme = _load(file)
        except UsageError as error:
            problems.append(str(error))
        else:
            themes[theme.name] = theme
    return Themes(themes, tuple(problems))


def parse_theme(name: str, text: str) -> Theme:
    """A theme from its TOML; raises `UsageError` naming the key."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"no TOML ({error})") from error
    variables = data.pop("variables", {})
    if not isinstance(variables, dict):
        raise UsageError("[variables] is not a table")
    _refuse_other_keys(data, (*FLAGS, *COLOURS), "")
    _refuse_other_keys(variables, VARIABLES, "variables.")
    for key in FLAGS:
        if not isinstance(data[key], bool):
            raise UsageError(f"{key} is neither true nor false")
    for key, value in [*data.items(), *variables.items()]:
        if key not in FLAGS:
            _refuse_no_colour(key, value)
    return Theme(name=name, variables={**_derived(data), **variables}, **data)


def _files(directory: Path | Traversable) -> list[Path | Traversable]:
    if not directory.is_dir():
        return []
    found = [entry for entry in directory.iterdir() if entry.name.endswith(".toml")]
    return sorted(found, key=lambda entry: entry.name)


def _load(file: Path | Traversable) -> Theme:
    try:
        return parse_theme(file.name.removesuffix(".toml"), file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, UsageError) as error:
        raise UsageError(f"theme {file.name} was not used: {error}") from error


def _refuse_other_keys(data: Mapping[str, Any], wanted: Iterable[str], where: str) -> None:
    names = tuple(wanted)
    for key in data:
        if key not in names:
            raise UsageError(f"unknown key {where}{key}")
    for key in names:
        if key not in data:
            raise UsageError(f"missing key {where}{key}")


def _refuse_no_colour(key: str, value: object) -> None:
    try:
        Color.parse(str(value))
    except ColorParseError as error:
        raise UsageError(f"{key} is no colour: {value}") from error


def _derived(colours: Mapping[str, str]) -> dict[str, str]:
    """What Textual would otherwise blend to a tint that 256 colours cannot show."""
    panel, text, background = colours["panel"], colours["foreground"], colours["background"]
    cursor = {
        f"block-cursor-{kind}{part}": colour
        for kind in ("", "blurred-")
        for part, colour in (("background", colours["primary"]), ("foreground", background))
    }
    return {
        **cursor,
        "ansi-background": background,
        "ansi-foreground": text,
        "text": text,
        "text-muted": colours["secondary"],
        "border": colours["primary"],
        "border-blurred": colours["secondary"],
        "footer-background": panel,
        "footer-foreground": text,
        "footer-item-background": panel,
        "footer-key-background": panel,
        "footer-key-foreground": colours["accent"],
        "footer-description-background": panel,
        "footer-description-foreground": text,
        "scrollbar": colours["secondary"],
        "scrollbar-hover": colours["secondary"],
        "scrollbar-active": colours["primary"],
        "scrollbar-background": panel,
        "scrollbar-background-hover": panel,
        "scrollbar-background-active": panel,
        "scrollbar-corner-color": panel,
    }
