"""`gemel config`: settings, API keys, and the keys of the app."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core import config as settings
from core.access import refuse_write
from core.errors import GemelError, RefusedError
from core.text import clean
from core.workspace import find_workspace
from tui.commands.host import Answer, Common, complain, present
from tui.commands.show import say

config = App(name="config", help="Settings, API keys and the keys of the app: get, set, keys.")

_STARTER = """\
# Keys of gemel by action. Take the # from a line and change what is in quotes:
# one key, or several as ["x", "ctrl+d"]. A file that makes two actions share a key is not used.
"""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One row of the table of keys."""

    action: str
    keys: tuple[str, ...]
    does: str
    where: str


@config.command
def get(name: str = "", /, *, common: Common = Common()) -> int:
    """Every setting, or one: its value and where it comes from. Of API keys only the end.

    Parameters
    ----------
    name
        Only this setting.
    """

    def work() -> Answer:
        place = find_workspace(common.workspace).directory
        found = settings.describe(place, os.environ)
        if name:
            settings.refuse_unknown(name)
            found = tuple(each for each in found if each.name == name)
        return Answer(found, lambda out: _show(out, found))

    return _run(common, work)


@config.command(name="set")
def set_(
    name: str,
    value: str = "",
    /,
    *,
    here: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """Keep a setting for all workspaces. An API key goes to a file that only you can read.

    Parameters
    ----------
    value
        Leave it out for an API key: it is then asked for, or read from a pipe, so that no
        history and no process list has it.
    here
        For this workspace only.
    """

    def work() -> Answer:
        is_key = name in settings.API_KEYS
        if is_key and (here or value):
            reason = "stands in no workspace" if here else "is not taken from the command line"
            raise RefusedError(
                f"An API key {reason}. `gemel config set {name}` asks for it, or reads a pipe."
            )
        if here:
            refuse_write("config set", common.find().why_read_only())
        place = common.find().directory if here else settings.user_directory()
        text = _secret(name) if is_key else value
        file = settings.set_value(name, text, place)
        said = f"{name} is kept in {file}"
        return Answer({"name": name, "file": str(file)}, lambda out: say(out, said))

    return _run(common, work)


@config.command
def keys(
    *,
    write: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),
) -> int:
    """The keys of the app as they are in force, and the file that gives them others.

    Parameters
    ----------
    write
        Write a starter file with every action, unless there is a file.
    """

    def work() -> Answer:
        file = settings.user_directory() / "keys.toml"
        rows = _key_lines(file)
        if write:
            _write_starter(file, rows)
        return Answer(rows, lambda out: _show_keys(out, rows, file))

    return _run(common, work)


def _key_lines(file: Path) -> tuple[KeyLine, ...]:
    from tui.keymap import in_force, load_overrides, shown_key  # loads the app's library

    def short(name: str) -> str:
        """A sign as itself; words as a file of keys may name them."""
        sign = shown_key(name)
        return sign if len(sign) == 1 else name

    return tuple(
        KeyLine(key.key_id, tuple(map(short, key.names)), key.description, key.group.value)
        for key in in_force(load_overrides(file))
    )


def _write_starter(file: Path, rows: tuple[KeyLine, ...]) -> None:
    if file.exists():
        raise RefusedError(f"{file} exists and was kept; move it away to have a new one.")
    lines = [_STARTER]
    for where in dict.fromkeys(row.where for row in rows):
        lines.append(f"\n# {where}")
        for row in (row for row in rows if row.where == where):
            names = ", ".join(map(json.dumps, row.keys))
            lines.append(f"# {row.action} = [{names}]  # {row.does}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise RefusedError(f"{file} cannot be written: {error}") from error


def _secret(name: str) -> str:
    """A key that is typed unseen, or comes through a pipe."""
    is_typed = sys.stdin.isatty()
    text = getpass.getpass(f"{name}: ") if is_typed else sys.stdin.readline()
    if not text.strip():
        raise RefusedError("No key was given; nothing was changed.")
    return text


def _show(out: Console, found: tuple[settings.Setting, ...]) -> None:
    for each in found:
        value = str(each.value).lower() if isinstance(each.value, bool) else each.value
        say(out, f"{each.name} = {value or '(empty)'}   # {each.source}")


def _show_keys(out: Console, rows: tuple[KeyLine, ...], file: Path) -> None:
    table = Table("where", "keys", "does", "action", box=None, pad_edge=False)
    for row in rows:
        cells = (row.where, " ".join(row.keys), row.does, row.action)
        table.add_row(*(Text(clean(cell)) for cell in cells))
    out.print(table)
    said = "is in force" if file.exists() else "would change them; --write makes one to start from"
    say(out, f"{file} {said}")


def _run(common: Common, work: Callable[[], Answer]) -> int:
    """Files only: no engine, no store, and a workspace need not exist."""
    try:
        return present(common, work())
    except GemelError as error:
        complain(str(error))
        return error.exit_code
