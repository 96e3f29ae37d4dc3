"""Settings in `gemel.toml`, a workspace's over the user's, and API keys in a file of their own.

A file that names what is not known is refused as a whole. A key never stands in
`gemel.toml`: it comes from the environment, else from a file that only the user can read.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import platformdirs

from core.errors import RefusedError, UsageError

FILE_NAME = "gemel.toml"
KEYS_NAME = "credentials.toml"
API_KEYS = {"together_api_key": "TOGETHER_API_KEY", "openai_api_key": "OPENAI_API_KEY"}
"""Names of the keys, and the variables that come before the file."""

UNSANDBOXED_VARIABLE = "GEMEL_ALLOW_UNSANDBOXED"
"""Comes before the setting `allow_unsandboxed` of the files."""

_SHOWN = 4
_OPEN_TO_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set; the defaults hold where no file says otherwise."""

    theme: str = ""
    """Theme of the app; empty: what suits the terminal."""
    allow_unsandboxed: bool = False
    """Run model-written code also where the kernel cannot confine it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in force."""

    name: str
    value: str | bool
    """Of a key only the end, and only when it is long."""
    source: str
    """The file or variable, or `default`."""


def user_directory() -> Path:
    """Where the user's own files are."""
    return Path(platformdirs.user_config_dir("gemel"))


def load_settings(workspace: Path | None = None, user: Path | None = None) -> Settings:
    """The settings in force; raises `UsageError` naming a file that cannot be used."""
    values: dict[str, str | bool] = {}
    for file in _files(workspace, user):
        values |= _read(file)
    return Settings(**values)  # type: ignore[arg-type]  # `_read` has checked names and types


def allows_unsandboxed(workspace: Path, environ: Mapping[str, str]) -> bool:
    """Whether the user wants model-written code run where nothing can confine it."""
    said = environ.get(UNSANDBOXED_VARIABLE, "").strip().lower()
    return said in ("1", "true", "yes") if said else load_settings(workspace).allow_unsandboxed


def describe(
    workspace: Path | None, environ: Mapping[str, str], user: Path | None = None
) -> tuple[Setting, ...]:
    """Every setting and key with where it comes from."""
    found = {f.name: Setting(f.name, getattr(Settings(), f.name), "default") for f in _FIELDS}
    for file in _files(workspace, user):
        found |= {name: Setting(name, value, str(file)) for name, value in _read(file).items()}
    stored, place = _read_keys(user), str((user or user_directory()) / KEYS_NAME)
    for name, variable in API_KEYS.items():
        key = environ.get(variable, "").strip()
        source = variable if key else place if name in stored else "not set"
        found[name] = Setting(name, masked(key or stored.get(name, "")), source)
    return tuple(found.values())


def with_api_keys(environ: Mapping[str, str], user: Path | None = None) -> dict[str, str]:
    """The environment, with the stored keys where it has none."""
    stored = {API_KEYS[name]: key for name, key in _read_keys(user).items()}
    return {**stored, **{name: value for name, value in environ.items() if value.strip()}}


def api_key(environ: Mapping[str, str], variable: str) -> str:
    """The key in a variable, empty when there is none; raises `UsageError` when it is no key."""
    key = environ.get(variable, "").strip()
    _refuse_no_key(variable, key)
    return key


def set_value(name: str, text: str, directory: Path) -> Path:
    """Write a setting to a directory's file, a key to the one beside it; returns the file."""
    if name in API_KEYS:
        _refuse_no_key(name, text.strip())
        return _write(directory / KEYS_NAME, name, text.strip(), 0o600)
    refuse_unknown(name)
    value: str | bool = text
    if _TYPES[name] is bool:
        if text not in ("true", "false"):
            raise UsageError(f"{name} is true or false, not {text!r}.")
        value = text == "true"
    return _write(directory / FILE_NAME, name, value, 0o644)


def refuse_unknown(name: str) -> None:
    """Raise `UsageError` with the list when there is no such setting."""
    if name not in _TYPES and name not in API_KEYS:
        raise _unknown(name)


def masked(key: str) -> str:
    """A key that can be recognised by its owner and used by nobody."""
    if not key:
        return ""
    return f"...{key[-_SHOWN:]}" if len(key) >= 4 * _SHOWN else "..."


_FIELDS = fields(Settings)
_TYPES: dict[str, type] = {field.name: type(field.default) for field in _FIELDS}


def _unknown(name: str) -> UsageError:
    known = ", ".join((*_TYPES, *API_KEYS))
    return UsageError(f"There is no setting {name}; there are {known}.")


def _refuse_no_key(name: str, key: str) -> None:
    """What no header can carry; its own words are not repeated."""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(
            f"{name} is no key: it has a line break, a blank or a letter inside that no key has. "
            "Nothing was called or kept. Give it the key alone, then try again."
        )


def _files(workspace: Path | None, user: Path | None) -> list[Path]:
    """Those that exist, the one that overrules last."""
    places = [user or user_directory(), *([workspace] if workspace is not None else [])]
    return [place / FILE_NAME for place in places if (place / FILE_NAME).exists()]


def _read(file: Path) -> dict[str, str | bool]:
    data = _parse(file)
    for name, value in data.items():
        if name in API_KEYS:
            raise UsageError(f"{file} holds {name}: keys stand in {KEYS_NAME}, never there.")
        if name not in _TYPES:
            raise UsageError(f"{file} was not used: {_unknown(name)}")
        if type(value) is not _TYPES[name]:
            raise UsageError(f"{file} was not used: {name} is no {_TYPES[name].__name__}.")
    return data


def _read_keys(user: Path | None) -> dict[str, str]:
    file = (user or user_directory()) / KEYS_NAME
    if not file.exists():
        return {}
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        raise RefusedError(f"{file} can be read by others; `chmod 600` it, then try again.")
    return {name: str(key) for name, key in _parse(file).items() if name in API_KEYS}


def _parse(file: Path) -> dict[str, str | bool]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        # Without the error's own words: they may quote a line that holds a key.
        raise UsageError(f"{file} was not used: it is no TOML.") from error


def _write(file: Path, name: str, value: str | bool, mode: int) -> Path:
    """Replace the line of a setting or add it; other lines stay as they are."""
    try:
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        is_old = re.compile(rf"\s*{re.escape(name)}\s*=").match
        line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        kept = [text for text in lines if not is_old(text)]
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "w", encoding="utf-8") as out:
            out.write("\n".join([*kept, line]) + "\n")
        part.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error}") from error
    return file
